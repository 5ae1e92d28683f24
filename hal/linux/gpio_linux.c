/* SPDX-License-Identifier: MIT */
#include "gpio_linux.h"
#include "device_node.h"
#include "path.h"
#include "pi_lines.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char CHIP_PREFIX[] = "gpiochip";

/* A place where the name was found. */
struct match {
	struct gpio_chip *chip; /* owned */
	uint32_t offset;
	char path[PATH_MAX]; /* of the chip */
};

/* One walk over all chips. */
struct search {
	const struct gpio_linux *gpio;
	const char *line;        /* as the map names it */
	struct gpio_place place; /* what is looked for */
	bool by_other_name;      /* by the names that other kernels give it, at its number */
	unsigned pi_number;      /* with by_other_name */
	struct hal_error *error;
	struct match found;
	unsigned n_chips;      /* that could be opened */
	int chip_error;        /* of the last chip that could not be examined, or 0 */
	char failed[PATH_MAX]; /* the chip that chip_error is about */
};

static struct gpio_chip *chip_close(struct gpio_chip *chip)
{
	if (chip)
		chip->ops->close(chip);
	return NULL;
}

static bool names_a_chip_file(const struct gpio_place *place)
{
	return strncmp(place->chip, CHIP_PREFIX, strlen(CHIP_PREFIX)) == 0;
}

/* Adds the chip at path as a match. A second match is refused. */
static int add_match(
	struct search *search, struct gpio_chip *chip, const char *path, uint32_t offset)
{
	struct match *found = &search->found;

	if (found->path[0])
		return hal_error_set(search->error, -EINVAL,
			"%s fits twice, %s line %u and %s line %u: write one of them as "
			"<chip>:<offset>",
			search->line, found->path, found->offset, path, offset);
	found->chip = chip;
	found->offset = offset;
	(void)snprintf(found->path, sizeof(found->path), "%s", path);
	return 0;
}

/* Remembers a chip that could not be examined. It matters only if no other chip has the line. */
static void pass_over(struct search *search, const char *path, int r)
{
	search->chip_error = r;
	(void)snprintf(search->failed, sizeof(search->failed), "%s", path);
}

static bool is_wanted(const struct search *search, const struct gpio_chip *chip, uint32_t offset,
	const char *name)
{
	if (!search->by_other_name)
		return strcmp(name, search->place.name) == 0;
	return offset == search->pi_number && pi_line_chip_has_label(chip->label) &&
		pi_line_has_name(offset, name);
}

static int look_at_lines(struct search *search, struct gpio_chip *chip, const char *path)
{
	for (uint32_t offset = 0; offset < chip->n_lines; offset++) {
		struct gpio_line_state state;
		int r = chip->ops->line_state(chip, offset, &state);
		if (r < 0) {
			pass_over(search, path, r);
			return 0;
		}
		if (!is_wanted(search, chip, offset, state.name))
			continue;
		r = add_match(search, chip, path, offset);
		if (r < 0)
			return r;
	}
	return 0;
}

static int look_at_chip(struct search *search, const char *path)
{
	struct gpio_chip *chip = NULL;
	int r = search->gpio->chip_open(path, &chip);

	if (r < 0) {
		pass_over(search, path, r);
		return 0;
	}
	search->n_chips++;
	if (search->place.name[0])
		r = look_at_lines(search, chip, path);
	else if (names_a_chip_file(&search->place) || strcmp(chip->label, search->place.chip) == 0)
		r = add_match(search, chip, path, search->place.offset);
	if (search->found.chip != chip)
		chip_close(chip);
	return r;
}

static int is_chip_name(const struct dirent *entry)
{
	return strncmp(entry->d_name, CHIP_PREFIX, strlen(CHIP_PREFIX)) == 0;
}

static bool is_link(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static int look_at_all_chips(struct search *search)
{
	struct dirent **entries = NULL;
	int n_entries = scandir(search->gpio->dev, &entries, is_chip_name, versionsort);
	int r = 0;

	for (int i = 0; i < n_entries; i++) {
		char path[PATH_MAX];
		if (r == 0)
			r = path_join(search->gpio->dev, entries[i]->d_name, path, sizeof(path));
		if (r == 0 && !is_link(path))
			r = look_at_chip(search, path);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* Tries the other names: GPIO2 may be SDA1 here, or the reverse. The name itself comes first. */
static int look_for_other_names(struct search *search)
{
	if (!search->place.name[0] || search->found.chip ||
		pi_line_find(&search->place, &search->pi_number) == PI_LINE_NONE)
		return 0;
	search->by_other_name = true;
	search->n_chips = 0;
	return look_at_all_chips(search);
}

static int look_at_named_chip(struct search *search)
{
	char path[PATH_MAX];
	char target[PATH_MAX];
	int r = path_join(search->gpio->dev, search->place.chip, path, sizeof(path));

	if (r < 0)
		return r;
	/* The resolved path, so that messages name the chip itself and not a link to it. */
	return look_at_chip(search, realpath(path, target) ? target : path);
}

static int fail_chip(struct search *search)
{
	if (search->chip_error == -EACCES || search->chip_error == -EPERM)
		return device_node_closed(
			search->chip_error, search->failed, "gpio", search->error);
	return hal_error_set(search->error, search->chip_error, "%s: %s", search->failed,
		hal_strerror(search->chip_error));
}

static int fail_not_found(struct search *search)
{
	const char *dev = search->gpio->dev;

	/* The line may be on a chip that could not be examined, but not on a file that is no chip.
	 * */
	if (search->chip_error && search->chip_error != -EOPNOTSUPP &&
		search->chip_error != -ENOENT)
		return fail_chip(search);
	if (search->place.name[0] && search->n_chips > 0)
		return hal_error_set(search->error, -ENOENT,
			"no chip has a line %s; `gpioinfo` lists them", search->place.name);
	if (search->n_chips > 0 || names_a_chip_file(&search->place))
		return hal_error_set(search->error, -ENOENT,
			"line %s: there is no GPIO chip \"%s\"; `gpiodetect` lists names and "
			"labels",
			search->line, search->place.chip);
	return hal_error_set(search->error, -ENOENT,
		"line %s: there is no GPIO chip at all (%s/gpiochip*)", search->line, dev);
}

/* Names the line's holder, as far as that is known. */
static int fail_busy(struct search *search)
{
	struct match *found = &search->found;
	struct gpio_line_state state = {0};

	if (found->chip->ops->line_state(found->chip, found->offset, &state) < 0 ||
		!state.consumer[0])
		return hal_error_set(search->error, -EBUSY,
			"line %s (%s line %u) is held by the kernel or another program",
			search->line, found->path, found->offset);
	return hal_error_set(search->error, -EBUSY, "line %s (%s line %u) is held by \"%s\"",
		search->line, found->path, found->offset, state.consumer);
}

static int request_found(
	struct search *search, const struct gpio_request *request, struct gpio_line **ret_line)
{
	struct match *found = &search->found;
	struct gpio_chip *chip = found->chip;
	struct gpio_line *line;

	int r = chip->ops->request_output(chip, found->offset, request, &line);
	if (r == -EBUSY)
		return fail_busy(search);
	if (r < 0)
		return hal_error_set(search->error, r, "line %s (%s line %u): %s", search->line,
			found->path, found->offset, hal_strerror(r));
	(void)snprintf(line->name, sizeof(line->name), "%s", search->line);
	(void)snprintf(
		line->place, sizeof(line->place), "%.48s line %u", found->path, found->offset);
	*ret_line = line;
	return 0;
}

/* On success search->found has the line's chip. */
static int find(struct search *search)
{
	const struct match *found = &search->found;
	int r = gpio_place_parse(search->line, &search->place);

	if (r < 0)
		return r;
	if (names_a_chip_file(&search->place))
		r = look_at_named_chip(search);
	else
		r = look_at_all_chips(search);
	if (r == 0)
		r = look_for_other_names(search);
	if (r < 0)
		return r;
	if (!found->chip)
		return fail_not_found(search);
	if (found->offset >= found->chip->n_lines)
		return hal_error_set(search->error, -ENOENT, "%s (%s) has only %u lines, from 0",
			found->path, found->chip->label, found->chip->n_lines);
	return 0;
}

int gpio_linux_open(const struct gpio_linux *gpio, const struct gpio_request *request,
	struct hal_error *error, struct gpio_line **ret_line)
{
	struct search search = {.gpio = gpio, .line = request->line, .error = error};
	int r = find(&search);

	if (r == 0)
		r = request_found(&search, request, ret_line);
	chip_close(search.found.chip);
	return r;
}

int gpio_linux_find(const struct gpio_linux *gpio, const char *line, struct hal_error *error,
	struct gpio_found *ret_found)
{
	struct search search = {.gpio = gpio, .line = line, .error = error};
	int r = find(&search);

	if (r == 0) {
		(void)snprintf(ret_found->path, sizeof(ret_found->path), "%s", search.found.path);
		ret_found->offset = search.found.offset;
	}
	chip_close(search.found.chip);
	return r;
}
