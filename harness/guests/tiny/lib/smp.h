/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting and stopping APs. */
#ifndef TINY_LIB_SMP_H
#define TINY_LIB_SMP_H

#include "harness/guests/tiny/lib/cpu.h"

/* What an AP found at its first instruction; trampoline.S lays it out. */
struct start_state {
	uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp;
	uint16_t cs, ip, ds, es, fs, gs, ss, pad;
	uint32_t rflags, cr0, cr2, cr3, cr4, dr6, dr7, pad2;
	uint64_t efer, apic_base;
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) gdt, idt;
} __attribute__((packed));

/* The trampoline pages: start-up IPIs with either vector lead to the same code. */
#define TRAMPOLINES 2

/* Finds the CPUs, makes this one number 0, and lays out the trampolines. */
void smp_init(uint64_t rsdp);

uint8_t start_vector(unsigned trampoline_number);
volatile struct start_state *start_state(unsigned trampoline_number);

/* How to start an AP. The warm-reset vector is written first, as systems do, unless `sign=0`. */
struct start {
	unsigned trampoline;
	uint32_t delay_us; /* from INIT to the first start-up IPI */
	bool level;        /* INIT level-triggered, with its de-assert, as Linux does */
	bool twice;        /* a second start-up IPI */
	uint32_t inits;    /* how many INITs; 0 means 1 */
};

/* Sends INIT and start-up IPIs to a CPU, which then does `job`; does not wait for it. */
void cpu_send_start(struct cpu *cpu, enum job job, const struct start *start);

/* The same, and waits until it reports; fails the test if it does not. */
void cpu_start(struct cpu *cpu, enum job job, const struct start *start);
void cpu_start_all(enum job job);

/* Starts the CPU with `f` as its work, and waits until that is done. */
void cpu_call(struct cpu *cpu, void (*f)(void));

/* Waits until the CPU has started more often than `before` times. */
void cpu_wait_started(struct cpu *cpu, uint32_t before);

/* The sign of a start-up by firmware's convention: 40h:67h and CMOS shutdown code 0xa. */
void warm_reset_set(unsigned trampoline_number);
void warm_reset_clear(void);

/* For tests that need an AP: skips the test where there is none. */
void need_cpus(unsigned count);

/* Every AP, in order. */
#define FOR_EACH_AP(cpu) for (struct cpu *cpu = &cpus[1]; cpu < &cpus[cpu_count]; cpu++)

#endif
