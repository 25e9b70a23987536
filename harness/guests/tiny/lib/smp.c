/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/smp.h"
#include "harness/guests/tiny/lib/acpi.h"
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"

#define CMOS_INDEX         0x70
#define CMOS_DATA          0x71
#define CMOS_SHUTDOWN      0x0f
#define SHUTDOWN_JUMP      0x0a /* by 40h:67h, no EOI */
#define WARM_RESET_OFFSET  ((volatile uint16_t *)0x467)
#define WARM_RESET_SEGMENT ((volatile uint16_t *)0x469)
#define SECOND_STARTUP_US  200

struct start_target {
	uint64_t entry;
	uint32_t cr3, far_offset;
	uint16_t far_selector, gdt_limit;
	uint32_t gdt_base;
} __attribute__((packed));

extern const uint8_t trampoline[], trampoline_end[], trampoline_state[], trampoline_target[];
extern const uint8_t ap_entry[];

static uint8_t *pages[TRAMPOLINES];

static void lay_out(unsigned number)
{
	uint8_t *page = low_page();
	struct start_target *target =
		(struct start_target *)(page + (trampoline_target - trampoline));

	pages[number] = page;
	copy_bytes(page, trampoline, (uint64_t)(trampoline_end - trampoline));
	target->entry = (uint64_t)ap_entry;
	target->cr3 = (uint32_t)(uint64_t)pml4;
	target->far_offset += (uint32_t)(uint64_t)page;
	target->gdt_base += (uint32_t)(uint64_t)page;
}

void smp_init(uint64_t rsdp)
{
	uint32_t ids[CPUS_MAX], own = cpuid(1).ebx >> 24;
	unsigned count = acpi_cpu_ids(rsdp, ids, CPUS_MAX);

	cpus[0].apic_id = own;
	cpu_count = 1;
	for (unsigned i = 0; i < count; i++) {
		if (ids[i] != own && ids[i] < 256) {
			cpus[cpu_count].apic_id = ids[i];
			cpu_of_apic_id[ids[i]] = (uint8_t)cpu_count;
			cpus[cpu_count].index = cpu_count;
			cpu_count++;
		}
	}
	for (unsigned i = 0; i < TRAMPOLINES; i++) {
		lay_out(i);
	}
}

uint8_t start_vector(unsigned number)
{
	return (uint8_t)((uint64_t)pages[number] >> 12);
}

volatile struct start_state *start_state(unsigned number)
{
	return (volatile struct start_state *)(pages[number] + (trampoline_state - trampoline));
}

void need_cpus(unsigned count)
{
	if (cpu_count < count) {
		skip("needs %u CPUs, has %u", count, cpu_count);
	}
}

void warm_reset_set(unsigned number)
{
	outb(CMOS_INDEX, CMOS_SHUTDOWN);
	outb(CMOS_DATA, SHUTDOWN_JUMP);
	*WARM_RESET_SEGMENT = (uint16_t)((uint64_t)pages[number] >> 4);
	*WARM_RESET_OFFSET = 0;
}

void warm_reset_clear(void)
{
	outb(CMOS_INDEX, CMOS_SHUTDOWN);
	outb(CMOS_DATA, 0);
	*(volatile uint32_t *)WARM_RESET_OFFSET = 0;
}

static void send_init(struct cpu *cpu, const struct start *start)
{
	for (uint32_t i = 0; i < (start->inits ? start->inits : 1); i++) {
		apic_send(ICR_INIT | ICR_ASSERT | (start->level ? ICR_LEVEL : 0), cpu->apic_id);
		if (start->level) {
			apic_send(ICR_INIT | ICR_LEVEL, cpu->apic_id);
		}
	}
}

void cpu_send_start(struct cpu *cpu, enum job job, const struct start *start)
{
	uint32_t startup = ICR_STARTUP | ICR_ASSERT | start_vector(start->trampoline);

	if (option_number("sign", 1)) {
		warm_reset_set(start->trampoline);
	}
	send_init(cpu, start);
	cpu->job = job; /* behind the INIT: what runs until then goes on with the old one */
	if (start->delay_us) {
		delay_us(start->delay_us);
	}
	apic_send(startup, cpu->apic_id);
	if (start->twice) {
		delay_us(SECOND_STARTUP_US);
		apic_send(startup, cpu->apic_id);
	}
}

void cpu_wait_started(struct cpu *cpu, uint32_t before)
{
	EXPECT(WAIT_FOR(cpu->starts > before, LONG_US), "CPU %u does not start (start %u)",
	       cpu->index, before + 1);
	EXPECT(cpu->starts == before + 1, "CPU %u started %u times instead of once", cpu->index,
	       cpu->starts - before);
}

void cpu_start(struct cpu *cpu, enum job job, const struct start *start)
{
	uint32_t before = cpu->starts;

	cpu_send_start(cpu, job, start);
	cpu_wait_started(cpu, before);
	if (option_number("sign", 1)) {
		warm_reset_clear();
	}
}

void cpu_start_all(enum job job)
{
	FOR_EACH_AP (cpu) {
		cpu_start(cpu, job, &(struct start){ .delay_us = 1000, .twice = true });
	}
}

void cpu_call(struct cpu *cpu, void (*f)(void))
{
	uint32_t before = cpu->calls;

	cpu->call = f;
	cpu_start(cpu, JOB_CALL, &(struct start){ .delay_us = 1000 });
	EXPECT(WAIT_FOR(cpu->calls == before + 1, LONG_US), "CPU %u does not end its work",
	       cpu->index);
}
