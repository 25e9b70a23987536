/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/trap.h"
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/cpu.h"
#include "harness/guests/tiny/lib/print.h"

#define STUB_SIZE  16
#define EXCEPTIONS 32

extern const uint8_t trap_stubs[256][STUB_SIZE], user_return[];

struct fixup {
	int32_t at, to; /* each relative to itself */
};
extern const struct fixup fixups_start[], fixups_end[];

static struct {
	uint64_t low, high;
} idt[256];

static void gate_set(unsigned vector, const void *handler, uint64_t dpl)
{
	uint64_t address = (uint64_t)handler;

	idt[vector].low = (address & 0xffff) | CODE64 << 16 | (0x8eUL | dpl << 5) << 40 |
			  (address >> 16 & 0xffff) << 48;
	idt[vector].high = address >> 32;
}

void idt_load(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (uint64_t)idt };

	for (unsigned i = 0; i < 256; i++) { /* the same from each CPU */
		gate_set(i, trap_stubs[i], 0);
	}
	gate_set(VECTOR_USER_RETURN, user_return, 3);
	asm volatile("lidt %0" : : "m"(pointer));
}

int fault_vector(void)
{
	struct cpu *cpu = this_cpu();
	int vector = cpu->fault.vector;

	cpu->fault.vector = NO_VECTOR;
	return vector;
}

static bool fixed_up(struct cpu *cpu, struct frame *frame)
{
	for (const struct fixup *f = fixups_start; f < fixups_end; f++) {
		if ((uint64_t)&f->at + f->at != frame->rip) {
			continue;
		}
		cpu->fault =
			(struct fault){ (int)frame->vector, frame->error, frame->rip, READ_CR(2) };
		frame->rip = (uint64_t)&f->to + f->to;
		return true;
	}
	return false;
}

static void nmi(struct cpu *cpu)
{
	if (cpu->nmi_hook) {
		cpu->nmi_hook();
	}
	cpu->nmis++;
}

static void exception(struct cpu *cpu, struct frame *frame)
{
	if ((cpu->hook && cpu->hook(frame)) || fixed_up(cpu, frame)) {
		return;
	}
	fail("CPU %u: exception %lu, error %lx, at %lx:%lx, CR2 %lx, RSP %lx, RFLAGS %lx",
	     cpu->index, frame->vector, frame->error, frame->cs, frame->rip, READ_CR(2), frame->rsp,
	     frame->rflags);
}

void trap(struct frame *frame)
{
	struct cpu *cpu = this_cpu();

	if (frame->vector == VECTOR_NMI) {
		nmi(cpu);
	} else if (frame->vector < EXCEPTIONS) {
		exception(cpu, frame);
	} else if (frame->vector == VECTOR_TIMER || frame->vector == VECTOR_IPI) {
		cpu->interrupted_rip = frame->rip;
		if (frame->vector == VECTOR_TIMER) {
			cpu->timers++;
		} else {
			cpu->ipis++;
		}
		apic_write(APIC_EOI, 0);
	} else if (frame->vector != VECTOR_SPURIOUS) {
		fail("CPU %u: interrupt %lx", cpu->index, frame->vector);
	}
}
