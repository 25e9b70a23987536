/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory that the hypervisor keeps for good. */
#ifndef ARCH_X86_CPU_RESERVED_H
#define ARCH_X86_CPU_RESERVED_H

#include <stddef.h>
#include <stdint.h>

#include "phases/boot_info.h"

struct reserved_memory {
	uint64_t block_base, block_size; /* multiples of 2 MiB, below 4 GiB: the phase `reserved_block` */
	uint64_t low_page;               /* one page below 1 MiB: the phase `low_page` */
};
extern struct reserved_memory reserved_memory;

/*
 * Writes what the loader put into memory: the modules, and the image that it loaded, which is wiped
 * when we have moved out of it. Gives back how many spans; at most LOADER_SPANS.
 */
#define LOADER_SPANS (BOOT_MODULES + 1)
size_t loader_spans(struct memory_span *spans);

/* Bytes that the block must have for this many CPUs: image, tables, stacks. A multiple of 2 MiB. */
uint64_t reserved_block_size(uint64_t image_size, unsigned cpus, unsigned nested_pages);

#endif
