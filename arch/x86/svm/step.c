/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction of the guest alone, by RFLAGS.TF, with interrupts held and every exception
 * intercepted. It is used for three things: an access to the APIC's page, which is let happen on
 * a scratch page under a second set of nested tables; a write to page 0, under a third; and the IRET
 * of an NMI handler.
 */
#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/pages.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/apic_watch.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/memory.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

#define ENTRIES 512
#define LEVELS 4

static uint64_t *page0_tables;
static uint32_t page0_generation;

INIT_TEXT bool svm_step_prepare_page0(void)
{
	page0_tables = pages_alloc(LEVELS);
	page0_generation = 0;
	return page0_tables;
}

INIT_TEXT bool svm_step_prepare(struct svm_cpu *svm, struct cpu *cpu)
{
	uint64_t *scratch = pages_alloc(1);

	svm->step.tables = pages_alloc(LEVELS);
	if (!svm->step.tables || !scratch) {
		return false;
	}
	svm->step.root = pages_physical(svm->step.tables);
	svm->step.readable = pages_physical(scratch) | guest_memory.bits->read_only;
	svm->step.writable = pages_physical(scratch) | guest_memory.bits->read_write;
	cpu->vcpu.apic_access.scratch = scratch;
	return true;
}

/*
 * The tables on the way to an address, as copies of the guest's, each pointing to the next. Gives
 * back the entry of the address in the last.
 */
static uint64_t *copy_path(uint64_t *to, uint64_t address)
{
	const uint64_t *from = guest_memory.root;

	for (unsigned level = LEVELS;; level--, to += ENTRIES) {
		unsigned slot = address >> (12 + 9 * (level - 1)) & (ENTRIES - 1);

		memcpy(to, from, ENTRIES * sizeof(*to));
		if (level == 1) {
			return &to[slot];
		}
		from = (const uint64_t *)((from[slot] & PAGE_ADDRESS) - guest_memory.to_physical);
		to[slot] = pages_physical(to + ENTRIES) | guest_memory.bits->table;
	}
}

static RARE void copy_tables(struct svm_cpu *svm)
{
	/* Before the copy: what changes meanwhile is copied next time. */
	svm->step.generation = __atomic_load_n(&guest_memory.generation, __ATOMIC_ACQUIRE);
	svm->step.entry = copy_path(svm->step.tables, apic_base);
}

/* One set for all CPUs: what it shows is the same for every one. */
static void copy_page0_tables(void)
{
	if (page0_generation != guest_memory.generation) {
		page0_generation = __atomic_load_n(&guest_memory.generation, __ATOMIC_ACQUIRE);
		*copy_path(page0_tables, 0) = guest_memory.bits->read_write;
	}
}

void svm_step_tables_changed(struct svm_cpu *svm)
{
	if (svm->step.reason == STEP_PAGE0) {
		copy_page0_tables();
	}
	if (svm->step.reason == STEP_SCRATCH && svm->step.generation != guest_memory.generation) {
		uint64_t entry = *svm->step.entry;

		copy_tables(svm);
		*svm->step.entry = entry;
	}
}

/*
 * The second tables have address space ids of their own. Each step starts with nothing cached:
 * by a flush of the id where the processor can flush one, by an id that was not used since the last
 * full flush where it cannot (APM volume 2, 15.16.1).
 */
static void fresh_asid(struct svm_cpu *svm)
{
	struct vmcb *vmcb = svm->vmcb;

	if (svm_features.flush_by_asid) {
		vmcb->asid = SVM_ASID_GUEST + 1;
		if (vmcb->tlb_control == TLB_CONTROL_NOTHING) {
			vmcb->tlb_control = TLB_CONTROL_FLUSH_GUEST;
		}
		return;
	}
	svm->step.asid++;
	if (svm->step.asid <= SVM_ASID_GUEST || svm->step.asid >= svm_features.asids) {
		svm->step.asid = SVM_ASID_GUEST + 1;
		vmcb->tlb_control = TLB_CONTROL_FLUSH_ALL;
	}
	vmcb->asid = svm->step.asid;
}

static RARE void set_branch_steps(bool on)
{
	uint64_t debugctl = rdmsr(MSR_DEBUGCTL) & ~(uint64_t)DEBUGCTL_BTF;

	wrmsr(MSR_DEBUGCTL, debugctl | (on ? DEBUGCTL_BTF : 0));
}

static inline void begin(struct svm_cpu *svm, enum svm_step reason)
{
	struct vmcb *vmcb = svm->vmcb;

	svm->step.reason = reason;
	svm->step.flags = vmcb->rflags & (RFLAGS_TF | RFLAGS_IF);
	svm->step.dr6 = vmcb->dr6;
	/* With BTF a trap would come at the next branch only (APM volume 2, 13.1.1.6). */
	if (svm->step.branches) {
		set_branch_steps(false);
	}
	vmcb->rflags = (vmcb->rflags & ~(uint64_t)RFLAGS_IF) | RFLAGS_TF;
	vmcb->intercept_exceptions = ~0u;
}

void svm_step_nmi_return(struct svm_cpu *svm)
{
	begin(svm, STEP_NMI_RETURN);
}

void guest_step_on_scratch(struct cpu *cpu, bool writable)
{
	struct svm_cpu *svm = cpu->svm;

	if (svm->step.generation != guest_memory.generation) {
		copy_tables(svm);
	}
	if (svm->step.reason == STEP_NOT) {
		begin(svm, STEP_SCRATCH);
	}
	svm->vmcb->nested_cr3 = svm->step.root;
	*svm->step.entry = writable ? svm->step.writable : svm->step.readable;
	fresh_asid(svm);
}

void guest_step_on_page0(struct cpu *cpu)
{
	struct svm_cpu *svm = cpu->svm;

	copy_page0_tables();
	if (svm->step.reason == STEP_NOT) {
		begin(svm, STEP_PAGE0);
		svm->vmcb->nested_cr3 = pages_physical(page0_tables);
	} else {
		/* An instruction that has to do with both pages: the lowest GiB of one set in the other. */
		copy_tables(svm);
		*svm->step.entry = svm->step.writable;
		svm->step.tables[ENTRIES] = page0_tables[ENTRIES];
		svm->step.generation = 0;
		svm->vmcb->nested_cr3 = svm->step.root;
	}
	fresh_asid(svm);
}

static void step_end(struct svm_cpu *svm)
{
	struct vmcb *vmcb = svm->vmcb;

	vmcb->intercept_exceptions = 0;
	vmcb->nested_cr3 = svm_guest_root;
	vmcb->asid = SVM_ASID_GUEST;
	svm->step.reason = STEP_NOT;
	if (svm->step.branches) {
		set_branch_steps(true);
	}
}

/* TF and IF as the guest has them: the instruction ran with ours. */
static void restore_flags(struct svm_cpu *svm)
{
	struct vmcb *vmcb = svm->vmcb;

	vmcb->rflags = (vmcb->rflags & ~(uint64_t)(RFLAGS_TF | RFLAGS_IF)) | svm->step.flags;
}

/* The #DB that ended the step is ours, unless the guest would have had one as well. */
static void pass_debug_on(struct svm_cpu *svm, struct cpu *cpu)
{
	struct vmcb *vmcb = svm->vmcb;
	uint64_t hits = vmcb->dr6 & ~svm->step.dr6 & DR6_B0123, single_step = svm->step.flags & RFLAGS_TF;

	vmcb->dr6 = svm->step.dr6;
	if (hits | single_step) {
		vmcb->dr6 |= hits | (single_step ? DR6_BS : 0);
		guest_inject_exception(cpu, VECTOR_DB);
	}
}

/* The instruction did not happen: the exception is the guest's, with its own flags. */
static void pass_exception_on(struct svm_cpu *svm, struct cpu *cpu, uint8_t vector)
{
	struct vmcb *vmcb = svm->vmcb;

	restore_flags(svm);
	vmcb->dr6 = svm->step.dr6;
	if (vector == VECTOR_PF) {
		vmcb->cr2 = vmcb->exitinfo2;
	}
	if (EXCEPTIONS_WITH_ERROR_CODE >> vector & 1) {
		guest_inject_exception_code(cpu, vector, (uint32_t)vmcb->exitinfo1);
	} else {
		guest_inject_exception(cpu, vector);
	}
}

static RARE void step_failed(struct svm_cpu *svm, struct cpu *cpu, uint8_t vector)
{
	if (svm->step.reason == STEP_NMI_RETURN) {
		/* The handler still runs: the next IRET may be the one. */
		svm->vmcb->intercept3 |= INTERCEPT_IRET;
	}
	cpu->vcpu.apic_access.active = false;
	step_end(svm);
	pass_exception_on(svm, cpu, vector);
	svm_nmi_deliver(svm);
}

void guest_step_ended(struct cpu *cpu, const struct vcpu_exit *exit)
{
	struct svm_cpu *svm = cpu->svm;
	bool nmi_return = svm->step.reason == STEP_NMI_RETURN;

	if (exit->code != VMEXIT_EXCEPTION + VECTOR_DB) {
		step_failed(svm, cpu, (uint8_t)(exit->code - VMEXIT_EXCEPTION));
		return;
	}
	step_end(svm);
	if (nmi_return) {
		/* The flags are those that IRET loaded. */
		svm->vmcb->dr6 = svm->step.dr6;
		svm->nmi.in_handler = false;
		cpu->vcpu.apic_access.active = false; /* its stack may have been in the APIC's page */
	} else {
		restore_flags(svm);
		pass_debug_on(svm, cpu);
		if (cpu->vcpu.apic_access.active) {
			apic_access_done(cpu);
		}
	}
	if (svm->nmi.waits) {
		svm_nmi_deliver(svm);
	}
}
