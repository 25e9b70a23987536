/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of exits: what is done for each kind. */
#ifndef ARCH_X86_VCPU_EXITS_H
#define ARCH_X86_VCPU_EXITS_H

#include "arch/x86/cpu/percpu.h"

extern void (*const exit_handlers[EXIT_KINDS])(struct cpu *, const struct vcpu_exit *);

/* Handles an exit that the backend has decoded. */
static inline void exit_handle(struct cpu *cpu, const struct vcpu_exit *exit)
{
	cpu->vcpu.exits[exit->kind]++;
	exit_handlers[exit->kind](cpu, exit);
}

#endif
