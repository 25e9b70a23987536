/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the framework asks of the machine that it runs on. arch/ implements it for the product,
 * harness/tests/host/ for the host.
 */
#ifndef PHASES_MACHINE_H
#define PHASES_MACHINE_H

#include <stdint.h>

/* The running CPU: 0 is the boot processor, the others are numbered as the firmware lists them. */
unsigned machine_cpu(void);

/*
 * A counter that never goes back, about the same on every CPU (firmware sets it so; a guest may set
 * it otherwise), and its rate; 0 while nobody knows it.
 */
uint64_t machine_ticks(void);
uint64_t machine_ticks_per_ms(void);

/* Waits a moment for another CPU's write. */
void machine_relax(void);

/* Stops this CPU for good. */
void machine_halt(void) __attribute__((noreturn));

/* Resets the machine by the first way that works. */
void machine_reset(void) __attribute__((noreturn));

#endif
