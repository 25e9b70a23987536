/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/tests/tests.h"

#define STRIDE (32 * LARGE_PAGE) /* between what is written: the emulator's host pays for it */
#define IN_USE (64UL << 20)      /* below: this guest, and what the loader left */

/* Writes to one word and puts back what was there: what lies in it stays whole. */
static void touch(uint64_t address)
{
	volatile uint64_t *word = (volatile uint64_t *)address;
	uint64_t kept = *word;

	*word = ~address;
	EXPECT(*word == ~address, "%lx is usable memory but holds nothing", address);
	*word = kept;
}

/* Reads from each 2 MiB page, writes to the range's ends. */
static void walk(uint64_t base, uint64_t end)
{
	for (uint64_t at = base; at < end; at = (at + LARGE_PAGE) & ~(LARGE_PAGE - 1)) {
		(void)*(volatile uint8_t *)at;
	}
	touch((base + 7) & ~7UL);
	touch((end - 8) & ~7UL);
}

/* Places that share memory hold what was written to another: all are written, then all read. */
static void mark(uint64_t base, uint64_t end, bool check)
{
	for (uint64_t at = (base + STRIDE - 1) & ~(STRIDE - 1); at + 8 <= end; at += STRIDE) {
		volatile uint64_t *word = (volatile uint64_t *)at;

		if (at < IN_USE) {
			continue;
		}
		if (!check) {
			*word = at;
		}
		EXPECT(*word == at, "%lx holds %lx", at, *word);
	}
}

static void for_each_range(void (*f)(uint64_t base, uint64_t end))
{
	for (unsigned i = 0; i < e820_count; i++) {
		if (e820[i].type == E820_USABLE && e820[i].base + e820[i].size <= MAPPED_TOP) {
			f(e820[i].base, e820[i].base + e820[i].size);
		}
	}
}

static void write_marks(uint64_t base, uint64_t end)
{
	mark(base, end, false);
}

static void check_marks(uint64_t base, uint64_t end)
{
	mark(base, end, true);
}

void test_memory(void)
{
	uint64_t usable = 0, last = 0;

	test_hello();
	for (unsigned i = 0; i < e820_count; i++) {
		uint64_t end = e820[i].base + e820[i].size;

		EXPECT(e820[i].base >= last, "the memory map is not sorted at %lx", e820[i].base);
		EXPECT(end > e820[i].base, "a range at %lx of no size", e820[i].base);
		last = end;
		usable += e820[i].type == E820_USABLE ? e820[i].size : 0;
	}
	for_each_range(walk);
	for_each_range(write_marks);
	for_each_range(check_marks);
	print("MEMORY usable=%lu\n", usable);
}
