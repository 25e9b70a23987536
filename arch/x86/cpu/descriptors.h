/* SPDX-License-Identifier: BSD-2-Clause */
/* Each CPU's own GDT, TSS and exception stacks; the IDT is shared (APM volume 2, 4.7 and 12.2). */
#ifndef ARCH_X86_CPU_DESCRIPTORS_H
#define ARCH_X86_CPU_DESCRIPTORS_H

#include <stdint.h>

/* 64-bit task state segment (APM volume 2, figure 12-8). */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7]; /* ist[n] is stack n + 1 */
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map_base;
} __attribute__((packed));

struct cpu_tables {
	uint64_t gdt[6];
	struct tss tss;
};

/* The exceptions that must not run on the stack where they happen, and their stacks. */
enum exception_stack { STACK_NONE, STACK_DF, STACK_NMI, STACK_MC, EXCEPTION_STACKS };

/* Fills in a CPU's tables; `stacks[n]` is the top of exception stack n. */
void descriptors_fill(struct cpu_tables *tables, uint8_t *const stacks[EXCEPTION_STACKS]);

/* Loads the GDT, the selectors but FS and GS, the task register and the IDT; turns on #MC. */
void descriptors_load(struct cpu_tables *tables);

#endif
