/* SPDX-License-Identifier: BSD-2-Clause */
/* The states that VMRUN refuses (APM volume 2, 15.5.1 and 15.20). Pure. */
#ifndef ARCH_X86_SVM_LEGAL_H
#define ARCH_X86_SVM_LEGAL_H

#include "arch/x86/svm/vmcb.h"

/* NULL, or which rule the VMCB breaks; `physical_bits` is the physical address width. */
const char *svm_vmcb_illegal(const struct vmcb *vmcb, unsigned physical_bits);

#endif
