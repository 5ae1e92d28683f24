/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "temp_tree.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SERIAL "sys/firmware/devicetree/base/serial-number"
#define ID     "etc/machine-id"

static const char *id_of(const struct temp_tree *tree)
{
	static struct host host;

	host_read(tree->root, &host);
	return host.id;
}

static struct temp_tree new_tree(void)
{
	struct temp_tree tree = temp_tree_new();

	temp_tree_mkdir(&tree, "sys/firmware/devicetree/base");
	temp_tree_mkdir(&tree, "etc");
	return tree;
}

/* The digests are those of sha256sum: an id must never change. */
static void test_the_serial_number_or_else_the_machine_id(void **state)
{
	struct temp_tree tree = new_tree();

	(void)state;
	assert_string_equal(id_of(&tree), "");
	temp_tree_write(&tree, ID, "8f0c6a5d2b7e4f19a3c4d5e6f7081929\n");
	assert_string_equal(id_of(&tree), "0e1bc141b174");
	temp_tree_write(&tree, SERIAL, "10000000abcdef01");
	assert_string_equal(id_of(&tree), "45e3c5f9c56e");
	temp_tree_write(&tree, SERIAL, "10000000abcdef02");
	assert_string_equal(id_of(&tree), "1170c4d6340d");
	temp_tree_free(&tree);
}

static void test_what_tells_nothing_apart(void **state)
{
	struct temp_tree tree = new_tree();

	(void)state;
	temp_tree_write(&tree, ID, "uninitialized\n");
	assert_string_equal(id_of(&tree), "");
	temp_tree_write(&tree, ID, "");
	temp_tree_write(&tree, SERIAL, "0000000000000000");
	assert_string_equal(id_of(&tree), "");
	temp_tree_write(&tree, SERIAL, "");
	assert_string_equal(id_of(&tree), "");
	temp_tree_free(&tree);
}

static void test_the_name(void **state)
{
	struct temp_tree tree = new_tree();
	struct host host;
	char name[HOST_NAME_BYTES];

	(void)state;
	assert_int_equal(gethostname(name, sizeof(name)), 0);
	host_read(tree.root, &host);
	assert_string_equal(host.name, name);
	temp_tree_free(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_serial_number_or_else_the_machine_id),
		cmocka_unit_test(test_what_tells_nothing_apart),
		cmocka_unit_test(test_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
