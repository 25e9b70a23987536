/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/panic/symbols.h"

#include "phases/memory/string.h"

static uint32_t read_u32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

const char *symbol_lookup(const void *table, size_t size, uint32_t offset, uint32_t *into)
{
	const char *offsets = (const char *)table + 4, *name_offsets, *names;
	size_t count, names_size, low = 0, high, name;

	if (size < 4) {
		return NULL;
	}
	count = read_u32(table);
	if (count > (size - 4) / 8) {
		return NULL;
	}
	name_offsets = offsets + count * 4;
	names = name_offsets + count * 4;
	names_size = size - 4 - count * 8;

	/* What begins at or before the offset: [0, low); behind it: [high, count). */
	for (high = count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (read_u32(offsets + middle * 4) <= offset) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (!low) {
		return NULL;
	}
	name = read_u32(name_offsets + (low - 1) * 4);
	if (name >= names_size || !memchr(names + name, '\0', names_size - name)) {
		return NULL;
	}
	*into = offset - read_u32(offsets + (low - 1) * 4);
	return names + name;
}
