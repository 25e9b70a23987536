/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/multiboot/multiboot2.c boot/multiboot/parse.c phases/memory/map.c */
#include "boot/multiboot/multiboot.h"

#include "harness/tests/host/check.h"
#include "harness/tests/host/multiboot_input.h"

static struct boot_info boot;

static const char *parse(void)
{
	const char *error = multiboot2_parse(memory_at, INFO, &boot);

	memory_forget();
	return error;
}

static void good(void)
{
	check_case = "good";
	multiboot2_input();
	CHECK_OK(parse());
	CHECK(!strcmp(boot.path, "multiboot 2"));
	CHECK(!strcmp(boot.loader, "GRUB 2.06x"));
	CHECK_EQ(boot.map.count, 2);
	CHECK_EQ(boot.map.ranges[0].size, 0x9fc00);
	CHECK_EQ(boot.module_count, 1);
	CHECK_EQ(boot.modules[0].base, 0x1000000);
	CHECK_EQ(boot.modules[0].size, 0x800000);
	CHECK(!strcmp(boot.modules[0].cmdline, "quiet"));
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_TEXT);
	CHECK_EQ(boot.screen.width, 80);
	CHECK_EQ(boot.rsdp, tag_new + 8);
	CHECK_EQ(boot.rsdp_copy_size, 36);
	CHECK(!strcmp((char *)boot.rsdp_copy, "RSD PTR new"));
}

/* The new copy wins, wherever it stands. */
static void rsdp_copies(void)
{
	check_case = "copies";
	multiboot2_input();
	put(tag_old, 99, 4);
	put(tag_spare, 14, 4);
	CHECK_OK(parse());
	CHECK_EQ(boot.rsdp, tag_new + 8);
	put(tag_new, 99, 4);
	CHECK_OK(parse());
	CHECK_EQ(boot.rsdp, tag_spare + 8);
	CHECK_EQ(boot.rsdp_copy_size, 20);
	CHECK(!strcmp((char *)boot.rsdp_copy, "RSD PTR old"));
	put(tag_old, 14, 4);
	put(tag_old + 4, 27, 4);
	CHECK_ERROR(parse(), "RSDP is too short");
}

static void expect(const char *name, uint64_t address, uint64_t value, unsigned size,
		   const char *words)
{
	check_case = name;
	multiboot2_input();
	put(address, value, size);
	CHECK_ERROR(parse(), words);
}

static void bad(void)
{
	CHECK_ERROR(multiboot2_parse(memory_at, 0, &boot), "below 4 GiB");
	CHECK_ERROR(multiboot2_parse(memory_at, UINT64_MAX - 3, &boot), "below 4 GiB");
	CHECK_ERROR(multiboot2_parse(memory_at, INFO + 4, &boot), "impossible size or address");
	memory_forget();
	expect("no size", INFO, 0, 4, "impossible size");
	expect("only a header", INFO, 8, 4, "no end tag");
	expect("huge", INFO, 0xffffffff, 4, "impossible size");
	expect("outside", INFO, INFO_SIZE + 8, 4, "below 4 GiB");
	expect("cut", INFO, 1000, 4, NULL); /* what stands behind the end tag is not looked at */
	multiboot2_input();
	expect("no end", INFO, tag_end - INFO, 4, "no end tag");
	expect("cut tag", INFO, tag_new - INFO + 12, 4, "impossible size");
	expect("empty tag", tag_module + 4, 0, 4, "impossible size");
	expect("short tag", tag_module + 4, 7, 4, "impossible size");
	expect("long tag", tag_module + 4, 0xfffffff9, 4, "impossible size");
	expect("short module", tag_module + 4, 15, 4, "too short");
	expect("no string", tag_module + 4, 16, 4, "does not end");
	expect("string without end", tag_module + 4, 21, 4, "does not end");
	expect("module backwards", tag_module + 12, 0, 4, "before it starts");
	expect("short map", tag_mmap + 4, 15, 4, "too short");
	expect("entries of no size", tag_mmap + 8, 0, 4, "too short");
	expect("short entries", tag_mmap + 8, 23, 4, "too short");
	expect("uneven entries", tag_mmap + 8, 32, 4, "ends inside");
	expect("huge entries", tag_mmap + 8, 0xffffffff, 4, "ends inside");
	expect("no map", tag_mmap, 99, 4, "no memory map");
	expect("empty map", tag_mmap + 4, 16, 4, "impossible size"); /* its entries become tags */
	expect("name without end", tag_loader + 8 + 10, 'x', 1, NULL);
	CHECK_EQ(boot.loader[0], 0);
	expect("short screen", tag_screen + 4, 31, 4, NULL);
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_NONE);
	expect("RGB without colours", tag_screen + 29, 1, 1, NULL);
	CHECK_EQ(boot.screen.kind, BOOT_SCREEN_NONE);
}

/* Cut at every length: never more than the bytes that are there. */
static void every_length(void)
{
	uint64_t size;

	check_case = "every length";
	multiboot2_input();
	size = tag_next - INFO;
	for (check_round = 0; check_round < size; check_round++) {
		multiboot2_input();
		put(INFO, check_round, 4);
		CHECK(parse());
	}
}

int main(void)
{
	memory.base = INFO;
	memory.size = INFO_SIZE;
	memory.bytes = malloc(INFO_SIZE);
	good();
	rsdp_copies();
	bad();
	every_length();
	free(memory.bytes);
	return 0;
}
