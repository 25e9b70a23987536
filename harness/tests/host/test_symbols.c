/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/panic/symbols.c */
#include "phases/panic/symbols.h"

#include "harness/tests/host/check.h"

/* A table on the heap, so that the sanitizer sees each byte that is read behind its end. */
static uint8_t *make(const uint32_t *words, size_t count, const char *names, size_t names_size,
		     size_t *size)
{
	uint8_t *table = malloc(count * 4 + names_size);

	memcpy(table, words, count * 4);
	memcpy(table + count * 4, names, names_size);
	*size = count * 4 + names_size;
	return table;
}

static void expect(const uint8_t *table, size_t size, uint32_t offset, const char *name,
		   uint32_t into)
{
	uint32_t got = 0;
	const char *found = symbol_lookup(table, size, offset, &got);

	CHECK(found && strcmp(found, name) == 0);
	CHECK_EQ(got, into);
}

static void whole(void)
{
	static const uint32_t words[] = { 3, 0x100, 0x180, 0x200, 0, 6, 4 };
	size_t size;
	uint8_t *table = make(words, 7, "one\0\0\0two", 10, &size);
	uint32_t into;

	CHECK(!symbol_lookup(table, size, 0, &into));
	CHECK(!symbol_lookup(table, size, 0xff, &into));
	expect(table, size, 0x100, "one", 0);
	expect(table, size, 0x17f, "one", 0x7f);
	expect(table, size, 0x180, "two", 0);
	expect(table, size, 0x1ff, "two", 0x7f);
	expect(table, size, 0x200, "", 0);
	expect(table, size, UINT32_MAX, "", UINT32_MAX - 0x200);
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *part = malloc(cut);

		memcpy(part, table, cut);
		CHECK(!symbol_lookup(part, cut, 0x190, &into));
		free(part);
	}
	free(table);
}

static void many(void)
{
	enum { COUNT = 1000 };
	static uint32_t words[1 + 2 * COUNT];
	static char names[COUNT * 8];
	size_t size;
	uint8_t *table;

	words[0] = COUNT;
	for (unsigned n = 0; n < COUNT; n++) {
		words[1 + n] = n * 16;
		words[1 + COUNT + n] = n * 8;
		snprintf(names + n * 8, 8, "f%u", n);
	}
	table = make(words, 1 + 2 * COUNT, names, sizeof(names), &size);
	for (unsigned n = 0; n < COUNT * 16; n += 5) {
		char name[16];

		snprintf(name, sizeof(name), "f%u", n / 16);
		expect(table, size, n, name, n % 16);
	}
	free(table);
}

/* Any bytes: no answer, or a name that ends inside the table. */
static void nonsense(void)
{
	for (check_round = 0; check_round < 100000; check_round++) {
		size_t size = check_random(64);
		uint8_t *table = malloc(size);
		uint32_t into;
		const char *name;

		for (size_t i = 0; i < size; i++) {
			table[i] = check_random(2) ? (uint8_t)check_random(8) : 0;
		}
		name = symbol_lookup(table, size, (uint32_t)check_random(2000), &into);
		CHECK(!name || strlen(name) < size);
		free(table);
	}
}

int main(void)
{
	static const uint32_t none[] = { 0 }, huge[] = { 0xffffffff, 0, 0 };
	uint32_t into;

	CHECK(!symbol_lookup(none, sizeof(none), 5, &into));
	CHECK(!symbol_lookup(huge, sizeof(huge), 5, &into));
	whole();
	many();
	nonsense();
	return 0;
}
