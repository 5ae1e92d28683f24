/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target as a plain test, where there is no libFuzzer: runs it on each file that is named,
 * and on each file of each folder that is named.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t run_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	uint8_t *data;
	size_t size;

	FUZZ_CHECK(file && fstat(fileno(file), &status) == 0);
	size = (size_t)status.st_size;
	/* Exactly as large as the input, so that a sanitizer sees a byte too far. */
	data = malloc(size ? size : 1);
	FUZZ_CHECK(data && fread(data, 1, size, file) == size);
	(void)fclose(file);
	/* Should it crash: on this one. */
	(void)fprintf(stderr, "%s\n", path);
	FUZZ_CHECK(LLVMFuzzerTestOneInput(data, size) == 0);
	free(data);
	return 1;
}

static size_t run_folder(const char *path)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, NULL, alphasort);
	size_t inputs = 0;

	FUZZ_CHECK(n >= 0);
	for (int i = 0; i < n; i++) {
		char *name = NULL;

		FUZZ_CHECK(asprintf(&name, "%s/%s", path, entries[i]->d_name) > 0);
		if (entries[i]->d_name[0] != '.')
			inputs += run_file(name);
		free(name);
		free(entries[i]);
	}
	free(entries);
	return inputs;
}

int main(int argc, char **argv)
{
	size_t inputs = 0;

	for (int i = 1; i < argc; i++) {
		struct stat status;

		FUZZ_CHECK(stat(argv[i], &status) == 0);
		inputs += S_ISDIR(status.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
	}
	/* A corpus that went missing is no success. */
	FUZZ_CHECK(inputs > 0);
	(void)printf("%zu inputs\n", inputs);
	return 0;
}
