/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/memory/string.h"

#include <stdint.h>

/* Eight bytes at any address, of any type. */
typedef uint64_t __attribute__((aligned(1), may_alias)) word;

/*
 * Compilers know a loop that copies when they see one and make it a call of memcpy(), which inside
 * memcpy() would not end. An empty statement that might change the pointer stops that.
 */
#define KEEP_LOOP(pointer) __asm__("" : "+r"(pointer))

static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
	for (; size >= 32; size -= 32, to += 32, from += 32) {
		uint64_t a = ((const word *)from)[0], b = ((const word *)from)[1];
		uint64_t c = ((const word *)from)[2], d = ((const word *)from)[3];

		((word *)to)[0] = a;
		((word *)to)[1] = b;
		((word *)to)[2] = c;
		((word *)to)[3] = d;
		KEEP_LOOP(to);
	}
	for (; size >= 8; size -= 8, to += 8, from += 8) {
		*(word *)to = *(const word *)from;
		KEEP_LOOP(to);
	}
	for (; size; size--) {
		*to++ = *from++;
		KEEP_LOOP(to);
	}
}

/* From the last byte to the first; both pointers are behind the end. */
static void copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
	for (; size >= 32; size -= 32) {
		uint64_t a, b, c, d;

		to -= 32;
		from -= 32;
		a = ((const word *)from)[0];
		b = ((const word *)from)[1];
		c = ((const word *)from)[2];
		d = ((const word *)from)[3];
		((word *)to)[0] = a;
		((word *)to)[1] = b;
		((word *)to)[2] = c;
		((word *)to)[3] = d;
		KEEP_LOOP(to);
	}
	for (; size >= 8; size -= 8) {
		to -= 8;
		from -= 8;
		*(word *)to = *(const word *)from;
		KEEP_LOOP(to);
	}
	for (; size; size--) {
		*--to = *--from;
		KEEP_LOOP(to);
	}
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	copy_up(to, from, size);
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to - (uintptr_t)from >= size) {
		copy_up(to, from, size);
	} else {
		copy_down((unsigned char *)to + size, (const unsigned char *)from + size, size);
	}
	return to;
}

void *memset(void *to, int value, size_t size)
{
	unsigned char *at = to;
	uint64_t bytes = (unsigned char)value * 0x0101010101010101ull;

	for (; size >= 32; size -= 32, at += 32) {
		((word *)at)[0] = bytes;
		((word *)at)[1] = bytes;
		((word *)at)[2] = bytes;
		((word *)at)[3] = bytes;
		KEEP_LOOP(at);
	}
	for (; size >= 8; size -= 8, at += 8) {
		*(word *)at = bytes;
		KEEP_LOOP(at);
	}
	for (; size; size--) {
		*at++ = (unsigned char)value;
		KEEP_LOOP(at);
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size >= 8 && *(const word *)x == *(const word *)y; size -= 8) {
		x += 8;
		y += 8;
	}
	for (; size; size--, x++, y++) {
		if (*x != *y) {
			return *x - *y;
		}
	}
	return 0;
}

void *memchr(const void *memory, int value, size_t size)
{
	for (const unsigned char *at = memory; size; size--, at++) {
		if (*at == (unsigned char)value) {
			return (void *)(uintptr_t)at;
		}
	}
	return NULL;
}

size_t strlen(const char *text)
{
	const char *end = text;

	while (*end) {
		end++;
		KEEP_LOOP(end);
	}
	return (size_t)(end - text);
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}
