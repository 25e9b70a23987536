/* SPDX-License-Identifier: BSD-2-Clause */
/* Good multiboot information, as a starting point for tests and fuzzing. */
#ifndef HARNESS_TESTS_HOST_MULTIBOOT_INPUT_H
#define HARNESS_TESTS_HOST_MULTIBOOT_INPUT_H

#include "harness/tests/host/memory.h"

#define INFO      0x10000ull
#define INFO_SIZE 0x2000

/* Places in the multiboot 1 information below. */
#define MMAP1   (INFO + 0x100)
#define MODS1   (INFO + 0x200)
#define STRING1 (INFO + 0x300)
#define LOADER1 (INFO + 0x400)

__attribute__((unused)) static void multiboot1_input(void)
{
	memset(memory.bytes, 0, INFO_SIZE);
	put(INFO + 0, 1 << 3 | 1 << 6 | 1 << 9 | 1 << 12, 4);
	put(INFO + 20, 2, 4);
	put(INFO + 24, MODS1, 4);
	put(INFO + 44, 24 + 28, 4);
	put(INFO + 48, MMAP1, 4);
	put(INFO + 64, LOADER1, 4);
	put(INFO + 88, 0xfd000000, 8); /* the frame buffer: 1024x768, XRGB */
	put(INFO + 96, 4096, 4);
	put(INFO + 100, 1024, 4);
	put(INFO + 104, 768, 4);
	put(INFO + 108, 32, 1);
	put(INFO + 109, 1, 1);
	put(INFO + 110, 0x080008080810, 6);

	put(MMAP1, 20, 4);
	put(MMAP1 + 4, 0, 8);
	put(MMAP1 + 12, 0x9fc00, 8);
	put(MMAP1 + 20, 1, 4);
	put(MMAP1 + 24, 24, 4); /* a longer entry than we know of */
	put(MMAP1 + 28, 0x100000, 8);
	put(MMAP1 + 36, 0x3ff00000, 8);
	put(MMAP1 + 44, 1, 4);

	put(MODS1, 0x1000000, 4);
	put(MODS1 + 4, 0x1800000, 4);
	put(MODS1 + 8, STRING1, 4);
	put(MODS1 + 16, 0x2000000, 4);
	put(MODS1 + 20, 0x2100001, 4);
	put_text(STRING1, "console=ttyS0 quiet");
	put_text(LOADER1, "GRUB 2.06-13+deb12u1");
}

static uint64_t tag_next;

static uint64_t tag_begin(uint32_t type, uint32_t size)
{
	uint64_t tag = tag_next;

	put(tag, type, 4);
	put(tag + 4, size, 4);
	tag_next += (size + 7) & ~7ull;
	return tag;
}

/* Places of the tags in the multiboot 2 information below. */
static uint64_t tag_loader, tag_module, tag_mmap, tag_screen, tag_spare, tag_old, tag_new, tag_end;

__attribute__((unused)) static void multiboot2_input(void)
{
	memset(memory.bytes, 0, INFO_SIZE);
	tag_next = INFO + 8;
	tag_loader = tag_begin(2, 8 + 11);
	put_text(tag_loader + 8, "GRUB 2.06x");
	tag_module = tag_begin(3, 16 + 6);
	put(tag_module + 8, 0x1000000, 4);
	put(tag_module + 12, 0x1800000, 4);
	put_text(tag_module + 16, "quiet");
	tag_mmap = tag_begin(6, 16 + 2 * 24);
	put(tag_mmap + 8, 24, 4);
	put(tag_mmap + 16, 0, 8);
	put(tag_mmap + 24, 0x9fc00, 8);
	put(tag_mmap + 32, 1, 4);
	put(tag_mmap + 40, 0x100000, 8);
	put(tag_mmap + 48, 0x3ff00000, 8);
	put(tag_mmap + 56, 1, 4);
	tag_screen = tag_begin(8, 32);
	put(tag_screen + 8, 0xb8000, 8);
	put(tag_screen + 16, 160, 4);
	put(tag_screen + 20, 80, 4);
	put(tag_screen + 24, 25, 4);
	put(tag_screen + 28, 16, 1);
	put(tag_screen + 29, 2, 1);
	tag_spare = tag_begin(99, 8 + 20); /* a tag that nobody knows */
	put_text(tag_spare + 8, "RSD PTR old");
	tag_new = tag_begin(15, 8 + 36);
	put_text(tag_new + 8, "RSD PTR new");
	tag_old = tag_begin(14, 8 + 20);
	put_text(tag_old + 8, "RSD PTR old");
	tag_end = tag_begin(0, 8);
	put(INFO, tag_next - INFO, 4);
}

#endif
