/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/vcpu/nested.c */
/* Random mappings against a model that remembers what was done, in its order. */
#include "harness/tests/host/nested_walk.h"

#define OPERATIONS 150
#define TOP        (1ull << NESTED_ADDRESS_BITS)

struct operation {
	uint64_t base, size;
	uint64_t entry; /* what one page was set to by hand; all ones: a mapping of the whole */
};
#define MAPPING UINT64_MAX

static struct nested nested;
static struct operation done[OPERATIONS];
static unsigned done_count, splits, failures, forgotten;

static struct walked look(uint64_t address)
{
	struct walked found = walk(pool_physical, nested.bits, address);

	CHECK_EQ(nested_mapped(&nested, address), found.page_size != 0);
	return found;
}

/* What the first `count` operations make of a page, as an entry of 4 KiB. */
static uint64_t model(uint64_t page, unsigned count)
{
	uint64_t entry = 0;

	for (unsigned i = 0; i < count; i++) {
		if (page - done[i].base >= done[i].size) {
			continue;
		}
		if (done[i].entry != MAPPING) {
			entry = done[i].entry;
		} else if (!entry) {
			entry = page | nested.bits->read_write;
		}
	}
	return entry;
}

static void check_page(uint64_t page, uint64_t entry)
{
	uint64_t offset = check_random(PAGE);

	if (!entry) {
		CHECK_EQ(look(page + offset).page_size, 0);
		return;
	}
	CHECK_PAGE(look(page + offset), (entry & ~0xfffull) + offset, entry >> 1 & 1);
}

/* A page at the edge of something that was done, or anywhere. */
static uint64_t page_to_check(void)
{
	const struct operation *operation = &done[check_random(done_count)];

	switch (check_random(5)) {
	case 0:
		return operation->base;
	case 1:
		return operation->base + operation->size - PAGE;
	case 2:
		return (operation->base + operation->size) % TOP;
	case 3:
		return (operation->base - PAGE) % TOP;
	default:
		return operation->base + check_random(operation->size / PAGE) * PAGE;
	}
}

static void check_all(void)
{
	for (unsigned i = 0; i < 200; i++) {
		uint64_t page = page_to_check();

		check_page(page, model(page, done_count));
	}
}

/* All that is not in tables of 4 KiB pages, as one number. */
static uint64_t sum_of_upper(uint64_t physical, unsigned level)
{
	const uint64_t *table = walk_table(physical);
	uint64_t sum = physical;

	for (unsigned i = 0; level > 1 && i < 512; i++) {
		sum = sum * 31 + table[i];
		if (table[i] && !(table[i] & 0x80)) {
			sum = sum * 31 + sum_of_upper(table[i] & ~0xfffull, level - 1);
		}
	}
	return sum;
}

static void start(const struct nested_bits *bits)
{
	memset(pool, 0xaa, sizeof(pool));
	nested_init(&nested, bits, pool, pool_physical);
	done_count = 0;
}

static struct operation random_mapping(void)
{
	static const uint64_t units[] = { PAGE, MIB2, GIB };
	uint64_t unit = units[check_random(3)];
	/* Mostly among each other; now and then anywhere. */
	uint64_t top = check_random(8) ? 16 * GIB : TOP;
	struct operation mapping = { .size = (1 + check_random(600)) * unit, .entry = MAPPING };

	if (mapping.size > 8 * GIB) {
		mapping.size = 8 * GIB;
	}
	mapping.base = check_random((top - mapping.size) / unit + 1) * unit;
	return mapping;
}

static bool carry_out(const struct operation *operation)
{
	uint64_t *entry;

	if (operation->entry == MAPPING) {
		return nested_map(&nested, operation->base, operation->size);
	}
	entry = nested_entry(&nested, operation->base);
	if (entry) {
		*entry = operation->entry;
		splits++;
	}
	return entry;
}

static struct operation random_operation(void)
{
	static const unsigned leaf[] = { 0, 1, 1 };
	struct operation operation = random_mapping();

	if (done_count && check_random(2)) {
		operation.base = page_to_check();
		operation.size = PAGE;
		operation.entry = leaf[check_random(3)]
					  ? (check_random(1 << 20) * PAGE) | nested.bits->read_only
					  : 0;
	}
	return operation;
}

/* When no page is left, what was mapped is still right; what failed is mapped in part. */
static void check_after_failure(const struct operation *failed)
{
	failures++;
	for (unsigned i = 0; i < 100 && done_count; i++) {
		uint64_t page = page_to_check(), entry = model(page, done_count);

		if (entry || page - failed->base >= failed->size || failed->entry != MAPPING) {
			check_page(page, entry);
		}
	}
}

static void random_tables(const struct nested_bits *bits)
{
	unsigned count = 1 + check_random(OPERATIONS);

	start(bits);
	for (unsigned i = 0; i < count; i++) {
		struct operation operation = random_operation();
		uint64_t sum = sum_of_upper(pool_physical, 4);
		uint32_t generation = nested.generation;
		bool fits = carry_out(&operation);

		CHECK(sum == sum_of_upper(pool_physical, 4) || generation != nested.generation);
		if (!fits) {
			CHECK_EQ(nested.used, NESTED_PAGES);
			check_after_failure(&operation);
			return;
		}
		done[done_count++] = operation;
	}
	check_all();
}

/* First touches: none changes what was there before, each succeeds at the second try. */
static void random_touches(const struct nested_bits *bits)
{
	uint64_t size, top = check_random(2) ? TOP : 1024 * GIB;
	struct nested_mark mark;

	start(bits);
	while (done_count < 4) {
		struct operation operation = random_operation();

		CHECK(carry_out(&operation));
		done[done_count++] = operation;
		if (nested.used > NESTED_PAGES - 20) {
			return;
		}
	}
	mark = nested_mark(&nested);
	size = nested_touch_size(&nested);
	CHECK_EQ(size, bits->pages_1g ? GIB : MIB2);
	for (unsigned i = 0; i < 300; i++) {
		uint64_t address = check_random(top), page = page_to_check();
		uint64_t base = address & ~(size - 1),
			 before = model(address & ~0xfffull, done_count);
		struct walked found;

		if (!nested_map(&nested, base, size)) {
			nested_forget(&nested, mark);
			forgotten++;
			CHECK_EQ(nested.used, mark.used);
			CHECK(nested_map(&nested, base, size));
		}
		found = look(address);
		CHECK_PAGE(found, before ? (before & ~0xfffull) + address % PAGE : address,
			   before ? before >> 1 & 1 : 1);
		if (model(page, done_count)) {
			check_page(page, model(page, done_count));
		}
	}
}

static void check_used(const struct nested_bits *bits, uint64_t base, uint64_t size, size_t with_1g,
		       size_t without)
{
	start(bits);
	CHECK(nested_map(&nested, base, size));
	CHECK_EQ(nested.used, bits->pages_1g ? with_1g : without);
}

/* The largest pages that fit are used, so that tables are few. */
static void largest_pages(const struct nested_bits *bits)
{
	uint64_t most = bits->pages_1g ? GIB : MIB2;
	uint64_t *entry;

	check_used(bits, 0, 4 * GIB, 2, 6);
	CHECK_EQ(look(3 * GIB).page_size, most);
	check_used(bits, 4 * GIB, 2 * GIB, 2, 4);
	check_used(bits, MIB2, GIB, 4, 4);
	CHECK_EQ(look(GIB).page_size, MIB2);
	check_used(bits, PAGE, MIB2, 5, 5);
	CHECK_EQ(look(PAGE).page_size, PAGE);
	check_used(bits, PAGE, 2 * GIB - 2 * PAGE, 6, 6);
	check_used(bits, TOP - GIB, GIB, 2, 3);
	CHECK_EQ(look(TOP - 1).page_size, most);

	start(bits);
	CHECK(nested_map(&nested, 0, 4 * GIB));
	entry = nested_entry(&nested, 3 * GIB + 7 * MIB2 + 5 * PAGE);
	*entry = 0x1234000 | bits->read_only;
	for (uint64_t page = 3 * GIB; page < 4 * GIB; page += PAGE) {
		bool ours = page == 3 * GIB + 7 * MIB2 + 5 * PAGE;

		CHECK_PAGE(look(page), ours ? 0x1234000 : page, !ours);
	}
	CHECK_EQ(look(3 * GIB + 8 * MIB2).page_size, MIB2);
	CHECK_EQ(look(2 * GIB).page_size, most);
}

int main(void)
{
	for (unsigned i = 0; i < sizeof(walk_bits) / sizeof(walk_bits[0]); i++) {
		largest_pages(&walk_bits[i]);
		for (check_round = 0; check_round < 500; check_round++) {
			random_tables(&walk_bits[i]);
			random_touches(&walk_bits[i]);
		}
	}
	printf("splits %u, out of pages %u, forgotten %u\n", splits, failures, forgotten);
	CHECK(splits > 1000 && failures > 100 && failures < 1900 && forgotten > 1000);
	return 0;
}
