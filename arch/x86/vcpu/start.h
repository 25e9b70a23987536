/* SPDX-License-Identifier: BSD-2-Clause */
/* How the boot processor starts the guest: filled by the payload, read by the CPU backend. */
#ifndef ARCH_X86_VCPU_START_H
#define ARCH_X86_VCPU_START_H

#include <stdint.h>

/*
 * 64-bit mode, paging on with `cr3`, interrupts off. CS is a 64-bit code segment, DS, ES and SS are
 * flat data segments, all of privilege level 0 and as the GDT has them. General registers that are
 * not named here are 0.
 */
struct guest_start {
	uint64_t rip, rsi, cr3;
	uint64_t gdt_base;
	uint16_t gdt_limit;
	uint16_t cs, ds; /* selectors */
};

/* Provided by the capability `guest_start`. */
extern struct guest_start guest_start;

#endif
