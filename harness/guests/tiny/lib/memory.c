/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/print.h"

#define ZERO_PAGE_E820_ENTRIES 0x1e8
#define ZERO_PAGE_E820_TABLE   0x2d0

struct e820_entry e820[E820_MAX];
unsigned e820_count;

#define PAGE_ALIGNED __attribute__((aligned(PAGE_SIZE)))
uint64_t pml4[512] PAGE_ALIGNED;
uint64_t page_directories[MAPPED_TOP >> 30][512] PAGE_ALIGNED;
static uint64_t pointers[512] PAGE_ALIGNED;
static uint64_t window_pointers[512] PAGE_ALIGNED, window_directory[512] PAGE_ALIGNED;
static uint64_t window[512] PAGE_ALIGNED;

void copy_bytes(void *to, const void *from, uint64_t size)
{
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

/* User pages throughout: tests go to CPL 3 where they stand. */
static void build_tables(void)
{
	const uint64_t all = PTE_P | PTE_W | PTE_U;

	for (uint64_t i = 0; i < MAPPED_TOP / LARGE_PAGE; i++) {
		page_directories[i / 512][i % 512] = i * LARGE_PAGE | all | PTE_LARGE;
	}
	for (uint64_t i = 0; i < MAPPED_TOP >> 30; i++) {
		pointers[i] = (uint64_t)page_directories[i] | all;
	}
	pml4[0] = (uint64_t)pointers | all;
	window_directory[0] = (uint64_t)window | all;
	window_pointers[0] = (uint64_t)window_directory | all;
	pml4[WINDOW_BASE >> 39] = (uint64_t)window_pointers | all;
	WRITE_CR(3, (uint64_t)pml4);
}

void memory_init(const uint8_t *zero_page)
{
	e820_count = zero_page[ZERO_PAGE_E820_ENTRIES];
	if (e820_count > E820_MAX) {
		e820_count = E820_MAX;
	}
	copy_bytes(e820, zero_page + ZERO_PAGE_E820_TABLE, e820_count * sizeof(e820[0]));
	build_tables();
}

bool memory_usable(uint64_t base, uint64_t size)
{
	bool inside = false;

	for (unsigned i = 0; i < e820_count; i++) {
		const struct e820_entry *e = &e820[i];
		bool overlaps = base < e->base + e->size && e->base < base + size;

		if (e->type != E820_USABLE && overlaps) {
			return false;
		}
		inside |= e->type == E820_USABLE && base >= e->base &&
			  base + size <= e->base + e->size;
	}
	return inside;
}

uint8_t *low_page(void)
{
	static uint64_t next = 0xa0000;

	while (next > 0x2000) { /* the first pages hold the BIOS's vectors and data */
		next -= PAGE_SIZE;
		if (memory_usable(next, PAGE_SIZE)) {
			return (uint8_t *)next;
		}
	}
	fail("no usable page below 640 KiB");
}

volatile uint8_t *window_map(unsigned number, uint64_t entry)
{
	volatile uint8_t *page = (volatile uint8_t *)(WINDOW_BASE + number * PAGE_SIZE);

	window[number] = entry;
	flush_page(page);
	return page;
}
