/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/descriptors.h"

#include "arch/x86/cpu/exceptions.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "phases/phase.h"

PHASE(early_exceptions, global, early_exceptions_init, .vital = true,
      .does = "loads the IDT: from here on an exception gives a panic with registers");

PHASE(exception_stacks, global, exception_stacks_init, .vital = true,
      .does = "loads the boot processor's own GDT and TSS: a fault on a broken stack still gives a "
	      "panic");
PHASE_NEEDS(exception_stacks, percpu, "the tables and stacks are part of the CPU's record");
PHASE_NEEDS(exception_stacks, early_exceptions, "the IDT is filled in there");

STEP(ap_tables, aps, "64-bit", "own stack",
     "loads the CPU's own GDT, TSS and IDT before it says that it has come: from here on an NMI or a "
     "fault is handled");
STEP_NEEDS(ap_tables, percpu_stack, "C needs a stack");

#define IDT_VECTORS 32
#define IDT_PRESENT_INTERRUPT_GATE 0x8e00

/* 64-bit gate descriptor (APM volume 2, figure 4-24). */
struct gate {
	uint16_t offset_low, selector, attributes, offset_middle;
	uint32_t offset_high, reserved;
};

struct descriptor_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct gate idt[IDT_VECTORS];

static INIT_TEXT void gate_set(unsigned vector, enum exception_stack stack)
{
	uint64_t entry = (uint64_t)exception_entries + (uint64_t)vector * EXCEPTION_ENTRY_SIZE;

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)entry,
		.selector = SELECTOR_CODE,
		.attributes = IDT_PRESENT_INTERRUPT_GATE | stack,
		.offset_middle = (uint16_t)(entry >> 16),
		.offset_high = (uint32_t)(entry >> 32),
	};
}

static void load_idt(void)
{
	struct descriptor_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};

	__asm__ volatile("lidt %0" : : "m"(pointer));
}

/* The exception stacks come with the TSS; until then everything runs on the boot stack. */
static enum phase_result early_exceptions_init(void)
{
	for (unsigned vector = 0; vector < IDT_VECTORS; vector++) {
		gate_set(vector, STACK_NONE);
	}
	load_idt();
	return PHASE_DONE;
}

/* Access rights of an available 64-bit TSS (APM volume 2, 4.8.3). */
#define TSS_AVAILABLE 0x0000890000000000ull

INIT_TEXT void descriptors_fill(struct cpu_tables *tables, uint8_t *const stacks[EXCEPTION_STACKS])
{
	uint64_t tss = (uint64_t)&tables->tss;

	for (unsigned i = STACK_DF; i < EXCEPTION_STACKS; i++) {
		tables->tss.ist[i - 1] = (uint64_t)stacks[i];
	}
	tables->tss.io_map_base = sizeof(struct tss);
	tables->gdt[SELECTOR_CODE32 / 8] = 0x00cf9b000000ffff;
	tables->gdt[SELECTOR_CODE / 8] = 0x00af9b000000ffff;
	tables->gdt[SELECTOR_DATA / 8] = 0x00cf93000000ffff;
	tables->gdt[SELECTOR_TSS / 8] = TSS_AVAILABLE | (sizeof(struct tss) - 1) |
					(tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
	tables->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
}

void descriptors_load(struct cpu_tables *tables)
{
	struct descriptor_pointer pointer = {sizeof(tables->gdt) - 1, (uint64_t)tables->gdt};
	uint16_t data = SELECTOR_DATA, tss = SELECTOR_TSS;

	/* LTR marks the descriptor busy and refuses a busy one: a CPU comes here again. */
	tables->gdt[SELECTOR_TSS / 8] &= ~0x0000020000000000ull;
	__asm__ volatile("lgdt %[pointer]\n\t"
			 "push %[code]\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "lretq\n"
			 "1:\tmov %[data], %%ds\n\t"
			 "mov %[data], %%es\n\t"
			 "mov %[data], %%ss\n\t"
			 "ltr %[tss]"
			 :
			 : [pointer] "m"(pointer), [code] "i"(SELECTOR_CODE), [data] "r"(data),
			   [tss] "r"(tss)
			 : "rax", "memory");
	load_idt();
	/* Without it a machine check is a shutdown (APM volume 2, 9.3). */
	write_cr4(read_cr4() | CR4_MCE);
}

/* Every other CPU has a TSS loaded before it loads the IDT, so that the gates can be set here. */
static enum phase_result exception_stacks_init(void)
{
	descriptors_load(&this_cpu()->tables);
	gate_set(VECTOR_DF, STACK_DF);
	gate_set(VECTOR_NMI, STACK_NMI);
	gate_set(VECTOR_MC, STACK_MC);
	return PHASE_DONE;
}
