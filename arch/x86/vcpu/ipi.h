/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's interrupt commands: most go to the APIC as they are; INIT, start-up IPIs, and NMIs to
 * CPUs that wait for a start-up IPI, are what keeps every CPU under the hypervisor.
 */
#ifndef ARCH_X86_VCPU_IPI_H
#define ARCH_X86_VCPU_IPI_H

#include <stdbool.h>

#include "arch/x86/vcpu/icr.h"

struct cpu;

/* Does what the guest on the running CPU just commanded. */
void ipi_send(struct cpu *cpu, const struct icr_command *command);

/* True while a CPU has got INIT and waits for a start-up IPI. */
bool ipi_anyone_waits(void);

/* The running CPU has got an INIT that nobody of us saw being sent. */
void ipi_init_arrived(struct cpu *cpu);

#endif
