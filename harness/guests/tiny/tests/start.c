/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/smp.h"
#include "harness/guests/tiny/tests/tests.h"

#define CR0_AFTER_INIT 0x60000010 /* CD, NW, ET; APM volume 2, table 14-1 */
#define DR6_AFTER_INIT 0xffff0ff0
#define DR7_AFTER_INIT 0x400
#define RFLAGS_CONTROL 0xffffff02U /* all but the arithmetic flags */
#define APIC_BASE_BSP  (1UL << 8)

void test_hello(void)
{
	for (unsigned i = 0; i < e820_count; i++) {
		print("E820 %lx %lx %u\n", e820[i].base, e820[i].size, e820[i].type);
	}
}

static void check_registers(volatile struct start_state *s)
{
	uint32_t family = cpuid(1).eax;

	EXPECT_EQUAL("EAX at start", s->eax, 0);
	EXPECT_EQUAL("EBX at start", s->ebx, 0);
	EXPECT_EQUAL("ECX at start", s->ecx, 0);
	EXPECT_EQUAL("EDX at start", s->edx, family);
	EXPECT_EQUAL("ESI at start", s->esi, 0);
	EXPECT_EQUAL("EDI at start", s->edi, 0);
	EXPECT_EQUAL("EBP at start", s->ebp, 0);
	EXPECT_EQUAL("ESP at start", s->esp, 0);
	EXPECT_EQUAL("DS at start", s->ds, 0);
	EXPECT_EQUAL("ES at start", s->es, 0);
	EXPECT_EQUAL("FS at start", s->fs, 0);
	EXPECT_EQUAL("GS at start", s->gs, 0);
	EXPECT_EQUAL("SS at start", s->ss, 0);
	EXPECT_EQUAL("RFLAGS at start", s->rflags & RFLAGS_CONTROL, 2);
}

static void check_system_registers(volatile struct start_state *s)
{
	/* CD and NW are kept by INIT; the CPU had them set or clear before it. */
	EXPECT_EQUAL("CR0 at start", s->cr0 | 0x60000000, CR0_AFTER_INIT);
	EXPECT_EQUAL("CR2 at start", s->cr2, 0);
	EXPECT_EQUAL("CR3 at start", s->cr3, 0);
	EXPECT_EQUAL("CR4 at start", s->cr4, 0);
	EXPECT_EQUAL("DR6 at start", s->dr6, DR6_AFTER_INIT);
	EXPECT_EQUAL("DR7 at start", s->dr7, DR7_AFTER_INIT);
	EXPECT_EQUAL("EFER at start", s->efer, 0);
	EXPECT_EQUAL("APIC_BASE.BSP at start", s->apic_base & APIC_BASE_BSP, 0);
	EXPECT_EQUAL("GDTR limit at start", s->gdt.limit, 0xffff);
	EXPECT_EQUAL("GDTR base at start", s->gdt.base, 0);
	EXPECT_EQUAL("IDTR limit at start", s->idt.limit, 0xffff);
	EXPECT_EQUAL("IDTR base at start", s->idt.base, 0);
}

static void check_start(unsigned trampoline)
{
	volatile struct start_state *s = start_state(trampoline);

	EXPECT_EQUAL("CS at start", s->cs, start_vector(trampoline) << 8);
	EXPECT_EQUAL("IP at start", s->ip, 0);
	check_registers(s);
	check_system_registers(s);
}

void test_cpus(void)
{
	need_cpus(2);
	EXPECT_EQUAL("CPUs", cpu_count, option_number("cpus", cpu_count));
	FOR_EACH_AP (cpu) {
		cpu_start(cpu, JOB_LOOP,
			  &(struct start){ .delay_us = 10000, .level = true, .twice = true });
		check_start(0);
		print("CPU %u runs, APIC id %x\n", cpu->index, cpu->apic_id);
	}
}

void test_twice(void)
{
	need_cpus(2);
	FOR_EACH_AP (cpu) {
		for (unsigned i = 0; i < 4; i++) {
			cpu_start(cpu, JOB_LOOP,
				  &(struct start){
					  .trampoline = i % 2, .delay_us = 100, .twice = i & 2 });
			check_start(i % 2);
		}
	}
}

static void broadcast(uint32_t before, uint32_t delay)
{
	warm_reset_set(0);
	apic_send(ICR_INIT | ICR_ASSERT | ICR_ALL_BUT_SELF, 0);
	delay_us(delay);
	apic_send(ICR_STARTUP | ICR_ASSERT | ICR_ALL_BUT_SELF | start_vector(0), 0);
	FOR_EACH_AP (cpu) {
		cpu_wait_started(cpu, before);
	}
	warm_reset_clear();
	check_start(0);
}

void test_broadcast(void)
{
	need_cpus(2);
	for (uint32_t i = 0; i < option_number("n", 20); i++) {
		broadcast(i, i % 2 ? 0 : 10000);
	}
}

static uint32_t model;

static void take_logical_id(void)
{
	apic_logical_id(model, this_cpu()->index);
}

/*
 * INIT to the logical id; it resets that id, so that the start-up IPI goes to the physical one. The
 * start before it had one start-up IPI only: QEMU keeps a second one, which does nothing, for
 * behind the next INIT.
 */
static void start_logical(struct cpu *cpu)
{
	uint32_t before, id = 1U << cpu->index;

	cpu_call(cpu, take_logical_id);
	before = cpu->starts;
	if (apic_x2()) {
		id = (cpu->apic_id >> 4) << 16 | 1U << (cpu->apic_id & 15);
	} else if (model == DFR_CLUSTER) {
		id = cpu->index / 4 << 4 | 1U << cpu->index % 4;
	}
	warm_reset_set(0);
	cpu->job = JOB_LOOP;
	apic_send(ICR_INIT | ICR_ASSERT | ICR_LOGICAL, id);
	delay_us(1000);
	EXPECT(cpu->starts == before, "CPU %u started by INIT alone", cpu->index);
	apic_send(ICR_STARTUP | ICR_ASSERT | start_vector(0), cpu->apic_id);
	cpu_wait_started(cpu, before);
	warm_reset_clear();
	check_start(0);
}

void test_logical(void)
{
	need_cpus(2);
	for (unsigned i = 0; i < 2; i++) {
		model = i ? DFR_CLUSTER : DFR_FLAT;
		FOR_EACH_AP (cpu) {
			start_logical(cpu);
		}
	}
}

void test_late(void)
{
	need_cpus(2);
	delay_us(option_number("wait", 2000) * 1000);
	FOR_EACH_AP (cpu) {
		EXPECT(!cpu->starts, "CPU %u started by itself", cpu->index);
	}
	cpu_start_all(JOB_LOOP);
	check_start(0);
}

/* Linux: the vector, INIT, de-assert, 10 ms, two start-up IPIs; the vector is cleared. */
static void start_like_linux(struct cpu *cpu)
{
	const struct start start = { .delay_us = 10000, .level = true, .twice = true };
	uint32_t before = cpu->starts;

	warm_reset_set(0);
	cpu_send_start(cpu, JOB_CLI_HLT, &start);
	cpu_wait_started(cpu, before);
	warm_reset_clear();
}

void test_linux_like(void)
{
	need_cpus(2);
	for (uint32_t i = 0; i < option_number("n", 5); i++) {
		FOR_EACH_AP (cpu) {
			delay_us(option_number("wait", 500) * 1000); /* no sign of a start-up and no APIC access */
			start_like_linux(cpu);
			check_start(0);
		}
	}
}
