/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial line (COM1, polled), and the ways in which a run ends. */
#ifndef TINY_LIB_PRINT_H
#define TINY_LIB_PRINT_H

#include <stdint.h>

void serial_init(void);

/* %d %u %x %lu %lx %s %c %%, with a width and `0`. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The name that stands in the lines PASS, FAIL and SKIP. */
extern const char *test_name;

/* Ends the run: the line "FAIL name: why", and the machine off with status FAIL. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the run: the line "SKIP name: why"; this machine has not got what is tested. */
_Noreturn void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the run: the line "PASS name". */
_Noreturn void pass(void);

#define EXPECT(condition, ...)             \
	do {                               \
		if (!(condition)) {        \
			fail(__VA_ARGS__); \
		}                          \
	} while (0)

/* Expects two numbers to be equal and prints both where they are not. */
#define EXPECT_EQUAL(what, got, want)                                  \
	do {                                                           \
		uint64_t got_ = (got), want_ = (want);                 \
		if (got_ != want_) {                                   \
			fail("%s is %lx, not %lx", what, got_, want_); \
		}                                                      \
	} while (0)

#endif
