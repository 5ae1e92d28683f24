/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "output_kind.h"

#include <math.h>
#include <stdio.h>

static void show_number(const struct output_kind *kind, size_t index)
{
	const struct output_key *key = &kind->keys[index];
	struct output_range range = output_key_range(kind, index, NULL);
	double unit = pow(10, key->decimals);

	printf("%.*f to %.*f", (int)key->decimals, range.min / unit, (int)key->decimals,
		range.max / unit);
}

static void show_key(const struct output_kind *kind, size_t index)
{
	const struct output_key *key = &kind->keys[index];

	printf("    %-12s ", key->name);
	switch (key->type) {
	case OUTPUT_KEY_BOOL:
		printf("true, false");
		break;
	case OUTPUT_KEY_NUMBER:
		show_number(kind, index);
		break;
	case OUTPUT_KEY_CHOICE:
		for (size_t i = 0; key->choices[i]; i++)
			printf("%s%s", i ? ", " : "", key->choices[i]);
		break;
	case OUTPUT_KEY_COLOR:
		printf("#rrggbb");
		break;
	}
	putchar('\n');
}

static int run(const struct options *options, int n, char **arguments)
{
	(void)options;
	(void)n;
	(void)arguments;
	for (const struct output_kind *const *at = output_kind_table; *at; at++) {
		const struct output_kind *kind = *at;

		printf("%s: %s%s\n", kind->word, kind->nature, kind->moves ? ", moves" : "");
		printf("  in the map   %s: [%s]\n", kind->section, kind->example);
		printf("  an action    {\"%s\":{\"0\":%s}}\n", kind->word, kind->action);
		printf("  its keys\n");
		for (size_t i = 0; i < kind->n_keys; i++)
			if (!kind->keys[i].is_hidden)
				show_key(kind, i);
	}
	return EXIT_OK;
}

extern const struct command command_outputs;

const struct command command_outputs = {
	.name = "outputs",
	.arguments = "",
	.help = "the kinds of outputs that a map can have",
	.is_local = true,
	.run = run,
};
