/* SPDX-License-Identifier: BSD-2-Clause */
/* What each CPU has of its own, and what an AP can be told to do. */
#ifndef TINY_LIB_CPU_H
#define TINY_LIB_CPU_H

#include "harness/guests/tiny/lib/trap.h"

#include <stdbool.h>
#include <stdint.h>

#define CPUS_MAX   16
#define STACK_SIZE 0x4000 /* start.S knows it */

/* What an AP does from its start on, until it is stopped. */
enum job {
	JOB_LOOP,    /* counts its beats */
	JOB_CLI_HLT, /* interrupts off, HLT again and again */
	JOB_STI_HLT, /* interrupts on */
	JOB_STORM,   /* reads EFER again and again: an exit each above the hypervisor */
	JOB_CALL,    /* calls `call` once, then as JOB_CLI_HLT */
	JOBS,
};
extern const char *const job_names[JOBS];

struct fault {
	int vector;
	uint64_t error, rip, cr2;
};

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3], ist[8], reserved1;
	uint16_t reserved2, io_map;
} __attribute__((packed));

struct cpu {
	struct cpu *self;    /* GS:0 */
	uint64_t kernel_rsp; /* GS:8, of user_run() */
	uint32_t index, apic_id;
	volatile enum job job;
	void (*volatile call)(void);
	volatile uint32_t calls;
	volatile uint32_t starts, beats, nmis, timers, ipis;
	volatile uint64_t interrupted_rip;     /* of the last timer interrupt or IPI */
	void (*volatile nmi_hook)(void);       /* runs in the NMI handler */
	bool (*volatile hook)(struct frame *); /* sees each exception first; true: handled */
	struct fault fault;
	uint64_t gdt[10];
	struct tss tss;
};

extern struct cpu cpus[CPUS_MAX];
extern unsigned cpu_count; /* those that the MADT names, this one included and first */
extern uint8_t cpu_of_apic_id[256];
extern uint8_t cpu_stacks[CPUS_MAX][STACK_SIZE];

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	asm("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* Descriptors, IDT, SSE and the local APIC of the CPU that calls. */
void cpu_init(unsigned index);

_Noreturn void ap_main(unsigned index);

#endif
