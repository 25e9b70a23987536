/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers that always exit under SVM: it is hidden as firmware hides it. */
#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/apic_watch.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/msr.h"
#include "phases/log/log.h"

/* A guest that tries again and again does not fill the log. */
#define LOGGED_MOST 8

/* The guest runs with SVME set, and reads EFER without it. */
static uint64_t read_efer(struct cpu *cpu)
{
	return cpu->svm->vmcb->efer & ~(uint64_t)EFER_SVME;
}

/*
 * Lets the processor decide which bits it takes; its own EFER is back before anything uses it.
 * QEMU drops bits that it does not know instead of giving #GP, and then refuses them at VMRUN.
 */
static bool efer_is_valid(uint64_t value)
{
	uint64_t host = rdmsr(MSR_EFER), ours = EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME;
	uint64_t tried = (value & ~ours) | (host & ours);
	bool valid = wrmsr_safe(MSR_EFER, tried) && rdmsr(MSR_EFER) == tried;

	wrmsr(MSR_EFER, host);
	return valid;
}

static bool write_efer(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	uint64_t old = read_efer(cpu);
	bool paging = cpu->svm->vmcb->cr0 & CR0_PG;

	(void)msr;
	if (value & EFER_SVME || (paging && (value ^ old) & EFER_LME) || !efer_is_valid(value)) {
		return false;
	}
	cpu->svm->vmcb->efer = (value & ~(uint64_t)EFER_LMA) | (old & EFER_LMA) | EFER_SVME;
	if ((value ^ old) & (EFER_LME | EFER_NXE)) {
		/* Translations of the old kind may be cached (APM volume 2, 15.16). */
		guest_flush(cpu);
	}
	return true;
}

/* Locked, and off: as firmware leaves it where virtualisation is turned off. */
static uint64_t read_vm_cr(struct cpu *cpu)
{
	(void)cpu;
	return VM_CR_LOCK | VM_CR_SVMDIS;
}

static uint64_t read_zero(struct cpu *cpu)
{
	(void)cpu;
	return 0;
}

static bool write_ignored(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	(void)cpu;
	(void)msr;
	(void)value;
	return true;
}

/* As where firmware has locked system management mode (HWCR.SmmLock). */
static bool write_refused(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	(void)cpu;
	(void)msr;
	(void)value;
	return false;
}

/* What firmware has set up stays: the same value again is accepted. */
static bool write_kept(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	uint64_t old;

	(void)cpu;
	return rdmsr_safe(msr, &old) && value == old;
}

static bool write_syscfg(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	uint64_t old;

	(void)cpu;
	return rdmsr_safe(msr, &old) && !((value ^ old) & SYSCFG_ADDRESSES) &&
	       wrmsr_safe(msr, value);
}

/*
 * The page stays where it is, and the processor the boot processor that it is or is not. The APIC
 * is how this CPU is reached: a guest that turns it off has one that was turned off and on again.
 */
static bool write_apic_base(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	uint64_t old = rdmsr(msr);

	(void)cpu;
	if ((value & APIC_BASE_ADDRESS) != apic_base) {
		static unsigned logged;

		if (logged++ < LOGGED_MOST) {
			log_print(LOG_WARNING, "the guest moves the local APIC's page to %#llx: refused",
				  (unsigned long long)(value & APIC_BASE_ADDRESS));
		}
		return false;
	}
	value = (value & ~(uint64_t)APIC_BASE_BSC) | (old & APIC_BASE_BSC);
	return wrmsr_safe(msr, value) &&
	       (value & APIC_BASE_EN || wrmsr_safe(msr, value | APIC_BASE_EN));
}

static bool write_debugctl(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	if (!wrmsr_safe(msr, value)) {
		return false;
	}
	cpu->svm->step.branches = value & DEBUGCTL_BTF;
	return true;
}

static bool write_x2apic_icr(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	(void)msr;
	return apic_watch_x2apic_icr(cpu, value);
}

const struct msr_rule msr_rules[] = {
	{MSR_EFER, read_efer, write_efer, "SVME is ours: hidden, and kept"},
	{MSR_VM_CR, read_vm_cr, write_ignored, "SVM reads as locked off by firmware"},
	{MSR_VM_HSAVE_PA, read_zero, write_ignored,
	 "our page; Linux writes 0 at power-off although SVM is locked off"},
	{MSR_APIC_BASE, NULL, write_apic_base, "the watch is bound to the APIC page's address"},
	{MSR_DEBUGCTL, NULL, write_debugctl, "BTF would break our single steps"},
	{MSR_SYSCFG, NULL, write_syscfg, "memory encryption would give our memory other names"},
	{MSR_IORR_BASE0, NULL, write_kept, "it could lay devices over our memory, as all below"},
	{MSR_IORR_MASK0, NULL, write_kept, "see above"},
	{MSR_IORR_BASE1, NULL, write_kept, "see above"},
	{MSR_IORR_MASK1, NULL, write_kept, "see above"},
	{MSR_TOP_MEM, NULL, write_kept, "see above"},
	{MSR_TOP_MEM2, NULL, write_kept, "see above"},
	{MSR_MMIO_CFG_BASE, NULL, write_kept, "see above"},
	{MSR_SVM_KEY, NULL, write_ignored, "it could unlock VM_CR"},
	{MSR_IGNNE, NULL, write_ignored, "it is not saved with the guest's state"},
	{MSR_X2APIC_ICR, NULL, write_x2apic_icr, "start-up IPIs in x2APIC mode; only while watched"},
	{MSR_SMM_CTL, NULL, write_refused, "it could change how INIT, SMI and RSM behave"},
	{MSR_SMM_ADDR, NULL, write_refused, "a system management handler runs outside of the guest"},
	{MSR_SMM_MASK, NULL, write_refused, "a system management handler runs outside of the guest"},
};
const size_t msr_rule_count = sizeof(msr_rules) / sizeof(msr_rules[0]);
