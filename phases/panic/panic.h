/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the hypervisor: everything known, on every console, then halt or reset (Kconfig). */
#ifndef PHASES_PANIC_PANIC_H
#define PHASES_PANIC_PANIC_H

#include <stddef.h>
#include <stdint.h>

/*
 * Prints the last lines of the log, the reason, a backtrace from here, the phase in progress and each CPU's last
 * exit. A panic in a panic halts.
 */
void panic(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/*
 * For exception handlers: the same in three parts, so that registers come in between.
 * panic_begin() gives back only on the first CPU that panics; the others stop in it.
 */
void panic_begin(void);
void panic_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void panic_backtrace(uint64_t rip, uint64_t rbp);
void panic_end(void) __attribute__((noreturn));

/* The function that holds an address: its name and the offset in it; NULL where nobody knows. */
const char *symbol_find(uint64_t address, uint64_t *offset);

/*
 * arch/ implements: stops the other CPUs (by the kick) and prints with panic_print() what each
 * was doing, and which steps this one has taken; and says whether a frame pointer may be read (mapped, aligned, on a stack of ours).
 */
void panic_other_cpus(void);
_Bool panic_frame_readable(uint64_t rbp);

#endif
