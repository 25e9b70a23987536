/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/linux/zero_page.h"

#include "phases/memory/string.h"
#include "phases/phase.h"

_Static_assert(sizeof(struct screen_info) == 0x40, "zero-page.rst");
_Static_assert(offsetof(struct screen_info, orig_video_lines) == 0x0e, "screen_info.h");
_Static_assert(offsetof(struct screen_info, lfb_linelength) == 0x24, "screen_info.h");
_Static_assert(offsetof(struct boot_params, acpi_rsdp_addr) == 0x70, "zero-page.rst");
_Static_assert(offsetof(struct boot_params, e820_entries) == 0x1e8, "zero-page.rst");
_Static_assert(offsetof(struct boot_params, header.init_size) == 0x260, "boot.rst");
_Static_assert(offsetof(struct boot_params, e820_table) == 0x2d0, "zero-page.rst");
_Static_assert(sizeof(struct boot_params) == 0x1000, "zero-page.rst");

#define LOADER_UNDEFINED 0xff /* type_of_loader: none of the assigned numbers */
#define CAN_USE_HEAP     0x80 /* loadflags: for the 16-bit code, which does not run */

#define MODE_TEXT_80X25 3 /* colour, as the BIOS numbers it */
#define VIDEO_IS_VGA    1 /* orig_video_isVGA: a VGA in text mode */
#define VIDEO_TYPE_VLFB 0x23

#define ONE_MIB 0x100000

static INIT_TEXT void set_text_screen(struct screen_info *info, const struct boot_screen *screen)
{
	if (screen->width > UINT8_MAX || screen->height > UINT8_MAX) {
		return;
	}
	info->orig_video_mode = MODE_TEXT_80X25;
	info->orig_video_isVGA = VIDEO_IS_VGA;
	info->orig_video_cols = screen->width;
	info->orig_video_lines = screen->height;
	info->orig_video_points = 16;
	info->orig_y = screen->height - 1; /* what stands there scrolls up */
}

/* The bits of a pixel above all three colours. */
static INIT_TEXT void set_reserved_bits(struct screen_info *info, const struct boot_screen *screen)
{
	uint8_t end = info->red_pos + info->red_size;

	if (end < info->green_pos + info->green_size) {
		end = info->green_pos + info->green_size;
	}
	if (end < info->blue_pos + info->blue_size) {
		end = info->blue_pos + info->blue_size;
	}
	if (end < screen->bits_per_pixel) {
		info->rsvd_pos = end;
		info->rsvd_size = screen->bits_per_pixel - end;
	}
}

static INIT_TEXT void set_rgb_screen(struct screen_info *info, const struct boot_screen *screen)
{
	uint64_t size = (uint64_t)screen->pitch * screen->height;

	/* A frame buffer above 4 GiB has no place in this form. */
	if (screen->base > UINT32_MAX - size || screen->width > UINT16_MAX ||
	    screen->height > UINT16_MAX || screen->pitch > UINT16_MAX) {
		return;
	}
	info->orig_video_isVGA = VIDEO_TYPE_VLFB;
	info->lfb_width = screen->width;
	info->lfb_height = screen->height;
	info->lfb_depth = screen->bits_per_pixel;
	info->lfb_base = screen->base;
	info->lfb_size = (size + 0xffff) >> 16;
	info->lfb_linelength = screen->pitch;
	info->red_size = screen->red.size;
	info->red_pos = screen->red.position;
	info->green_size = screen->green.size;
	info->green_pos = screen->green.position;
	info->blue_size = screen->blue.size;
	info->blue_pos = screen->blue.position;
	set_reserved_bits(info, screen);
}

static INIT_TEXT void set_memory(struct boot_params *params, const struct memory_map *map)
{
	uint64_t kib = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];

		params->e820_table[i] =
			(struct e820_entry){ range->base, range->size, range->type };
		if (range->type == MEMORY_USABLE && range->base <= ONE_MIB &&
		    range->base + range->size > ONE_MIB) {
			kib = (range->base + range->size - ONE_MIB) / 1024;
		}
	}
	params->e820_entries = map->count;
	/* For a kernel that does not like the table: what is free from 1 MiB on. */
	params->alt_mem_k = kib < UINT32_MAX ? kib : UINT32_MAX;
	params->screen_info.ext_mem_k = kib < 0xfc00 ? kib : 0xfc00;
}

INIT_TEXT void zero_page_build(struct boot_params *params, const struct zero_page_request *request)
{
	struct setup_header *header = &params->header;

	memset(params, 0, sizeof(*params));
	memcpy(params->header_bytes, request->image->header_bytes, request->image->header_size);
	header->type_of_loader = LOADER_UNDEFINED;
	header->loadflags &= ~CAN_USE_HEAP;
	header->code32_start = request->kernel;
	header->ramdisk_image = request->initrd.size ? request->initrd.base : 0;
	header->ramdisk_size = request->initrd.size;
	header->cmd_line_ptr = request->command_line;
	params->acpi_rsdp_addr = request->rsdp;
	set_memory(params, request->map);
	if (request->screen->kind == BOOT_SCREEN_TEXT) {
		set_text_screen(&params->screen_info, request->screen);
	} else if (request->screen->kind == BOOT_SCREEN_RGB) {
		set_rgb_screen(&params->screen_info, request->screen);
	}
}
