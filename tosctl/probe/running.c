/* SPDX-License-Identifier: MIT */
#include "running.h"

#include "load.h"
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

/* A gateway that is not on a simulated board. Its map, if the command line names one: a path that
 * leads there from here. */
static bool is_gateway(const char *pid, char *ret_map, size_t size)
{
	char name[32], words[4096];
	size_t used;

	ret_map[0] = '\0';
	if (!read_process(pid, "comm", name, sizeof(name), &used) || strcmp(name, "tosd\n") != 0)
		return false;
	if (!read_process(pid, "cmdline", words, sizeof(words), &used))
		return true;
	for (const char *word = words, *next; word < words + used; word = next) {
		next = word + strlen(word) + 1;
		if (strcmp(word, "--simulate") == 0 || strcmp(word, "-s") == 0)
			return false;
		if ((strcmp(word, "--config") == 0 || strcmp(word, "-c") == 0) &&
			next < words + used)
			(void)snprintf(ret_map, size, "/proc/%s/%s/%s", pid,
				next[0] == '/' ? "root" : "cwd", next);
	}
	return true;
}

static pid_t find_process(char *ret_map, size_t size)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t pid = 0;

	while (processes && pid == 0 && (entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
			is_gateway(entry->d_name, ret_map, size))
			pid = (pid_t)strtol(entry->d_name, NULL, 10);
	if (processes)
		(void)closedir(processes);
	return pid;
}

static struct config *load(const char *path)
{
	return access(path, R_OK) == 0 ? probe_load_map(path, false) : NULL;
}

void probe_find_running(struct probe *probe, const char *state_dir, struct config **ret_running)
{
	char map[4096] = "", path[4096];
	int r = state_lock_holder(state_dir ? state_dir : DEFAULT_STATE, &probe->pid);
	bool is_holder = r == 0 && probe->pid != 0;

	*ret_running = NULL;
	/* If the user named a directory, only its gateway counts. */
	if (!is_holder && !state_dir)
		probe->pid = find_process(map, sizeof(map));
	probe->is_running = probe->pid != 0;
	if (!probe->is_running)
		return;
	if (is_holder &&
		running_map_path(state_dir ? state_dir : DEFAULT_STATE, RUNNING_MAP_NOW, path,
			sizeof(path)) == 0)
		*ret_running = load(path);
	/* Otherwise the map that it was started with, which may have been edited since. */
	if (!*ret_running && !state_dir)
		*ret_running = load(*map ? map : DEFAULT_MAP);
	probe->running = *ret_running;
}
