/* SPDX-License-Identifier: BSD-2-Clause */
/* What both parsers do with what they found; errors as in multiboot.h. */
#ifndef BOOT_MULTIBOOT_PARSE_H
#define BOOT_MULTIBOOT_PARSE_H

#include "phases/boot_info.h"

/* framebuffer_type and the colour fields, the same in both versions (multiboot 2, section 3.6.12). */
enum { FRAMEBUFFER_INDEXED, FRAMEBUFFER_RGB, FRAMEBUFFER_EGA_TEXT };

struct framebuffer_colours {
	uint8_t red_position, red_size, green_position, green_size, blue_position, blue_size;
} __attribute__((packed));

/* Copies the string that starts at `from` and ends before `size` bytes; what fits if it is refused. */
const char *parse_string(char *to, size_t to_size, const char *from, size_t size);
#define STRING_TOO_LONG "a module's command line is longer than 2047 characters; shorten it"

const char *parse_memory(struct boot_info *boot, uint64_t base, uint64_t size, uint32_t type);

/* Appends a module; its command line is the caller's to fill in. */
const char *parse_module(struct boot_info *boot, uint64_t start, uint64_t end);

/* Keeps the screen if it is one that a guest can use; `colours` is NULL where it is text. */
void parse_screen(struct boot_info *boot, const struct boot_screen *screen,
		  const struct framebuffer_colours *colours);

/* The checks at the end. */
const char *parse_finish(struct boot_info *boot);

#endif
