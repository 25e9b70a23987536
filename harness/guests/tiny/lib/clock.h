/* SPDX-License-Identifier: BSD-2-Clause */
/* Time by the TSC, whose rate is measured once against the PIT. */
#ifndef TINY_LIB_CLOCK_H
#define TINY_LIB_CLOCK_H

#include "harness/guests/tiny/lib/asm.h"

#include <stdbool.h>
#include <stdint.h>

void clock_init(void);
uint64_t now_us(void);
void delay_us(uint64_t us);

/* Waits until the condition holds; false after `us` microseconds. */
#define WAIT_FOR(condition, us)                           \
	({                                                \
		uint64_t end_ = now_us() + (us);          \
		while (!(condition) && now_us() < end_) { \
			pause();                          \
		}                                         \
		(condition);                              \
	})

#define LONG_US 20000000UL /* what must come comes within this, on a loaded machine as well */

#endif
