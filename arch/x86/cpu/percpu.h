/* SPDX-License-Identifier: BSD-2-Clause */
/* What each CPU has of its own. The GS base points to it; assembly has the offsets in offsets.h. */
#ifndef ARCH_X86_CPU_PERCPU_H
#define ARCH_X86_CPU_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86/cpu/descriptors.h"
#include "arch/x86/cpu/startup.h"
#include "arch/x86/entry/trail.h"
#include "arch/x86/vcpu/vcpu.h"

struct svm_cpu;

struct cpu {
	struct cpu *self; /* gs:0 */
	unsigned index;   /* as machine_cpu(); the boot processor is 0 */
	uint32_t apic_id;

	struct trail trail; /* of its last start */
	uint8_t *stack_top; /* for the bring-up, then for exits */
	struct cpu_tables tables;

	struct cpu_start start;
	bool brought_up; /* its start is no longer the first one */

	struct vcpu vcpu;
	struct svm_cpu *svm; /* NULL where SVM is not used */
};

extern struct cpu *cpus[];
extern struct cpu boot_cpu; /* cpus[0], a part of the image */
extern unsigned cpu_count; /* how many of them there are */

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* Makes `cpu` what this_cpu() gives back on the running CPU. */
void percpu_load(struct cpu *cpu);

#endif
