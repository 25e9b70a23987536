/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory for parsers on the host: one stretch of bytes at an address. Each look at it is
 * a copy of just the bytes that were asked for, so that the sanitizer sees a read beyond them.
 */
#ifndef HARNESS_TESTS_HOST_MEMORY_H
#define HARNESS_TESTS_HOST_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct {
	uint64_t base, size;
	uint8_t *bytes;
	void *views[65536];
	size_t view_count;
} memory;

/* The memory_view of this memory. */
__attribute__((unused)) static void *memory_at(uint64_t base, uint64_t size)
{
	void *copy;

	if (base < memory.base || base - memory.base > memory.size ||
	    size > memory.size - (base - memory.base) ||
	    memory.view_count == sizeof(memory.views) / sizeof(memory.views[0])) {
		return NULL;
	}
	copy = malloc(size);
	if (size) {
		memcpy(copy, memory.bytes + (base - memory.base), size);
	}
	memory.views[memory.view_count++] = copy;
	return copy;
}

/* Ends the lives of all copies. */
__attribute__((unused)) static void memory_forget(void)
{
	while (memory.view_count) {
		free(memory.views[--memory.view_count]);
	}
}

/* Little-endian numbers into the memory, by physical address. */
__attribute__((unused)) static void put(uint64_t address, uint64_t value, unsigned size)
{
	memcpy(memory.bytes + (address - memory.base), &value, size);
}

__attribute__((unused)) static void put_text(uint64_t address, const char *text)
{
	memcpy(memory.bytes + (address - memory.base), text, strlen(text) + 1);
}

#endif
