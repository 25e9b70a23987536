/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of nested tables: pages that the tables are made of, at a made-up physical address,
 * and a walk of its own through them, which checks each entry that it passes.
 */
#ifndef HARNESS_TESTS_HOST_NESTED_WALK_H
#define HARNESS_TESTS_HOST_NESTED_WALK_H

#include "arch/x86/vcpu/nested.h"
#include "harness/tests/host/check.h"

#define PAGE 0x1000ull
#define MIB2 0x200000ull
#define GIB  0x40000000ull

/* Pages to give out, each test's own number of them. */
#ifndef POOL_PAGES
#define POOL_PAGES NESTED_PAGES
#endif
static uint64_t pool[POOL_PAGES * 512] __attribute__((aligned(4096)));
static uint64_t pool_physical = 0x7fe80000;

/* Entries as SVM and as VT-x have them: bit 0 is set in all that is there, bit 1 allows writes. */
__attribute__((unused)) static const struct nested_bits walk_bits[] = {
	{ .table = 0x7, .read_write = 0x67, .read_only = 0x25, .pages_1g = true },
	{ .table = 0x7, .read_write = 0x67, .read_only = 0x25, .pages_1g = false },
	{ .table = 0x7, .read_write = 0x37, .read_only = 0x35, .pages_1g = true },
	{ .table = 0x7, .read_write = 0x37, .read_only = 0x35, .pages_1g = false },
};

/* What a walk finds: bytes per page 0 where nothing is mapped. */
struct walked {
	uint64_t physical, page_size;
	bool writable;
};

static const uint64_t *walk_table(uint64_t physical)
{
	CHECK(physical - pool_physical < sizeof(pool));
	return pool + (physical - pool_physical) / 8;
}

__attribute__((unused)) static struct walked walk(uint64_t root, const struct nested_bits *bits,
						  uint64_t address)
{
	uint64_t table = root, size = 512 * GIB;
	struct walked found = { .writable = true };

	for (;; size /= 512) {
		uint64_t entry = walk_table(table)[address / size % 512];
		uint64_t base = entry & 0x000ffffffffff000;
		bool leaf = size == PAGE || entry & 0x80;

		if (entry == 0) {
			return (struct walked){ 0 };
		}
		CHECK(entry & 1 && !(entry >> 52));
		found.writable &= entry >> 1 & 1;
		if (leaf) {
			CHECK_EQ(base % size, 0);
			CHECK(size <= (bits->pages_1g ? GIB : MIB2));
			/* In an entry of 4 KiB that bit is part of the memory type. */
			CHECK(size > PAGE || !(entry & 0x80));
			found.physical = base + address % size;
			found.page_size = size;
			return found;
		}
		CHECK_EQ(entry & 0xfff, bits->table);
		table = base;
	}
}

/* A page of which `physical` is expected, readable and perhaps writable. */
#define CHECK_PAGE(found, expected, may_write)             \
	do {                                               \
		struct walked check_found = (found);       \
		CHECK(check_found.page_size);              \
		CHECK_EQ(check_found.physical, expected);  \
		CHECK_EQ(check_found.writable, may_write); \
	} while (0)

#endif
