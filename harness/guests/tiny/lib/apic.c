/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/trap.h"

#define APIC_BASE_EXTD     (1UL << 10)
#define CPUID_1_ECX_X2APIC (1U << 21)
#define SVR_ENABLE         0x100

static bool x2;

bool apic_x2(void)
{
	return x2;
}

static void enter_x2apic(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (!(cpuid(1).ecx & CPUID_1_ECX_X2APIC)) {
		skip("this CPU has no x2APIC");
	}
	if (!(base & APIC_BASE_EXTD)) {
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_EXTD);
	}
	x2 = true;
}

void apic_init(void)
{
	if (same_text(option_text("apic", "x1"), "x2")) {
		enter_x2apic();
	}
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	apic_write(APIC_LVT_LINT1, LVT_MASKED);
	apic_write(APIC_DIVIDE, 0xb); /* by 1 */
}

uint32_t apic_read(unsigned reg)
{
	return x2 ? (uint32_t)rdmsr(MSR_X2APIC + reg / 16) : *apic_register(reg);
}

void apic_write(unsigned reg, uint32_t value)
{
	if (x2) {
		wrmsr(MSR_X2APIC + reg / 16, value);
	} else {
		*apic_register(reg) = value;
	}
}

void apic_send(uint32_t icr_low, uint32_t destination)
{
	if (x2) {
		wrmsr(MSR_X2APIC + APIC_ICR_LOW / 16, (uint64_t)destination << 32 | icr_low);
		return;
	}
	while (apic_read(APIC_ICR_LOW) & ICR_PENDING) {
		pause();
	}
	apic_write(APIC_ICR_HIGH, destination << 24);
	apic_write(APIC_ICR_LOW, icr_low);
}

uint32_t apic_logical_id(uint32_t model, unsigned index)
{
	uint32_t id = 1U << index;

	if (x2) {
		return apic_read(APIC_LDR);
	}
	if (model == DFR_CLUSTER) { /* cluster number, and one of four members */
		id = index / 4 << 4 | 1U << index % 4;
	}
	apic_write(APIC_DFR, model);
	apic_write(APIC_LDR, id << 24);
	return id;
}
