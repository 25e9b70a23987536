/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trail: which steps (phases/phase.h) each CPU has taken since its start. The build gives each
 * step its number, the symbol step_number_NAME; runner_step_names[] says what a number means.
 */
#ifndef ARCH_X86_ENTRY_TRAIL_H
#define ARCH_X86_ENTRY_TRAIL_H

#ifdef __ASSEMBLER__

/* Straight-line code knows how many steps it has taken. Of the rest only flags change. */

/* The running CPU is the boot processor, and this is its step number `n`, from 1. AT: a symbol's place. */
#define TRAIL_BOOT(name, n, AT)                                    \
	movb	$step_number_##name, AT(boot_cpu + CPU_TRAIL + n) ; \
	movb	$n, AT(boot_cpu + CPU_TRAIL)

/*
 * The CPU does not know who it is: four steps, the last one in the lowest byte of a register, and at
 * `place` for whoever waits for the CPU.
 */
#define TRAIL_KEEP(name, register, place)     \
	shl	$8, register ;                \
	or	$step_number_##name, register ; \
	movb	$step_number_##name, place

/* It knows: those four are its trail, which begins anew. */
#define TRAIL_STORE(register, cpu)               \
	bswap	register ;                       \
	mov	register, (CPU_TRAIL + 1)(cpu) ; \
	movb	$4, CPU_TRAIL(cpu)

#else /* C */

#include <stdint.h>

#define TRAIL_STEPS 15

struct trail {
	uint8_t count; /* of the steps taken */
	uint8_t steps[TRAIL_STEPS];
};

static inline void trail_add(struct trail *trail, uint8_t number)
{
	if (trail->count < TRAIL_STEPS) {
		trail->steps[trail->count++] = number;
	}
}

#define TRAIL_STEP(trail, name)                                          \
	do {                                                             \
		extern const char step_number_##name[];                  \
		trail_add(trail, (uint8_t)(uintptr_t)step_number_##name); \
	} while (0)

#endif
#endif
