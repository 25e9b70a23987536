/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a processor can be used, from what it says of itself. Pure. */
#ifndef ARCH_X86_SVM_DETECT_H
#define ARCH_X86_SVM_DETECT_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86/svm/svm.h"

/* What the decision rests on. */
struct svm_facts {
	uint32_t max_extended_leaf; /* CPUID 80000000h EAX */
	uint32_t feature_ecx;       /* CPUID 80000001h ECX */
	uint32_t feature_edx;       /* CPUID 80000001h EDX */
	uint32_t svm_ebx, svm_edx;  /* CPUID 8000000ah */
	uint64_t vm_cr;             /* MSR c0010114h; 0 where CPUID does not announce SVM */
};

/* NULL and *features filled in, or what is wrong and what would help. */
const char *svm_detect(const struct svm_facts *facts, struct svm_features *features);

#endif
