/* SPDX-License-Identifier: BSD-2-Clause */
/* The pages of the reserved block behind the image. Pages are given out once and never come back. */
#ifndef ARCH_X86_CPU_PAGES_H
#define ARCH_X86_CPU_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* Hands over the block's pages; `used` bytes at its start are in use. */
void pages_begin(uint64_t block_base, uint64_t block_size, uint64_t used);

/* That many zeroed pages, one behind the other, or NULL when the block is used up. */
void *pages_alloc(size_t count);

/* A stack of that many pages with an unmapped page below; gives back its top, or NULL. */
void *pages_alloc_stack(size_t count);

/* Pages that are still free. */
size_t pages_left(void);

/* The physical address of something in the image or in the block's pages. */
uint64_t pages_physical(const void *address);

#endif
