/* SPDX-License-Identifier: BSD-2-Clause */
/* The instructions that access a register of the local APIC, one by one. */
#ifndef TINY_TESTS_APIC_ACCESSES_H
#define TINY_TESTS_APIC_ACCESSES_H

#include <stdint.h>

/* The register holds a before; both results are compared after the access. */
struct access {
	volatile uint32_t *reg;
	uint32_t a, b;
	uint32_t want;          /* what the register holds then */
	uint32_t got, got_want; /* what came out of the access */
};

struct form {
	const char *name;
	void (*run)(struct access *x);
};
extern const struct form forms[];
extern const unsigned form_count;

#endif
