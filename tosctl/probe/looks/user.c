/* SPDX-License-Identifier: MIT */
/* The user who looks: devices that this user may not open are missing from the list. */
#include "probe.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const GROUPS[] = {"gpio", "i2c", "spi"};

enum { GROUP_IDS_MAX = 256 };

static bool is_in(const char *name)
{
	const struct group *group = getgrnam(name);
	gid_t ids[GROUP_IDS_MAX];
	int n = getgroups(GROUP_IDS_MAX, ids);

	if (group && getegid() == group->gr_gid)
		return true;
	for (int i = 0; group && i < n; i++)
		if (ids[i] == group->gr_gid)
			return true;
	return false;
}

static void add_word(char *words, size_t size, const char *word)
{
	size_t used = strlen(words);

	(void)snprintf(words + used, size - used, "%s%s", used ? ", " : "", word);
}

static void look(struct probe *probe, cJSON *items)
{
	char in[64] = "", not_in[64] = "", number[16];
	const struct passwd *user = getpwuid(geteuid());

	if (!probe->sys)
		return;
	(void)snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
	for (size_t i = 0; i < sizeof(GROUPS) / sizeof(*GROUPS); i++)
		if (is_in(GROUPS[i]))
			add_word(in, sizeof(in), GROUPS[i]);
		else
			add_word(not_in, sizeof(not_in), GROUPS[i]);
	if (geteuid() == 0)
		probe_add(items, user ? user->pw_name : number, PROBE_PLAIN, "may open all");
	else
		probe_addf(items, user ? user->pw_name : number, PROBE_PLAIN, "%s%s%s%s%s",
			*in ? "in " : "", in, *in && *not_in ? ", " : "", *not_in ? "not in " : "",
			not_in);
}

extern const struct probe_look look_user;

const struct probe_look look_user = {"user", look, true};
