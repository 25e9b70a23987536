/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/log/format.c */
/* flags: -Wno-format -Wno-format-security */
#include "phases/log/format.h"

#include <limits.h>

#include "harness/tests/host/check.h"

static char text[256];

/* Where our printf and the C library's know the same, they agree. */
#define SAME(...)                                                                  \
	do {                                                                       \
		char want[256];                                                    \
		size_t length = (size_t)snprintf(want, sizeof(want), __VA_ARGS__); \
		check_case = want;                                                 \
		CHECK_EQ(format_text(text, sizeof(text), __VA_ARGS__), length);    \
		CHECK(strcmp(text, want) == 0);                                    \
	} while (0)

static void numbers(void)
{
	static const long values[] = { 0,       1,       -1,       7,        -42,      1000,
				       INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, 0xabcdef, UINT_MAX };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		long v = values[i];

		SAME("%d %i %u %x %X", (int)v, (int)v, (unsigned)v, (unsigned)v, (unsigned)v);
		SAME("%ld %lu %lx %lX %lli %llu", v, (unsigned long)v, (unsigned long)v,
		     (unsigned long)v, (long long)v, (unsigned long long)v);
		SAME("%zu|%zx|%zd", (size_t)v, (size_t)v, (ssize_t)v);
		SAME("%5d|%-5d|%05d|%-05d|", (int)v, (int)v, (int)v, (int)v);
		SAME("%20ld|%-20ld|%020ld|%016lx|", v, v, v, (unsigned long)v);
		SAME("%#x|%#lx|%#10x|%#010lx|%-#10x|", (unsigned)v, (unsigned long)v, (unsigned)v,
		     (unsigned long)v, (unsigned)v);
	}
	SAME("%p", (void *)0x12345678);
}

static void strings(void)
{
	static const char raw[4] = { 'F', 'A', 'C', 'P' }; /* no NUL: the precision is the limit */

	SAME("%s", "");
	SAME("plain");
	SAME("a %s b %s", "one", "two");
	SAME("%6s|%-6s|%2s", "abc", "abc", "abc");
	SAME("%.2s|%.0s|%.9s|%6.2s|%-6.2s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%.4s", raw);
	SAME("%c%c|%3c|%-3c|", 'x', 'y', 'z', 'z');
	SAME("100 %%");
	format_text(text, sizeof(text), "%s", (const char *)NULL);
	CHECK(strcmp(text, "(null)") == 0);
}

static void limits(void)
{
	memset(text, '#', sizeof(text));
	CHECK_EQ(format_text(text, 4, "%s", "abcdef"), 6);
	CHECK(memcmp(text, "abc\0#", 5) == 0);
	CHECK_EQ(format_text(text, 1, "abc"), 3);
	CHECK(memcmp(text, "\0bc", 3) == 0);
	CHECK_EQ(format_text(NULL, 0, "%d", 1234), 4);
	CHECK_EQ(format_text(text, sizeof(text), "%300d", 7), 300);
	CHECK_EQ(strlen(text), sizeof(text) - 1);
}

/* A format that ends early or has a letter that nobody knows is shown, and reads no arguments. */
static void nonsense(void)
{
	static const char *const formats[] = { "%", "%-", "%08", "%l", "%.", "%99999999999999d%" };
	const char *unknown = "%q|%5y|";

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]) - 1; i++) {
		CHECK_EQ(format_text(text, sizeof(text), formats[i]), 0);
	}
	CHECK(format_text(text, sizeof(text), formats[5], 1) < 100000);
	format_text(text, sizeof(text), unknown);
	CHECK(strcmp(text, "%q|%y|") == 0);
}

int main(void)
{
	numbers();
	strings();
	limits();
	nonsense();
	return 0;
}
