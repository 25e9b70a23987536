/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/percpu.h"

#include "arch/x86/acpi/madt.h"
#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/pages.h"
#include "config/MAX_CPUS.h"
#include "phases/machine.h"
#include "phases/phase.h"
#include "phases/runner.h"

#define CPU_STACK_PAGES 2
#define EXCEPTION_STACK_PAGES 1

struct cpu boot_cpu;
struct cpu *cpus[CONFIG_MAX_CPUS] = {&boot_cpu};
unsigned cpu_count = 1;

PHASE(percpu, global, percpu_init, .vital = true,
      .does = "gives each CPU its record, its stack with a guard page below, and stacks for double "
	      "fault, NMI and machine check");
PHASE_NEEDS(percpu, madt, "it lists the CPUs");
PHASE_NEEDS(percpu, relocation, "the memory comes from the reserved block");

void percpu_load(struct cpu *cpu)
{
	cpu->self = cpu;
	wrmsr(MSR_GS_BASE, (uint64_t)cpu);
}

unsigned machine_cpu(void)
{
	return this_cpu()->index;
}

static bool stacks_alloc(struct cpu *cpu)
{
	uint8_t *stacks[EXCEPTION_STACKS] = {NULL};

	cpu->stack_top = pages_alloc_stack(CPU_STACK_PAGES);
	for (unsigned i = STACK_DF; i < EXCEPTION_STACKS; i++) {
		stacks[i] = pages_alloc_stack(EXCEPTION_STACK_PAGES);
		if (!stacks[i]) {
			return false;
		}
	}
	descriptors_fill(&cpu->tables, stacks);
	return cpu->stack_top;
}

/* A record of its own page: the boot processor's is part of the image. */
static struct cpu *record_alloc(unsigned index)
{
	struct cpu *cpu = pages_alloc(1);
	void *runs = pages_alloc((runner_cpu_size() + 4095) / 4096);

	if (!cpu || !runs) {
		return NULL;
	}
	runner_cpu_place(index, runs);
	return cpu;
}

static enum phase_result percpu_init(void)
{
	_Static_assert(sizeof(struct cpu) <= 4096, "a CPU's record has one page");

	for (unsigned i = 0; i < acpi_cpu_count; i++) {
		struct cpu *cpu = i == 0 ? &boot_cpu : record_alloc(i);

		if (!cpu || !stacks_alloc(cpu)) {
			return phase_failed("no memory for CPU %u of %u; this is a bug: the reserved "
					    "block is too small", i, acpi_cpu_count);
		}
		cpu->self = cpu;
		cpu->index = i;
		cpu->apic_id = acpi_cpus[i].apic_id;
		cpus[i] = cpu;
	}
	cpu_count = acpi_cpu_count;
	runner_expect_cpus(cpu_count);
	return PHASE_DONE;
}
