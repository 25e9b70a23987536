/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/smp.h"
#include "harness/guests/tiny/tests/tests.h"

void test_ipi(void)
{
	uint32_t n = (uint32_t)option_number("n", 2000);

	need_cpus(2);
	cpu_start_all(JOB_STI_HLT);
	FOR_EACH_AP (cpu) {
		for (uint32_t i = 1; i <= n; i++) {
			apic_send(ICR_FIXED | ICR_ASSERT | VECTOR_IPI, cpu->apic_id);
			EXPECT(WAIT_FOR(cpu->ipis == i, LONG_US), "CPU %u: IPI %u is lost",
			       cpu->index, i);
		}
	}
}

static void send_and_wait(struct cpu *cpu, uint32_t n, enum job job)
{
	for (uint32_t i = 1; i <= n; i++) {
		apic_send(ICR_NMI | ICR_ASSERT, cpu->apic_id);
		EXPECT(WAIT_FOR(cpu->nmis >= i, LONG_US), "CPU %u in %s: NMI %u is lost",
		       cpu->index, job_names[job], i);
		EXPECT(cpu->nmis == i, "CPU %u in %s: %u NMIs instead of %u", cpu->index,
		       job_names[job], cpu->nmis, i);
	}
}

void test_nmi(void)
{
	uint32_t n = (uint32_t)option_number("n", 1000);

	need_cpus(2);
	for (enum job job = JOB_LOOP; job <= JOB_STORM; job++) {
		FOR_EACH_AP (cpu) {
			cpu_start(cpu, job, &(struct start){ .delay_us = 1000, .twice = true });
			cpu->nmis = 0;
			send_and_wait(cpu, n, job);
		}
		print("%u NMIs in %s\n", n, job_names[job]);
	}
}

/* What an AP's NMI handler and CPU 0 tell each other. */
static volatile bool inside, second_sent;
static volatile uint32_t nested;

static void wait_in_handler(void)
{
	static volatile uint32_t depth;

	if (depth++) {
		nested++;
	}
	inside = true;
	WAIT_FOR(second_sent, LONG_US);
	delay_us(2000); /* the second one is here by now: it may not get through */
	inside = false;
	depth--;
}

static void nest(struct cpu *cpu, uint32_t i)
{
	cpu->nmis = 0;
	second_sent = false;
	apic_send(ICR_NMI | ICR_ASSERT, cpu->apic_id);
	EXPECT(WAIT_FOR(inside, LONG_US), "the first NMI of round %u is lost", i);
	apic_send(ICR_NMI | ICR_ASSERT, cpu->apic_id);
	second_sent = true;
	EXPECT(WAIT_FOR(cpu->nmis == 2, LONG_US), "%u NMIs instead of 2 in round %u", cpu->nmis, i);
	delay_us(1000);
	EXPECT(cpu->nmis == 2 && !nested, "%u NMIs instead of 2 in round %u, %u nested", cpu->nmis,
	       i, nested);
}

void test_nmi_nested(void)
{
	need_cpus(2);
	for (enum job job = JOB_LOOP; job <= JOB_STORM; job++) {
		cpus[1].nmi_hook = 0;
		cpu_start(&cpus[1], job, &(struct start){ .delay_us = 1000, .twice = true });
		cpus[1].nmi_hook = wait_in_handler;
		for (uint32_t i = 0; i < option_number("n", 50); i++) {
			nest(&cpus[1], i);
		}
	}
}

static void trapping_breakpoint(void)
{
	asm volatile("int3"); /* its IRET ends the NMI's hold, as on every x86 CPU */
}

static bool skip_breakpoint(struct frame *frame)
{
	return frame->vector == VECTOR_BP;
}

void test_nmi_self(void)
{
	struct cpu *cpu = this_cpu();
	uint32_t n = (uint32_t)option_number("n", 1000);

	for (uint32_t i = 1; i <= n; i++) {
		apic_send(ICR_NMI | ICR_ASSERT, cpu->apic_id);
		EXPECT(WAIT_FOR(cpu->nmis == i, LONG_US), "NMI %u to itself is lost", i);
	}
	cpu->hook = skip_breakpoint;
	cpu->nmi_hook = trapping_breakpoint;
	for (uint32_t i = n + 1; i <= n + 10; i++) {
		apic_send(ICR_NMI | ICR_ASSERT, cpu->apic_id);
		EXPECT(WAIT_FOR(cpu->nmis == i, LONG_US), "NMI %u with a breakpoint is lost", i);
	}
}
