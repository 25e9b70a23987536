/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/pages.h"

#include "arch/x86/cpu/host_tables.h"
#include "arch/x86/cpu/registers.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

/* All as offsets from the start of the block, which is also the start of the image. */
static uint64_t physical_base, next, end;

INIT_TEXT void pages_begin(uint64_t block_base, uint64_t block_size, uint64_t used)
{
	physical_base = block_base;
	next = used;
	end = block_size;
}

INIT_TEXT void *pages_alloc(size_t count)
{
	uint8_t *pages = (uint8_t *)IMAGE_BASE + next;

	if (count > pages_left()) {
		return NULL;
	}
	next += count * PAGE_SIZE;
	memset(pages, 0, count * PAGE_SIZE);
	return pages;
}

INIT_TEXT void *pages_alloc_stack(size_t count)
{
	uint8_t *pages = pages_alloc(count + 1);

	if (!pages) {
		return NULL;
	}
	host_tables_unmap(pages);
	return pages + (count + 1) * PAGE_SIZE;
}

INIT_TEXT size_t pages_left(void)
{
	return (end - next) / PAGE_SIZE;
}

uint64_t pages_physical(const void *address)
{
	return (uint64_t)address - IMAGE_BASE + physical_base;
}
