/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the way in (a boot path) hands to the rest: the loader's words, checked and copied out of
 * the loader's memory, in one form whatever the loader.
 */
#ifndef PHASES_BOOT_INFO_H
#define PHASES_BOOT_INFO_H

#include "phases/memory/map.h"

#define BOOT_MODULES 8
#define BOOT_CMDLINE 2048 /* bytes, the NUL included: COMMAND_LINE_SIZE of Linux on x86 */

struct boot_module {
	uint64_t base, size;        /* where the loader put it */
	char cmdline[BOOT_CMDLINE]; /* what stands behind the file's name in the loader's menu */
};

/* The screen as the loader left it (multiboot 2, section 3.6.12). */
enum boot_screen_kind { BOOT_SCREEN_NONE, BOOT_SCREEN_TEXT, BOOT_SCREEN_RGB };
struct boot_screen {
	enum boot_screen_kind kind;
	uint64_t base;
	uint32_t pitch, width, height; /* bytes; pixels, or characters in text mode */
	uint8_t bits_per_pixel;
	struct {
		uint8_t position, size;
	} red, green, blue;
};

struct boot_info {
	const char *path; /* "multiboot 1" or "multiboot 2" */
	char loader[64];  /* the loader's own name, or empty */
	struct memory_map map;
	struct boot_module modules[BOOT_MODULES];
	size_t module_count;
	uint64_t rsdp;         /* address of the RSDP copy that the loader gave, or 0 */
	uint8_t rsdp_copy[36]; /* its bytes (multiboot 2 tags 14 and 15), zero where absent */
	size_t rsdp_copy_size;
	struct boot_screen screen;
};

/* Filled by the phase `boot_info`. */
extern struct boot_info boot_info;

#endif
