/* SPDX-License-Identifier: BSD-2-Clause */
/* What assembly must know of C structures. The build makes arch/x86/offsets.h of this. */
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/svm/svm.h"

#define OFFSET(name, value) __asm__ volatile("\n#OFFSET " #name " %c0" : : "i"(value))

void offsets(void);
void offsets(void)
{
	OFFSET(CPU_APIC_ID, offsetof(struct cpu, apic_id));
	OFFSET(CPU_TRAIL, offsetof(struct cpu, trail));
	OFFSET(CPU_STACK_TOP, offsetof(struct cpu, stack_top));
	OFFSET(CPU_NMIS_TAKEN, offsetof(struct cpu, vcpu.nmis_taken));
	OFFSET(GUEST_REGISTERS_SIZE, sizeof(struct guest_registers));
	OFFSET(SVM_CPU_VMCB_PHYSICAL, offsetof(struct svm_cpu, vmcb_physical));
	OFFSET(SVM_CPU_HOST_VMCB, offsetof(struct svm_cpu, host_vmcb));
	OFFSET(SVM_CPU_FIRST_REGISTERS, offsetof(struct svm_cpu, first_registers));
}
