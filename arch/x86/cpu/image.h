/* SPDX-License-Identifier: BSD-2-Clause */
/* The image's parts, as the linker script names them. */
#ifndef ARCH_X86_CPU_IMAGE_H
#define ARCH_X86_CPU_IMAGE_H

#include <stdint.h>

extern const uint8_t image_start[], text_end[], rodata_end[], image_end[];
extern const uint8_t boot_stack_guard[];
/* What runs once: all of it is on pages of its own. */
extern const uint8_t init_text_begin[], init_text_end[], init_rodata_begin[], init_rodata_end[];
extern const uint8_t init_data_begin[], init_data_end[];

/* Where the loader put the image; the copy in the reserved block takes over in `relocation`. */
extern uint64_t image_load_address;

static inline uint64_t image_size(void)
{
	return (uint64_t)(image_end - image_start);
}

#endif
