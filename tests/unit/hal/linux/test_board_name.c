/* SPDX-License-Identifier: MIT */
#include "board_name.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void write_product(const struct temp_tree *tree, const char *name)
{
	temp_tree_mkdir(tree, "class");
	temp_tree_mkdir(tree, "class/dmi");
	temp_tree_mkdir(tree, "class/dmi/id");
	temp_tree_write(tree, "class/dmi/id/product_name", name);
}

static void write_model(const struct temp_tree *tree, const char *name)
{
	temp_tree_mkdir(tree, "firmware");
	temp_tree_mkdir(tree, "firmware/devicetree");
	temp_tree_mkdir(tree, "firmware/devicetree/base");
	temp_tree_write(tree, "firmware/devicetree/base/model", name);
}

static void test_the_device_tree_or_else_the_firmware(void **state)
{
	struct temp_tree tree = temp_tree_new();
	char name[BOARD_NAME_BYTES];

	(void)state;
	assert_int_equal(board_name_read(tree.root, name), -ENOENT);
	write_product(&tree, "Some PC\n");
	assert_int_equal(board_name_read(tree.root, name), 0);
	assert_string_equal(name, "Some PC");
	write_model(&tree, "Raspberry Pi 5 Model B Rev 1.0");
	assert_int_equal(board_name_read(tree.root, name), 0);
	assert_string_equal(name, "Raspberry Pi 5 Model B Rev 1.0");
	write_model(&tree, ""); /* says nothing */
	assert_int_equal(board_name_read(tree.root, name), 0);
	assert_string_equal(name, "Some PC");
	temp_tree_free(&tree);
}

/* Firmware is written by many. */
static void test_the_name_is_ascii(void **state)
{
	struct temp_tree tree = temp_tree_new();
	char name[BOARD_NAME_BYTES];

	(void)state;
	write_product(&tree, "A\xff\x01\xc3\xa4 b~");
	assert_int_equal(board_name_read(tree.root, name), 0);
	assert_string_equal(name, "A???? b~");
	temp_tree_free(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_device_tree_or_else_the_firmware),
		cmocka_unit_test(test_the_name_is_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
