/* SPDX-License-Identifier: BSD-2-Clause */
/* Model-specific registers that the guest does not reach by itself. */
#ifndef ARCH_X86_VCPU_MSR_H
#define ARCH_X86_VCPU_MSR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/x86/vcpu/vcpu.h"

struct cpu;

/* One line of the table. */
struct msr_rule {
	uint32_t msr;
	uint64_t (*read)(struct cpu *cpu); /* NULL: these accesses do not exit */
	bool (*write)(struct cpu *cpu, uint32_t msr, uint64_t value); /* the same; false: #GP */
	const char *reason;
};
extern const struct msr_rule msr_rules[];
extern const size_t msr_rule_count;

/* Handles EXIT_MSR. */
void msr_exit(struct cpu *cpu, const struct vcpu_exit *exit);

#endif
