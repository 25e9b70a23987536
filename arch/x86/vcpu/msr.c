/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/msr.h"

#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/vcpu/apic_watch.h"
#include "arch/x86/vcpu/guest.h"
#include "phases/log/log.h"

/*
 * A register that exits only because the permission map cannot name it, or whose rule covers the
 * other direction only: it is the guest's, and the processor decides.
 */
static const struct msr_rule *rule_find(uint32_t msr)
{
	for (size_t i = 0; i < msr_rule_count; i++) {
		if (msr_rules[i].msr == msr) {
			return &msr_rules[i];
		}
	}
	return NULL;
}

static bool read(struct cpu *cpu, uint32_t msr, const struct vcpu_exit *exit)
{
	const struct msr_rule *rule = rule_find(msr);
	uint64_t value;

	if (rule && rule->read) {
		value = rule->read(cpu);
	} else if (!rdmsr_safe(msr, &value)) {
		return false;
	}
	*exit->rax = (uint32_t)value;
	exit->registers->rdx = value >> 32;
	return true;
}

static bool write(struct cpu *cpu, uint32_t msr, const struct vcpu_exit *exit)
{
	const struct msr_rule *rule = rule_find(msr);
	uint64_t value = exit->registers->rdx << 32 | (uint32_t)*exit->rax;

	return rule && rule->write ? rule->write(cpu, msr, value) : wrmsr_safe(msr, value);
}

void msr_exit(struct cpu *cpu, const struct vcpu_exit *exit)
{
	uint32_t msr = (uint32_t)exit->registers->rcx;
	bool done = exit->write ? write(cpu, msr, exit) : read(cpu, msr, exit);

	if (done) {
		guest_skip_instruction(cpu);
	} else {
		guest_inject_exception_code(cpu, VECTOR_GP, 0);
	}
}
