/* SPDX-License-Identifier: BSD-2-Clause */
/* flags: -fno-builtin */
/* Ours under names of their own, beside the C library's; -O1 here, so overlaps are what they are. */
#include "harness/tests/host/check.h"

#define memcpy  our_memcpy
#define memmove our_memmove
#define memset  our_memset
#define memcmp  our_memcmp
#define memchr  our_memchr
#define strlen  our_strlen
#define strcmp  our_strcmp
#include "phases/memory/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strcmp

#define SIZE 200
static unsigned char ours[SIZE], theirs[SIZE], from[SIZE];

static void fill(void)
{
	for (unsigned i = 0; i < SIZE; i++) {
		ours[i] = theirs[i] = (unsigned char)check_random(256);
		from[i] = (unsigned char)check_random(256);
	}
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void memory(size_t to, size_t at, size_t size)
{
	fill();
	CHECK(our_memcpy(ours + to, from + at, size) == ours + to);
	memcpy(theirs + to, from + at, size);
	CHECK(memcmp(ours, theirs, SIZE) == 0);

	CHECK(our_memmove(ours + to, ours + at, size) == ours + to);
	memmove(theirs + to, theirs + at, size);
	CHECK(memcmp(ours, theirs, SIZE) == 0);

	CHECK(our_memset(ours + to, (int)at + 0x300, size) == ours + to);
	memset(theirs + to, (int)at + 0x300, size);
	CHECK(memcmp(ours, theirs, SIZE) == 0);
}

static void compare(size_t a, size_t b, size_t size)
{
	fill();
	memcpy(ours + a, from + b, size);
	CHECK_EQ(our_memcmp(ours + a, from + b, size), 0);
	if (size) {
		ours[a + check_random(size)] ^= (unsigned char)(1 + check_random(255));
	}
	CHECK_EQ(sign(our_memcmp(ours + a, from + b, size)),
		 sign(memcmp(ours + a, from + b, size)));
	CHECK(our_memchr(ours + a, from[b], size) == memchr(ours + a, from[b], size));
}

static void texts(void)
{
	static const char *const words[] = { "", "a", "ab", "abc", "abd", "b", "\xff", "a\x80" };

	for (size_t i = 0; i < 64; i++) {
		const char *a = words[i % 8], *b = words[i / 8];

		CHECK_EQ(our_strlen(a), strlen(a));
		CHECK_EQ(sign(our_strcmp(a, b)), sign(strcmp(a, b)));
	}
}

int main(void)
{
	for (check_round = 0; check_round < 20000; check_round++) {
		size_t size = check_random(100);

		memory(check_random(SIZE - size), check_random(SIZE - size), size);
		compare(check_random(SIZE - size), check_random(SIZE - size), size);
	}
	texts();
	return 0;
}
