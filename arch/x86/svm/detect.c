/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/svm/detect.h"

#include "arch/x86/cpu/msr.h"

#define CPUID_80000001_ECX_SVM (1u << 2)
#define CPUID_80000001_EDX_PAGE1GB (1u << 26)
#define CPUID_8000000A_EDX_NP (1u << 0)
#define CPUID_8000000A_EDX_NRIPS (1u << 3)
#define CPUID_8000000A_EDX_FLUSH_BY_ASID (1u << 6)
#define CPUID_8000000A_EDX_INVLPGB (1u << 24)

const char *svm_detect(const struct svm_facts *facts, struct svm_features *features)
{
	if (facts->max_extended_leaf < 0x8000000a || !(facts->feature_ecx & CPUID_80000001_ECX_SVM)) {
		return "the processor has no SVM; use a machine that has it, or turn it on in the "
		       "emulator";
	}
	if (facts->vm_cr & VM_CR_SVMDIS) {
		return facts->vm_cr & VM_CR_LOCK
			       ? "the firmware has locked SVM off; turn on virtualisation (SVM) in its "
				 "set-up"
			       : "SVM is off; turn on virtualisation (SVM) in the firmware's set-up";
	}
	if (!(facts->svm_edx & CPUID_8000000A_EDX_NP)) {
		return "the processor's SVM has no nested paging; use a newer processor";
	}
	if (facts->svm_ebx < 3) {
		return "the processor's SVM has fewer than 3 address space ids; use another machine";
	}
	*features = (struct svm_features){
		.asids = facts->svm_ebx,
		.next_rip = facts->svm_edx & CPUID_8000000A_EDX_NRIPS,
		.invlpgb = facts->svm_edx & CPUID_8000000A_EDX_INVLPGB,
		.flush_by_asid = facts->svm_edx & CPUID_8000000A_EDX_FLUSH_BY_ASID,
		.pages_1g = facts->feature_edx & CPUID_80000001_EDX_PAGE1GB,
	};
	return NULL;
}
