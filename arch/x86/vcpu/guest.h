/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's state on the running CPU, as the vendor-neutral part reads and changes it. The
 * backend implements this (svm/guest.c). All calls are for the CPU that handles an exit.
 */
#ifndef ARCH_X86_VCPU_GUEST_H
#define ARCH_X86_VCPU_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86/vcpu/vcpu.h"

struct cpu;

/* The instruction that exited is done: goes on behind it; a single-stepping guest gets its #DB. */
void guest_skip_instruction(struct cpu *cpu);

/* Makes the guest take an exception before its next instruction. */
void guest_inject_exception(struct cpu *cpu, uint8_t vector);
void guest_inject_exception_code(struct cpu *cpu, uint8_t vector, uint32_t error_code);

/*
 * After an NMI exit; true: the NMI was the guest's. It gets it now, or as soon as it can take one;
 * a second one that waits merges with the first.
 */
void guest_nmi_taken(struct cpu *cpu, bool guests);

/* Handle EXIT_NMI_RETURN and EXIT_STEP. */
void guest_nmi_returns(struct cpu *cpu, const struct vcpu_exit *exit);
void guest_step_ended(struct cpu *cpu, const struct vcpu_exit *exit);

/* Handles EXIT_BAD_STATE. */
void guest_bad_state(struct cpu *cpu, const struct vcpu_exit *exit);

/* Before the next entry, cached translations of this guest on this CPU are dropped. */
void guest_flush(struct cpu *cpu);

/*
 * Lets the instruction that exited run alone, interrupts held, with the CPU's scratch page
 * (vcpu.apic_access.scratch) in the place of the APIC's: writable, or so that a write exits.
 * Called again while it runs, it only changes that. When the instruction is done,
 * apic_access_done() is called; where it ends in an exception, that goes to the guest.
 */
void guest_step_on_scratch(struct cpu *cpu, bool writable);

/*
 * With the guest lock held: lets the instruction that exited run alone, with page 0 writable for it
 * and for no other CPU.
 */
void guest_step_on_page0(struct cpu *cpu);

/* MSR exits: on or off for one MSR that the permission map can name, on all CPUs. */
void guest_watch_msr(uint32_t msr, bool read, bool write);

#endif
