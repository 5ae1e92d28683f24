/* SPDX-License-Identifier: MIT */
#include "running.h"

#include "running_map.h"
#include "state_lock.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char DEFAULT_MAP[] = "/etc/tos/tosd.yaml";
static const char DEFAULT_STATE[] = "/var/lib/tos";

/* Reads a file of a process. False: it has ended. */
static bool read_process(
	const char *pid, const char *file, char *ret_text, size_t size, size_t *ret_used)
{
	char path[64];
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, file);
	in = fopen(path, "re");
	if (!in)
		return false;
	*ret_used = fread(ret_text, 1, size - 1, in);
	ret_text[*ret_used] = '\0';
	(void)fclose(in);
	return *ret_used > 0;
}

/* A gateway, and none on a simulated board. */
static bool is_gateway(const char *pid)
{
	char name[32], words[4096];
	size_t used;

	if (!read_process(pid, "comm", name, sizeof(name), &used) || strcmp(name, "tosd\n") != 0)
		return false;
	if (!read_process(pid, "cmdline", words, sizeof(words), &used))
		return true;
	for (const char *word = words; word < words + used; word += strlen(word) + 1)
		if (strcmp(word, "--simulate") == 0 || strcmp(word, "-s") == 0)
			return false;
	return true;
}

static pid_t find_process(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t pid = 0;

	while (processes && pid == 0 && (entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]) && is_gateway(entry->d_name))
			pid = (pid_t)strtol(entry->d_name, NULL, 10);
	if (processes)
		(void)closedir(processes);
	return pid;
}

static struct config *load(const char *path)
{
	char hostname[256] = "localhost";
	struct config *config = NULL;
	struct diag *diag = NULL;

	(void)gethostname(hostname, sizeof(hostname) - 1);
	if (access(path, R_OK) == 0 && diag_new(path, &diag) == 0)
		(void)config_load(path, hostname, diag, &config);
	diag_free(diag);
	return config;
}

void probe_find_running(struct probe *probe, const char *state_dir, struct config **ret_running)
{
	char path[4096];
	int r;

	*ret_running = NULL;
	r = state_lock_holder(state_dir ? state_dir : DEFAULT_STATE, &probe->pid);
	/* A directory that was named is meant, and no other gateway. */
	if (r < 0 && !state_dir)
		probe->pid = find_process();
	probe->is_running = probe->pid > 0;
	if (!probe->is_running)
		return;
	if (running_map_path(state_dir ? state_dir : DEFAULT_STATE, path, sizeof(path)) == 0)
		*ret_running = load(path);
	/* The usual map, if the copy may not be read: it may have been edited since. */
	if (!*ret_running && !state_dir)
		*ret_running = load(DEFAULT_MAP);
	probe->running = *ret_running;
}
