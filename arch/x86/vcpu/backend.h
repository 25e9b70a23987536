/* SPDX-License-Identifier: BSD-2-Clause */
/* What the vendor-neutral part asks of the CPU backend, besides the guest's state (guest.h). */
#ifndef ARCH_X86_VCPU_BACKEND_H
#define ARCH_X86_VCPU_BACKEND_H

#include <stdint.h>

#include "arch/x86/vcpu/nested.h"

struct cpu;
struct guest_start;

/* How entries of the nested tables are written. */
const struct nested_bits *backend_nested_bits(void);

/* Sets the guest of this CPU to a state to begin with: as given, or as after INIT and a start-up IPI. */
void backend_set_start(struct cpu *cpu, const struct guest_start *start);
void backend_set_startup(struct cpu *cpu, uint8_t vector);

/* From here on no NMI comes in: backend_run() must follow soon. */
void backend_hold_nmis(void);

/* Runs the guest on the running CPU. */
void backend_run(struct cpu *cpu) __attribute__((noreturn));

/* After an NMI exit: lets the NMI come in, so that it is counted; also an INIT that is held back. */
void backend_take_nmi(void);

/* After EXIT_INIT: lets the processor take the INIT, and waits for it. */
void backend_take_init(void) __attribute__((noreturn));

#endif
