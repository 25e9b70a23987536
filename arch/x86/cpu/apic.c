/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/apic.h"

#include "arch/x86/cpu/cpuid.h"
#include "arch/x86/cpu/host_tables.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/physical.h"
#include "arch/x86/cpu/registers.h"
#include "phases/phase.h"

PHASE(local_apic, global, local_apic_init, .vital = true,
      .does = "maps the local APIC's page uncached, to reach other CPUs by");
PHASE_GIVES(local_apic, apic_send);
PHASE_NEEDS(local_apic, relocation, "the mapping is made in the hypervisor's own page tables");

#define CPUID_1_EDX_APIC (1u << 9)

uint64_t apic_base;

static enum phase_result local_apic_init(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (!(cpuid(1, 0).edx & CPUID_1_EDX_APIC) || !(base & APIC_BASE_EN)) {
		return phase_failed("the local APIC is off; turn it on in the firmware's set-up");
	}
	apic_base = base & APIC_BASE_ADDRESS;
	host_tables_window(APIC_WINDOW, apic_base | PAGE_PRESENT | PAGE_WRITE | PAGE_PCD | PAGE_PWT |
						PAGE_NX);
	return PHASE_DONE;
}

bool apic_is_x2apic(void)
{
	return rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD;
}

static volatile uint32_t *apic_register(uint32_t offset)
{
	return (volatile uint32_t *)(APIC_WINDOW + offset);
}

uint32_t apic_read(uint32_t offset)
{
	if (apic_is_x2apic()) {
		return (uint32_t)rdmsr(MSR_X2APIC_BASE + offset / 16);
	}
	return *apic_register(offset);
}

void apic_write(uint32_t offset, uint32_t value)
{
	if (apic_is_x2apic()) {
		wrmsr(MSR_X2APIC_BASE + offset / 16, value);
	} else {
		*apic_register(offset) = value;
	}
}

/* Leaf 0bh gives all 32 bits where it is there and says something (APM volume 3, E.3.8). */
INIT_TEXT uint32_t apic_id_by_cpuid(void)
{
	if (cpuid(0, 0).eax >= 0x0b && cpuid(0x0b, 0).ebx != 0) {
		return cpuid(0x0b, 0).edx;
	}
	return cpuid(1, 0).ebx >> 24;
}

/* A delivery takes less than a microsecond; an APIC that does not deliver must not hang us. */
static void wait_until_sent(void)
{
	for (unsigned i = 0; i < 1000000 && *apic_register(APIC_ICR_LOW) & ICR_PENDING; i++) {
		cpu_pause();
	}
}

void apic_send(uint32_t id, uint32_t low)
{
	if (apic_is_x2apic()) {
		wrmsr(MSR_X2APIC_ICR, (uint64_t)id << 32 | low);
		return;
	}
	uint32_t high = *apic_register(APIC_ICR_HIGH);

	wait_until_sent();
	*apic_register(APIC_ICR_HIGH) = id << 24;
	*apic_register(APIC_ICR_LOW) = low;
	wait_until_sent();
	/* The guest may have been between its two writes. */
	*apic_register(APIC_ICR_HIGH) = high;
}
