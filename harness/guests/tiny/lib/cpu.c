/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/cpu.h"
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"

struct cpu cpus[CPUS_MAX];
unsigned cpu_count;
uint8_t cpu_of_apic_id[256];
uint8_t cpu_stacks[CPUS_MAX][STACK_SIZE] __attribute__((aligned(STACK_SIZE)));

const char *const job_names[JOBS] = { "loop", "cli hlt", "sti hlt", "storm", "call" };

static const uint64_t gdt_template[8] = {
	0,
	0x00af9b000000ffff, /* CODE64 */
	0x00cf93000000ffff, /* DATA */
	0x00cf9b000000ffff, /* CODE32 */
	0x00009b000000ffff, /* CODE16: its base is set where it is used */
	0x000093000000ffff, /* DATA16 */
	0x00affb000000ffff, /* USER_CODE */
	0x00cff3000000ffff, /* USER_DATA */
};

/* Anew at each start: a CPU that was stopped by INIT leaves its TSS busy. */
static void descriptors_load(struct cpu *cpu)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) pointer = { sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt };
	uint64_t tss = (uint64_t)&cpu->tss;

	for (int i = 0; i < 8; i++) {
		cpu->gdt[i] = gdt_template[i];
	}
	cpu->gdt[8] = (sizeof(cpu->tss) - 1) | (tss & 0xffffff) << 16 | 0x89UL << 40 |
		      (tss >> 24 & 0xff) << 56;
	cpu->gdt[9] = tss >> 32;
	cpu->tss.rsp[0] = (uint64_t)cpu_stacks[cpu->index] + STACK_SIZE / 2;
	cpu->tss.io_map = sizeof(cpu->tss);
	asm volatile("lgdt %0\n\t"
		     "mov %w1, %%ds; mov %w1, %%es; mov %w1, %%ss; mov %w2, %%fs; mov %w2, %%gs\n\t"
		     "pushq %3; leaq 1f(%%rip), %%rax; pushq %%rax; lretq\n"
		     "1: ltr %w4"
		     :
		     : "m"(pointer), "r"(DATA), "r"(0), "i"(CODE64), "r"(TSS)
		     : "rax", "memory");
}

void cpu_init(unsigned index)
{
	struct cpu *cpu = &cpus[index];

	cpu->self = cpu;
	cpu->index = index;
	cpu->fault.vector = NO_VECTOR;
	descriptors_load(cpu);
	wrmsr(MSR_GS_BASE, (uint64_t)cpu);
	idt_load();
	WRITE_CR(0, (READ_CR(0) | CR0_MP) & ~CR0_EM);
	WRITE_CR(4, READ_CR(4) | CR4_OSFXSR | CR4_OSXMMEXCPT);
	apic_init();
}

static void work(struct cpu *cpu)
{
	switch (cpu->job) {
	case JOB_STI_HLT:
		asm volatile("sti; hlt; cli" : : : "memory");
		break;
	case JOB_STORM:
		rdmsr(MSR_EFER);
		break;
	case JOB_LOOP:
		break;
	case JOB_CALL:
		if (cpu->call) {
			void (*call)(void) = cpu->call;

			cpu->call = 0;
			call();
			cpu->calls++;
		}
		/* fall through */
	default:
		asm volatile("cli; hlt" : : : "memory");
	}
	cpu->beats++;
}

void ap_main(unsigned index)
{
	struct cpu *cpu = &cpus[index];

	cpu_init(index);
	if (above_hypervisor()) {
		EXPECT(rdmsr(MSR_VM_CR) & 0x10, "CPU %u runs outside of the hypervisor", index);
	}
	cpu->starts++;
	for (;;) {
		work(cpu);
	}
}
