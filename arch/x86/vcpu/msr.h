/* SPDX-License-Identifier: BSD-2-Clause */
/* Model-specific registers that the guest does not reach by itself. */
#ifndef ARCH_X86_VCPU_MSR_H
#define ARCH_X86_VCPU_MSR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/x86/vcpu/vcpu.h"

struct cpu;

/* One line of the table. A handler gives back false where the guest gets #GP. */
struct msr_rule {
	uint32_t msr;
	bool (*read)(struct cpu *cpu, uint64_t *value); /* NULL: reads do not exit */
	bool (*write)(struct cpu *cpu, uint64_t value); /* NULL: writes do not exit */
	const char *reason;
};
extern const struct msr_rule msr_rules[];
extern const size_t msr_rule_count;

/* Handle EXIT_MSR_READ and EXIT_MSR_WRITE. */
void msr_read(struct cpu *cpu, const struct vcpu_exit *exit);
void msr_write(struct cpu *cpu, const struct vcpu_exit *exit);

#endif
