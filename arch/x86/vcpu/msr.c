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

void msr_read(struct cpu *cpu, const struct vcpu_exit *exit)
{
	struct guest_registers *registers = exit->registers;
	uint32_t msr = (uint32_t)registers->rcx;
	const struct msr_rule *rule = rule_find(msr);
	uint64_t value;

	if (!(rule && rule->read ? rule->read(cpu, &value) : rdmsr_safe(msr, &value))) {
		guest_inject_exception_code(cpu, VECTOR_GP, 0);
		return;
	}
	registers->rax = (uint32_t)value;
	registers->rdx = value >> 32;
	guest_skip_instruction(cpu);
}

void msr_write(struct cpu *cpu, const struct vcpu_exit *exit)
{
	struct guest_registers *registers = exit->registers;
	uint32_t msr = (uint32_t)registers->rcx;
	uint64_t value = registers->rdx << 32 | (uint32_t)registers->rax;
	const struct msr_rule *rule = rule_find(msr);

	if (!(rule && rule->write ? rule->write(cpu, value) : wrmsr_safe(msr, value))) {
		guest_inject_exception_code(cpu, VECTOR_GP, 0);
		return;
	}
	guest_skip_instruction(cpu);
}
