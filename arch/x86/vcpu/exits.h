/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of exits: what is done for each kind. */
#ifndef ARCH_X86_VCPU_EXITS_H
#define ARCH_X86_VCPU_EXITS_H

#include "arch/x86/vcpu/vcpu.h"

struct cpu;

/* Handles an exit that the backend has decoded. */
void exit_handle(struct cpu *cpu, const struct vcpu_exit *exit);

#endif
