/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/multiboot/multiboot1.c boot/multiboot/parse.c phases/memory/map.c */
#include "boot/multiboot/multiboot.h"

#include "harness/tests/host/check.h"
#include "harness/tests/host/multiboot_input.h"

static struct boot_info boot;

static const char *parse(void)
{
	const char *error = multiboot1_parse(memory_at, INFO, &boot);

	memory_forget();
	return error;
}

/* Parses the good information with one number changed. */
static void refused(const char *name, uint64_t address, uint64_t value, unsigned size,
		    const char *words)
{
	check_case = name;
	multiboot1_input();
	put(address, value, size);
	CHECK_ERROR(parse(), words);
}

static void accepted(const char *name, uint64_t address, uint64_t value, unsigned size)
{
	check_case = name;
	multiboot1_input();
	put(address, value, size);
	CHECK_OK(parse());
}

static void good(void)
{
	check_case = "good";
	multiboot1_input();
	CHECK_OK(parse());
	CHECK(!strcmp(boot.path, "multiboot 1"));
	CHECK(!strcmp(boot.loader, "GRUB 2.06-13+deb12u1"));
	CHECK_EQ(boot.map.count, 2);
	CHECK_EQ(boot.map.ranges[1].size, 0x3ff00000);
	CHECK_EQ(boot.module_count, 2);
	CHECK_EQ(boot.modules[0].base, 0x1000000);
	CHECK_EQ(boot.modules[0].size, 0x800000);
	CHECK(!strcmp(boot.modules[0].cmdline, "console=ttyS0 quiet"));
	CHECK_EQ(boot.modules[1].size, 0x100001);
	CHECK(!strcmp(boot.modules[1].cmdline, ""));
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_RGB);
	CHECK_EQ(boot.screen.pitch, 4096);
	CHECK_EQ(boot.screen.red.position, 16);
	CHECK_EQ(boot.screen.blue.position, 0);
	CHECK_EQ(boot.screen.blue.size, 8);
	CHECK_EQ(boot.rsdp, 0);
}

static void file_name_is_dropped(void)
{
	check_case = "qemu";
	multiboot1_input();
	put_text(LOADER1, "qemu");
	CHECK_OK(parse());
	CHECK(!strcmp(boot.modules[0].cmdline, "quiet"));
	put_text(STRING1, "bzImage");
	CHECK_OK(parse());
	CHECK(!strcmp(boot.modules[0].cmdline, ""));
}

static void command_line_lengths(void)
{
	check_case = "lengths";
	multiboot1_input();
	memset(memory.bytes + (STRING1 - INFO), 'x', 2047);
	put(INFO, 1 << 3 | 1 << 6, 4);
	CHECK_OK(parse());
	CHECK_EQ(strlen(boot.modules[0].cmdline), 2047);
	put(STRING1 + 2047, 'x', 1);
	CHECK_ERROR(parse(), "longer than 2047");
}

static void bad(void)
{
	CHECK_ERROR(multiboot1_parse(memory_at, INFO + INFO_SIZE - 8, &boot), "below 4 GiB");
	CHECK_ERROR(multiboot1_parse(memory_at, UINT64_MAX - 8, &boot), "below 4 GiB");
	refused("no map", INFO, 1 << 3, 4, "no memory map");
	refused("empty map", INFO + 44, 0, 4, "no memory map");
	refused("huge map", INFO + 44, 0xfffffff0, 4, "impossible length");
	refused("map elsewhere", INFO + 48, 0xfffffff0, 4, "below 4 GiB");
	refused("map cut", INFO + 44, 24 + 20, 4, "ends inside");
	refused("map cut in long entry", INFO + 44, 24 + 24, 4, "impossible size");
	refused("entry of no size", MMAP1, 0, 4, "impossible size");
	refused("short entry", MMAP1, 19, 4, "impossible size");
	refused("huge entry", MMAP1, 0xffffffff, 4, "impossible size");
	refused("module backwards", MODS1 + 4, 0xffffff, 4, "before it starts");
	refused("module empty", MODS1 + 4, 0x1000000, 4, "is empty");
	refused("module behind memory", MODS1 + 20, 0x40000001, 4, "not lie in usable memory");
	refused("module in a hole", MODS1, 0x9f000, 4, "not lie in usable memory");
	refused("modules elsewhere", INFO + 24, 0xfffffff8, 4, "list of modules");
	refused("string elsewhere", MODS1 + 8, 0xffffffff, 4, "does not lie below 4 GiB");
	check_case = "no usable memory";
	multiboot1_input();
	put(MMAP1 + 20, 2, 4);
	put(MMAP1 + 44, 0, 4);
	CHECK_ERROR(parse(), "no usable memory");
	CHECK_EQ(boot.map.ranges[1].type, MEMORY_RESERVED);

	accepted("name elsewhere", INFO + 64, 0xffffffff, 4);
	CHECK_EQ(boot.loader[0], 0);
	accepted("no modules", INFO + 20, 0, 4);
	CHECK_EQ(boot.module_count, 0);
	accepted("range at the top", MMAP1 + 36, UINT64_MAX, 8);
	accepted("range of no size", MMAP1 + 12, 0, 8);
	CHECK_EQ(boot.map.count, 1);
}

static void many(void)
{
	check_case = "many modules";
	multiboot1_input();
	put(INFO + 20, 9, 4);
	put(INFO + 24, INFO + 0x600, 4);
	for (unsigned i = 0; i < 9; i++) {
		put(INFO + 0x600 + i * 16, 0x1000000, 4);
		put(INFO + 0x604 + i * 16, 0x1000001, 4);
	}
	CHECK_ERROR(parse(), "more than 8 modules");
	put(INFO + 20, 8, 4);
	CHECK_OK(parse());

	check_case = "many ranges";
	multiboot1_input();
	put(INFO + 20, 0, 4); /* no modules: the ranges are none for them */
	put(INFO + 44, 129 * 24, 4);
	put(INFO + 48, INFO + 0x600, 4);
	for (unsigned i = 0; i < 129; i++) {
		put(INFO + 0x600 + i * 24, 20, 4);
		put(INFO + 0x604 + i * 24, i * 0x2000, 8);
		put(INFO + 0x60c + i * 24, 0x1000, 8);
		put(INFO + 0x614 + i * 24, 1, 4);
	}
	CHECK_ERROR(parse(), "more than 128 ranges");
	put(INFO + 44, 128 * 24, 4);
	CHECK_OK(parse());
}

static void screens(void)
{
	accepted("indexed colours", INFO + 109, 0, 1);
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_NONE);
	accepted("unknown kind", INFO + 109, 7, 1);
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_NONE);
	accepted("short pitch", INFO + 96, 4095, 4);
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_NONE);
	accepted("colour outside", INFO + 110, 25, 1);
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_NONE);
	accepted("no screen", INFO, 1 << 6, 4);
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_NONE);
}

int main(void)
{
	memory.base = INFO;
	memory.size = INFO_SIZE;
	memory.bytes = malloc(INFO_SIZE);
	good();
	file_name_is_dropped();
	command_line_lengths();
	bad();
	many();
	screens();
	free(memory.bytes);
	return 0;
}
