/* SPDX-License-Identifier: BSD-2-Clause */
/* Turning SVM on. */
#include "arch/x86/cpu/cpuid.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/pages.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/detect.h"
#include "arch/x86/svm/legal.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/backend.h"
#include "config/SVM_CHECK_VMCB.h"
#include "phases/panic/panic.h"
#include "phases/phase.h"

PHASE(svm_features, global, svm_features_init, .vital = true,
      .does = "checks that the processor has SVM with nested paging, and that firmware has left it "
	      "usable");
PHASE_WANTS(svm_features, console, "where it refuses, somebody must read why");
PHASE_PROVIDES(svm_features, cpu_backend);
PHASE_SETS(svm_features, cpu_svm);

PHASE(svm_same, ap, svm_same_check, .vital = true,
      .does = "checks that this CPU's SVM is the boot processor's");
PHASE_ONLY(svm_same, cpu_svm);
PHASE_NEEDS(svm_same, svm_features, "it is compared with what the boot processor has");

static void svm_enable_undo(void)
{
	wrmsr(MSR_VM_HSAVE_PA, this_cpu()->svm->found_host_save);
	wrmsr(MSR_EFER, this_cpu()->svm->found_efer);
}

PHASE(svm_enable, pcpu, svm_enable_init, .vital = true, .undo = svm_enable_undo,
      .does = "sets EFER.SVME and gives the processor its page for the host's state");
PHASE_ONLY(svm_enable, cpu_svm);
PHASE_NEEDS(svm_enable, svm_features, "setting EFER.SVME faults where SVM is off");
PHASE_NEEDS(svm_enable, svm_cpu, "the page is part of the CPU's SVM record");

struct svm_features svm_features;

static const char *detect(struct svm_features *features)
{
	struct svm_facts facts = {
		.max_extended_leaf = cpuid(0x80000000, 0).eax,
		.feature_ecx = cpuid(0x80000001, 0).ecx,
		.feature_edx = cpuid(0x80000001, 0).edx,
		.svm_ebx = cpuid(0x8000000a, 0).ebx,
		.svm_edx = cpuid(0x8000000a, 0).edx,
	};

	/* Where there is no SVM there is no such register. */
	if (!rdmsr_safe(MSR_VM_CR, &facts.vm_cr)) {
		facts.vm_cr = 0;
	}
	return svm_detect(&facts, features);
}

static enum phase_result svm_features_init(void)
{
	const char *refusal = detect(&svm_features);

	fact_cpu_svm = !refusal;
	return refusal ? phase_failed("%s", refusal) : PHASE_DONE;
}

static enum phase_result svm_same_check(void)
{
	struct svm_features mine = {0};
	const char *refusal = detect(&mine);

	if (refusal) {
		return phase_failed("%s", refusal);
	}
	if (mine.asids != svm_features.asids || mine.next_rip != svm_features.next_rip ||
	    mine.flush_by_asid != svm_features.flush_by_asid ||
	    mine.pages_1g != svm_features.pages_1g) {
		return phase_failed("the processors differ in SVM; turn off the ones that differ");
	}
	return PHASE_DONE;
}

static enum phase_result svm_enable_init(void)
{
	struct svm_cpu *svm = this_cpu()->svm;

	svm->found_efer = rdmsr(MSR_EFER);
	svm->found_host_save = rdmsr(MSR_VM_HSAVE_PA);
	wrmsr(MSR_EFER, svm->found_efer | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, svm->host_save);
	return PHASE_DONE;
}

INIT_TEXT const struct nested_bits *backend_nested_bits(void)
{
	/* A nested access is a user access (APM volume 2, 15.25.5). */
	static struct nested_bits bits = {
		.table = PAGE_PRESENT | PAGE_WRITE | PAGE_USER,
		.read_write = PAGE_PRESENT | PAGE_WRITE | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY,
		.read_only = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED,
	};

	bits.pages_1g = svm_features.pages_1g;
	return &bits;
}

void backend_take_nmi(void)
{
	svm_take_nmi();
}

void backend_hold_nmis(void)
{
	svm_clgi();
}

void backend_take_init(void)
{
	/* The INIT is held back while GIF is 0 (APM volume 2, table 15-10). */
	__asm__ volatile("stgi");
	for (;;) {
		__asm__ volatile("hlt");
	}
}

void backend_run(struct cpu *cpu)
{
	if (CONFIG_SVM_CHECK_VMCB) {
		const char *rule = svm_vmcb_illegal(cpu->svm->vmcb, cpu_physical_bits());

		if (rule) {
			panic("CPU %u: the guest's first state is illegal: %s", cpu->index, rule);
		}
	}
	svm_run(cpu->svm);
}
