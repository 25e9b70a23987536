/* SPDX-License-Identifier: BSD-2-Clause */
/* A good setup header, as a starting point for tests and fuzzing. */
#ifndef HARNESS_TESTS_HOST_BZIMAGE_INPUT_H
#define HARNESS_TESTS_HOST_BZIMAGE_INPUT_H

#include <string.h>

#include "boot/linux/bzimage.h"

#define SETUP_SECTS  7
#define KERNEL_SIZE  0x1230u
#define BZIMAGE_SIZE (512 * (1 + SETUP_SECTS) + KERNEL_SIZE)

static struct setup_header bzimage_header(void)
{
	return (struct setup_header){
		.setup_sects = SETUP_SECTS,
		.syssize = KERNEL_SIZE / 16,
		.boot_flag = 0xaa55,
		.jump = 0xeb,
		.jump_distance = 0x6a,
		.header = 0x53726448,
		.version = 0x20f,
		.loadflags = 0x81,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = 0x200000,
		.relocatable_kernel = 1,
		.min_alignment = 21,
		.xloadflags = 0x7f,
		.cmdline_size = 2047,
		.pref_address = 0x1000000,
		.init_size = 0x2c00000,
	};
}

/* Fills BZIMAGE_SIZE bytes. */
__attribute__((unused)) static void bzimage_input(uint8_t *file)
{
	struct setup_header header = bzimage_header();

	memset(file, 0x55, BZIMAGE_SIZE);
	memcpy(file + SETUP_HEADER, &header, sizeof(header));
}

#endif
