/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/nested.h"
#include "phases/phase.h"

#define ENTRIES 512
#define PAGE 4096ull
#define LARGE 0x80 /* in an entry of level 2 or 3: a page, no table (nested tables of both vendors) */
#define ADDRESS 0x000ffffffffff000ull
#define LEVELS 4

/* Bytes that one entry of a level covers; level 1 is 4 KiB. */
static uint64_t span(unsigned level)
{
	return PAGE << 9 * (level - 1);
}

static unsigned slot(uint64_t address, unsigned level)
{
	return address / span(level) % ENTRIES;
}

static uint64_t *table_of(const struct nested *nested, uint64_t entry)
{
	return (uint64_t *)((entry & ADDRESS) - nested->to_physical);
}

static bool is_page(uint64_t entry, unsigned level)
{
	return level == 1 || entry & LARGE;
}

static uint64_t *table_new(struct nested *nested)
{
	if (nested->used == NESTED_PAGES) {
		return NULL;
	}
	uint64_t *table = (uint64_t *)(nested->pages + nested->used++ * PAGE);

	/* Pages come back by nested_forget(). */
	for (unsigned i = 0; i < ENTRIES; i++) {
		table[i] = 0;
	}
	return table;
}

INIT_TEXT void nested_init(struct nested *nested, const struct nested_bits *bits, void *pages,
			   uint64_t pages_physical)
{
	nested->bits = bits;
	nested->pages = pages;
	nested->used = 0;
	nested->to_physical = pages_physical - (uint64_t)pages;
	nested->generation = 1;
	nested->root = table_new(nested);
}

/* The table below an entry: made where there is none, made of the same pages where it is a large page. */
static uint64_t *descend(struct nested *nested, uint64_t *entry, unsigned level)
{
	uint64_t old = *entry;

	if (old && !is_page(old, level)) {
		return table_of(nested, old);
	}
	uint64_t *table = table_new(nested);

	if (!table) {
		return NULL;
	}
	if (old) {
		uint64_t flags = level == 2 ? old & ~(uint64_t)LARGE : old;

		for (unsigned i = 0; i < ENTRIES; i++) {
			table[i] = flags + i * span(level - 1);
		}
	}
	*entry = ((uint64_t)table + nested->to_physical) | nested->bits->table;
	nested->generation++;
	return table;
}

static bool may_be_page(const struct nested *nested, unsigned level)
{
	return level <= 2 || (level == 3 && nested->bits->pages_1g);
}

/* Maps what of [base, end) lies below one table. */
static bool map_below(struct nested *nested, uint64_t *table, unsigned level, uint64_t base,
		      uint64_t end)
{
	while (base < end) {
		uint64_t *entry = &table[slot(base, level)];
		uint64_t next = (base & ~(span(level) - 1)) + span(level);
		bool whole = base % span(level) == 0 && next <= end;

		if (!*entry && whole && may_be_page(nested, level)) {
			*entry = base | nested->bits->read_write | (level > 1 ? LARGE : 0);
			nested->generation++;
		} else if (level > 1 && !(*entry && is_page(*entry, level))) {
			uint64_t *below = descend(nested, entry, level);

			if (!below ||
			    !map_below(nested, below, level - 1, base, next < end ? next : end)) {
				return false;
			}
		}
		base = next;
	}
	return true;
}

bool nested_map(struct nested *nested, uint64_t base, uint64_t size)
{
	return map_below(nested, nested->root, LEVELS, base, base + size);
}

uint64_t *nested_entry(struct nested *nested, uint64_t address)
{
	uint64_t *table = nested->root;

	for (unsigned level = LEVELS; level > 1; level--) {
		table = descend(nested, &table[slot(address, level)], level);
		if (!table) {
			return NULL;
		}
	}
	return &table[slot(address, 1)];
}

bool nested_mapped(const struct nested *nested, uint64_t address)
{
	const uint64_t *table = nested->root;

	if (address >> NESTED_ADDRESS_BITS) {
		return false;
	}
	for (unsigned level = LEVELS;; level--) {
		uint64_t entry = table[slot(address, level)];

		if (!entry || is_page(entry, level)) {
			return entry;
		}
		table = table_of(nested, entry);
	}
}

uint64_t nested_touch_size(const struct nested *nested)
{
	return nested->bits->pages_1g ? span(3) : span(2);
}

INIT_TEXT struct nested_mark nested_mark(const struct nested *nested)
{
	return (struct nested_mark){nested->used};
}

/* True if the table is one that was made after the mark. */
static bool made_since(const struct nested *nested, const uint64_t *table, struct nested_mark mark)
{
	return (const uint8_t *)table >= nested->pages + mark.used * PAGE;
}

static void forget_below(struct nested *nested, uint64_t *table, unsigned level,
			 struct nested_mark mark)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		if (!table[i] || is_page(table[i], level)) {
			continue;
		}
		uint64_t *below = table_of(nested, table[i]);

		if (made_since(nested, below, mark)) {
			table[i] = 0;
		} else {
			forget_below(nested, below, level - 1, mark);
		}
	}
}

void nested_forget(struct nested *nested, struct nested_mark mark)
{
	forget_below(nested, nested->root, LEVELS, mark);
	nested->used = mark.used;
	nested->generation++;
}
