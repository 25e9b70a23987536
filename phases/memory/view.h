/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a parser reads physical memory: a pointer to [base, base + size), or NULL where that cannot
 * be read as a whole. The machine gives physical_map(), a host test its own memory.
 */
#ifndef PHASES_MEMORY_VIEW_H
#define PHASES_MEMORY_VIEW_H

#include <stdint.h>

typedef void *memory_view(uint64_t base, uint64_t size);

#endif
