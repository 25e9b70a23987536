/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Linux kernel file (Linux: Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header").
 * Pure.
 */
#ifndef BOOT_LINUX_BZIMAGE_H
#define BOOT_LINUX_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the setup header begins, in the file and in the zero page, and where it ends at the most. */
#define SETUP_HEADER     0x1f1
#define SETUP_HEADER_MAX 0x290

/* struct setup_header: names and order as in boot.rst. */
struct setup_header {
	uint8_t setup_sects;
	uint16_t root_flags;
	uint32_t syssize;
	uint16_t ram_size, vid_mode, root_dev, boot_flag;
	uint8_t jump, jump_distance; /* from 0x202: where the header ends */
	uint32_t header;
	uint16_t version;
	uint32_t realmode_swtch;
	uint16_t start_sys_seg, kernel_version;
	uint8_t type_of_loader, loadflags;
	uint16_t setup_move_size;
	uint32_t code32_start, ramdisk_image, ramdisk_size, bootsect_kludge;
	uint16_t heap_end_ptr;
	uint8_t ext_loader_ver, ext_loader_type;
	uint32_t cmd_line_ptr, initrd_addr_max, kernel_alignment;
	uint8_t relocatable_kernel, min_alignment;
	uint16_t xloadflags;
	uint32_t cmdline_size, hardware_subarch;
	uint64_t hardware_subarch_data;
	uint32_t payload_offset, payload_length;
	uint64_t setup_data, pref_address;
	uint32_t init_size, handover_offset;
} __attribute__((packed));

struct bzimage {
	/* The header as it stands in the file, and how many bytes of it the kernel defines. */
	union {
		struct setup_header header;
		uint8_t header_bytes[SETUP_HEADER_MAX - SETUP_HEADER];
	};
	size_t header_size;
	uint64_t setup_size;  /* bytes of the file before the 64-bit kernel */
	uint64_t kernel_size; /* bytes of the kernel; never more than header.init_size */
};

/*
 * Checks a kernel file of which all `size` bytes can be read, and copies its header. Gives back
 * NULL, or one line that says what is wrong and what would help.
 */
const char *bzimage_parse(const void *file, uint64_t size, struct bzimage *image);

#endif
