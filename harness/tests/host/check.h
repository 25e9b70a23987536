/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests that run on the host: checks that end the program, and reproducible random numbers. */
#ifndef HARNESS_TESTS_HOST_CHECK_H
#define HARNESS_TESTS_HOST_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a failed check says beside its condition: set it to the round or the case. */
static const char *check_case = "";
static unsigned long check_round;

#define CHECK(condition)                                                                    \
	do {                                                                                \
		if (!(condition)) {                                                         \
			fprintf(stderr, "%s:%d: CHECK failed: %s (case '%s', round %lu)\n", \
				__FILE__, __LINE__, #condition, check_case, check_round);   \
			abort();                                                            \
		}                                                                           \
	} while (0)

/* Equal numbers; both are printed where they differ. */
#define CHECK_EQ(a, b)                                                                            \
	do {                                                                                      \
		unsigned long long check_a = (a), check_b = (b);                                  \
		if (check_a != check_b) {                                                         \
			fprintf(stderr, "%s:%d: %s is %#llx, not %#llx (case '%s', round %lu)\n", \
				__FILE__, __LINE__, #a, check_a, check_b, check_case,             \
				check_round);                                                     \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

/* An error text (NULL: none) that must hold these words; NULL: there must be none. */
__attribute__((unused)) static void check_error(const char *error, const char *words, int line)
{
	if (words ? error && strstr(error, words) : !error) {
		return;
	}
	fprintf(stderr, "line %d: the error is '%s', wanted '%s' (case '%s', round %lu)\n", line,
		error ? error : "(none)", words ? words : "(none)", check_case, check_round);
	abort();
}
#define CHECK_ERROR(error, words) check_error(error, words, __LINE__)
#define CHECK_OK(error)           check_error(error, NULL, __LINE__)

/* The same numbers in every run (xorshift64). */
static uint64_t check_seed = 0x9e3779b97f4a7c15;

__attribute__((unused)) static uint64_t check_random(uint64_t below)
{
	check_seed ^= check_seed << 13;
	check_seed ^= check_seed >> 7;
	check_seed ^= check_seed << 17;
	return (check_seed >> 11) % below;
}

#endif
