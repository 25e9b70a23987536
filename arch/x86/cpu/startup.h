/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting a CPU by a start-up IPI whose vector is the resident trampoline. */
#ifndef ARCH_X86_CPU_STARTUP_H
#define ARCH_X86_CPU_STARTUP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A CPU's start, as sender and target agree on it. The sender draws a token, sends, and waits until
 * the target has come with that token. A token is never used twice, so that a late report of an
 * earlier start is not taken for this one.
 */
struct cpu_start {
	uint32_t token;   /* written by the sender, before it sends; never 0 */
	uint32_t arrived; /* written by the target: the token that it found */
};

/* The last step of a CPU that starts, between paging and its own trail; 0: none. */
extern uint8_t restart_last;

struct cpu;

/*
 * Sends start-up IPIs to a CPU that has been sent INIT, until it arrives, for that long at most.
 * False: it did not. `relax` is called while waiting.
 */
bool cpu_start(struct cpu *target, uint32_t token, uint64_t microseconds, void (*relax)(void));

#endif
