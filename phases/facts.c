/* SPDX-License-Identifier: BSD-2-Clause */
/* What is true or not of how this machine came up. A build has a setter for some of them. */
#include "phases/phase.h"

FACT(boot_multiboot, boot, "a multiboot loader started us");
FACT(boot_uefi, boot, "UEFI firmware started us");
FACT(cpu_svm, cpu, "the processor has AMD SVM, and it can be used");
FACT(cpu_vmx, cpu, "the processor has Intel VT-x, and it can be used");
