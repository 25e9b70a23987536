/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader's memory map says, and the guest's own page tables. */
#ifndef TINY_LIB_MEMORY_H
#define TINY_LIB_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SIZE   4096UL
#define LARGE_PAGE  0x200000UL
#define MAPPED_TOP  (16UL << 30) /* one to one below */
#define WINDOW_BASE (1UL << 40)  /* 512 pages that tests map as they like; unmapped at first */

#define PTE_P     1UL
#define PTE_W     2UL
#define PTE_U     4UL
#define PTE_LARGE 0x80UL
#define PTE_NX    (1UL << 63)

#define E820_USABLE   1
#define E820_RESERVED 2
struct e820_entry {
	uint64_t base, size;
	uint32_t type;
} __attribute__((packed));

#define E820_MAX 128
extern struct e820_entry e820[E820_MAX];
extern unsigned e820_count;

/* Copies the map out of the zero page, and builds and loads the page tables. */
void memory_init(const uint8_t *zero_page);

/* True if all of the range is usable memory. */
bool memory_usable(uint64_t base, uint64_t size);

/* The highest usable page below 640 KiB that was not given out yet. */
uint8_t *low_page(void);

/* Maps page `number` of the window (0 to 511); entry 0 unmaps it. Gives back its address. */
volatile uint8_t *window_map(unsigned number, uint64_t entry);

/* The four page directories of what lies below 4 GiB: 2 MiB pages, one to one. */
extern uint64_t page_directories[][512];
extern uint64_t pml4[512];

void copy_bytes(void *to, const void *from, uint64_t size);

#endif
