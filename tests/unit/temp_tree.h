/* SPDX-License-Identifier: MIT */
/*
 * A folder of files that stands for /dev or /sys. Every function asserts that it worked.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct temp_tree {
	char root[64];
};

static inline void temp_tree_check(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static inline struct temp_tree temp_tree_new(void)
{
	struct temp_tree tree = {"/tmp/tos-test-XXXXXX"};

	temp_tree_check(mkdtemp(tree.root) != NULL, "mkdtemp");
	/* A test that gives up root's rights must still get in. */
	temp_tree_check(chmod(tree.root, 0755) == 0, "chmod");
	return tree;
}

static inline int temp_tree_remove(
	const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void temp_tree_free(struct temp_tree *tree)
{
	temp_tree_check(nftw(tree->root, temp_tree_remove, 8, FTW_DEPTH | FTW_PHYS) == 0, "nftw");
}

/* For cmocka: a test's state is a tree of its own. */
static inline int temp_tree_setup(void **state)
{
	static struct temp_tree tree;

	tree = temp_tree_new();
	*state = &tree;
	return 0;
}

static inline int temp_tree_teardown(void **state)
{
	temp_tree_free(*state);
	return 0;
}

/* "root/name", valid until the next call. */
static inline const char *temp_tree_path(const struct temp_tree *tree, const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	return path;
}

/* A folder, with those above it. */
static inline void temp_tree_mkdir(const struct temp_tree *tree, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	for (char *slash = path + strlen(tree->root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	(void)mkdir(path, 0755);
	temp_tree_check(access(path, X_OK) == 0, path);
}

static inline void temp_tree_write(const struct temp_tree *tree, const char *name, const char *text)
{
	const char *path = temp_tree_path(tree, name);
	FILE *file = fopen(path, "we");

	temp_tree_check(file != NULL, path);
	temp_tree_check(fputs(text, file) >= 0 && fclose(file) == 0, path);
}

/* The first line, without its newline; valid until the next call. */
static inline const char *temp_tree_read(const struct temp_tree *tree, const char *name)
{
	static char text[256];
	const char *path = temp_tree_path(tree, name);
	FILE *file = fopen(path, "re");

	temp_tree_check(file != NULL, path);
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	(void)fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return text;
}
