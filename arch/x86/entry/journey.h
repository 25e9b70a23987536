/* SPDX-License-Identifier: BSD-2-Clause */
/* The journeys: the whole way of a CPU from its first C function to the guest. */
#ifndef ARCH_X86_ENTRY_JOURNEY_H
#define ARCH_X86_ENTRY_JOURNEY_H

#include <stdint.h>

struct cpu;

/* The time-stamp counter at our first instruction (entry/multiboot.S). */
extern uint64_t entry_ticks;

/* The boot processor, from entry/multiboot.S; the image was loaded at this physical address. */
void journey_bsp(uint32_t load_address) __attribute__((noreturn));

/* Every other CPU, from entry/trampoline.S, at its first start and whenever it starts again. */
void journey_ap(struct cpu *cpu) __attribute__((noreturn));

#endif
