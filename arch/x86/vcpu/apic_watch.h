/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch over the guest's interrupt commands. While it is on, the local APIC's page is absent
 * from the nested tables (and the ICR's MSR exits), so that every access comes here and is let
 * happen on a scratch page. See SVM_SIPI_WATCH in Kconfig for when it is on.
 */
#ifndef ARCH_X86_VCPU_APIC_WATCH_H
#define ARCH_X86_VCPU_APIC_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct vcpu_exit;

/* With the guest lock held: turns the watch on, on every CPU, or notes that it stays on. */
void apic_watch_arm(struct cpu *cpu);

/* The guest starts or stops CPUs: the watch stays on for a while from now. */
void apic_watch_sign(void);

/* A nested fault on the APIC page. */
void apic_watch_fault(struct cpu *cpu, const struct vcpu_exit *exit);

/* A write to page 0, where the warm-reset vector is. */
void apic_watch_page0(struct cpu *cpu, const struct vcpu_exit *exit);

/* The stepped access is done: what it wrote reaches the APIC. */
void apic_access_done(struct cpu *cpu);

/* A write to the x2APIC's ICR. False if it gives #GP, as in xAPIC mode. */
bool apic_watch_x2apic_icr(struct cpu *cpu, uint64_t value);

#endif
