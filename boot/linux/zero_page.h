/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The zero page, struct boot_params: what a Linux kernel is told at its start (Linux:
 * Documentation/arch/x86/zero-page.rst). Pure.
 */
#ifndef BOOT_LINUX_ZERO_PAGE_H
#define BOOT_LINUX_ZERO_PAGE_H

#include "phases/boot_info.h"
#include "boot/linux/bzimage.h"

/* The screen (include/uapi/linux/screen_info.h). */
struct screen_info {
	uint8_t orig_x, orig_y;
	uint16_t ext_mem_k; /* in fact memory above 1 MiB in KiB, at most 64 MiB */
	uint16_t orig_video_page;
	uint8_t orig_video_mode, orig_video_cols;
	uint8_t unused_1[6];
	uint8_t orig_video_lines, orig_video_isVGA;
	uint16_t orig_video_points;
	uint16_t lfb_width, lfb_height, lfb_depth;
	uint32_t lfb_base, lfb_size; /* bytes; units of 64 KiB */
	uint32_t unused_2;
	uint16_t lfb_linelength;
	uint8_t red_size, red_pos, green_size, green_pos, blue_size, blue_pos, rsvd_size, rsvd_pos;
	uint8_t unused_3[18];
} __attribute__((packed));

struct e820_entry {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

struct boot_params {
	struct screen_info screen_info;
	uint8_t unused_1[0x70 - 0x40];
	uint64_t acpi_rsdp_addr;
	uint8_t unused_2[0x1e0 - 0x78];
	uint32_t alt_mem_k; /* memory above 1 MiB in KiB */
	uint8_t unused_3[0x1e8 - 0x1e4];
	uint8_t e820_entries;
	uint8_t unused_4[SETUP_HEADER - 0x1e9];
	union {
		struct setup_header header;
		uint8_t header_bytes[SETUP_HEADER_MAX - SETUP_HEADER];
	} __attribute__((packed));
	uint8_t unused_5[0x2d0 - SETUP_HEADER_MAX];
	struct e820_entry e820_table[MEMORY_MAP_RANGES];
	uint8_t unused_6[0x1000 - 0xcd0];
} __attribute__((packed));

struct zero_page_request {
	const struct bzimage *image;
	const struct memory_map *map;
	const struct boot_screen *screen;
	uint64_t kernel, command_line, rsdp; /* addresses; rsdp 0: the kernel searches itself */
	struct memory_span initrd;           /* size 0: none */
};

void zero_page_build(struct boot_params *params, const struct zero_page_request *request);

#endif
