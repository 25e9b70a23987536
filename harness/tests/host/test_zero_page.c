/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/linux/zero_page.c boot/linux/boot_data.c boot/linux/bzimage.c phases/memory/map.c */
#include "boot/linux/boot_data.h"

#include "harness/tests/host/bzimage_input.h"
#include "harness/tests/host/check.h"

static uint8_t page[4096];
static struct memory_map map;
static struct boot_screen screen;
static struct bzimage image;
static struct zero_page_request request = {
	.image = &image,
	.map = &map,
	.screen = &screen,
	.kernel = 0x1000000,
	.command_line = 0x17000,
	.rsdp = 0xf52a0,
	.initrd = { 0x7000000, 0x123456 },
};

static void build(void)
{
	memset(page, 0xaa, sizeof(page));
	zero_page_build((struct boot_params *)page, &request);
}

/* A number in the page, by the offsets of zero-page.rst and boot.rst. */
static uint64_t field(unsigned offset, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, page + offset, size);
	return value;
}

static void header(void)
{
	uint8_t file[BZIMAGE_SIZE];

	check_case = "header";
	bzimage_input(file);
	file[0x1ef] = 0xff; /* the sentinel, which must not be taken */
	CHECK_OK(bzimage_parse(file, sizeof(file), &image));
	build();
	CHECK_EQ(field(0x1ef, 1), 0);
	CHECK_EQ(field(0x1f1, 1), SETUP_SECTS);
	CHECK_EQ(field(0x202, 4), 0x53726448);
	CHECK_EQ(field(0x210, 1), 0xff);
	CHECK_EQ(field(0x211, 1), 1);
	CHECK_EQ(field(0x214, 4), 0x1000000);
	CHECK_EQ(field(0x218, 4), 0x7000000);
	CHECK_EQ(field(0x21c, 4), 0x123456);
	CHECK_EQ(field(0x228, 4), 0x17000);
	CHECK_EQ(field(0x236, 2), 0x7f);
	CHECK_EQ(field(0x258, 8), 0x1000000);
	CHECK_EQ(field(0x26b, 1), 0x55); /* the last byte that the kernel defines */
	CHECK_EQ(field(0x26c, 4), 0);
	CHECK_EQ(field(0x070, 8), 0xf52a0);
	request.initrd.size = 0;
	build();
	CHECK_EQ(field(0x218, 8), 0);
}

static void memory_table(void)
{
	check_case = "memory";
	memory_map_add(&map, 0, 0x9f000, MEMORY_USABLE);
	memory_map_add(&map, 0x100000, 0x3fe00000, MEMORY_USABLE);
	memory_map_add(&map, 0x3ff00000, 0x10000, MEMORY_ACPI);
	build();
	CHECK_EQ(field(0x1e8, 1), 3);
	CHECK_EQ(field(0x2d0 + 20, 8), 0x100000);
	CHECK_EQ(field(0x2d0 + 28, 8), 0x3fe00000);
	CHECK_EQ(field(0x2d0 + 36, 4), 1);
	CHECK_EQ(field(0x2d0 + 56, 4), 3);
	CHECK_EQ(field(0x2d0 + 60, 8), 0);
	CHECK_EQ(field(0x1e0, 4), 0x3fe00000 / 1024);
	CHECK_EQ(field(0x002, 2), 0xfc00);
	for (unsigned i = 0; i < MEMORY_MAP_RANGES; i++) {
		memory_map_set(&map, 0x100000000 + i * 0x2000, 0x1000, MEMORY_RESERVED);
	}
	build();
	CHECK_EQ(field(0x1e8, 1), MEMORY_MAP_RANGES);
	CHECK_EQ(field(0xcd0, 8), 0);
}

static void screens(void)
{
	check_case = "no screen";
	build();
	CHECK_EQ(field(0x006, 2), 0);
	check_case = "text";
	screen = (struct boot_screen){ BOOT_SCREEN_TEXT, 0xb8000,  160,     80, 25, 16,
				       { 0, 0 },         { 0, 0 }, { 0, 0 } };
	build();
	CHECK_EQ(field(0x001, 1), 24);
	CHECK_EQ(field(0x006, 1), 3);
	CHECK_EQ(field(0x007, 1), 80);
	CHECK_EQ(field(0x00e, 1), 25);
	CHECK_EQ(field(0x00f, 1), 1);
	CHECK_EQ(field(0x010, 2), 16);
	check_case = "frame buffer";
	screen = (struct boot_screen){ BOOT_SCREEN_RGB, 0xfd000000, 4096,    1024, 769, 32,
				       { 16, 8 },       { 8, 8 },   { 0, 8 } };
	build();
	CHECK_EQ(field(0x00f, 1), 0x23);
	CHECK_EQ(field(0x012, 2), 1024);
	CHECK_EQ(field(0x014, 2), 769);
	CHECK_EQ(field(0x016, 2), 32);
	CHECK_EQ(field(0x018, 4), 0xfd000000);
	CHECK_EQ(field(0x01c, 4), 49);
	CHECK_EQ(field(0x024, 2), 4096);
	CHECK_EQ(field(0x026, 8), 0x1808000808081008);
	screen.base = 0xfff00000; /* does not end below 4 GiB */
	build();
	CHECK_EQ(field(0x00f, 1), 0);
}

/* Walks the page tables as the processor does. */
static void tables(void)
{
	static struct linux_boot_data data;
	uint64_t address = 0x10000;

	check_case = "tables";
	CHECK(sizeof(data) % 4096 == 0);
	linux_page_tables(&data, address);
	linux_descriptors(&data);
	for (uint64_t at = 0; at < 1ull << 32; at += 0x1ff000) {
		const uint64_t *table = data.pml4;

		for (int shift = 39; shift > 21; shift -= 9) {
			uint64_t entry = table[at >> shift & 511];

			CHECK_EQ(entry & 0xfff, 3);
			CHECK((entry & ~0xfffull) - address < sizeof(data));
			table = (void *)((uint8_t *)&data + ((entry & ~0xfffull) - address));
		}
		CHECK_EQ(table[at >> 21 & 511], (at & ~0x1fffffull) | 0x83);
	}
	CHECK_EQ(data.pml4[1] | data.pdpt[4], 0);
	CHECK_EQ(data.gdt[2] >> 40 & 0x20ff, 0x209b); /* code, 64-bit */
	CHECK_EQ(data.gdt[3] >> 40 & 0xc0ff, 0xc093);
}

int main(void)
{
	header();
	memory_table();
	screens();
	tables();
	return 0;
}
