/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory: what its physical addresses are. */
#ifndef ARCH_X86_VCPU_MEMORY_H
#define ARCH_X86_VCPU_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86/vcpu/nested.h"

struct cpu;
struct vcpu_exit;

/* The nested tables that every CPU uses; the backend's step roots are copies with a difference. */
extern struct nested guest_memory;

/* The local APIC's page: there, or absent so that accesses exit. */
void memory_set_apic_page(bool present);

/* Page 0: writable, or read-only so that writes exit. */
void memory_set_page0_writable(bool writable);

/*
 * True for an address that the guest may reach: not the hypervisor's own, and of the width that
 * nested tables and the processor take. Above that width lie, where memory encryption is on, other
 * names of the same memory.
 */
bool memory_is_guests(uint64_t address);

/* Handles EXIT_NESTED_FAULT. */
void memory_fault(struct cpu *cpu, const struct vcpu_exit *exit);

#endif
