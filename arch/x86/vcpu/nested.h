/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested page tables: from guest-physical to physical addresses, four levels, with the largest
 * pages that fit. Pure: the backend gives the entries' bits, the caller the pages.
 */
#ifndef ARCH_X86_VCPU_NESTED_H
#define ARCH_X86_VCPU_NESTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pages that the tables may take, those for a first touch included. */
#define NESTED_PAGES 64

/* Guest-physical addresses that four levels can name. */
#define NESTED_ADDRESS_BITS 48

/* How a backend's entries say things; addresses and the large-page bit are the same everywhere. */
struct nested_bits {
	uint64_t table;      /* entry that points to a table */
	uint64_t read_write; /* leaf */
	uint64_t read_only;  /* leaf: reads and fetches only */
	bool pages_1g;       /* the processor has leaves of 1 GiB */
};

struct nested {
	const struct nested_bits *bits;
	uint64_t *root;
	uint8_t *pages; /* NESTED_PAGES of them, one behind the other, zeroed */
	size_t used;
	uint64_t to_physical; /* of a table: pointer + this (modulo 2^64) */
	uint32_t generation;  /* raised by each change of an entry that is not a leaf of 4 KiB */
};

/* Starts empty tables in `pages`. */
void nested_init(struct nested *nested, const struct nested_bits *bits, void *pages,
		 uint64_t pages_physical);

/*
 * Maps [base, base + size) to itself, readable and writable, with the largest pages that fit;
 * what is mapped there already stays. Both are multiples of 4 KiB. False: out of pages; what
 * was mapped until then stays.
 */
bool nested_map(struct nested *nested, uint64_t base, uint64_t size);

/* The 4 KiB entry of an address, larger pages around it being split; NULL: out of pages. */
uint64_t *nested_entry(struct nested *nested, uint64_t address);

/* True if the address is mapped at all. */
bool nested_mapped(const struct nested *nested, uint64_t address);

/* The size of the pages that first touches map: 1 GiB or 2 MiB. */
uint64_t nested_touch_size(const struct nested *nested);

/*
 * Where the tables stand now, and the way back: the tables made since are forgotten, with all
 * that they map; what was mapped since in older tables stays. A page that was there at the mark
 * must not have been split since.
 */
struct nested_mark {
	size_t used;
};
struct nested_mark nested_mark(const struct nested *nested);
void nested_forget(struct nested *nested, struct nested_mark mark);

#endif
