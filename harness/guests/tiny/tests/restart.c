/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/smp.h"
#include "harness/guests/tiny/tests/tests.h"

void test_restart(void)
{
	static const uint32_t delays[] = { 0, 10, 100, 1000 };
	uint32_t n = (uint32_t)option_number("n", 200);

	need_cpus(2);
	for (enum job job = JOB_LOOP; job <= JOB_STORM; job++) {
		for (uint32_t i = 0; i < n; i++) {
			struct start start = { .trampoline = i % 2,
					       .delay_us = delays[i % 4],
					       .level = i & 4,
					       .twice = i & 8 };

			FOR_EACH_AP (cpu) {
				cpu_start(cpu, job, &start);
			}
			delay_us(i % 7 *
				 50); /* so that the INIT meets the work at different places */
		}
		print("%u restarts out of %s\n", n, job_names[job]);
	}
}

void test_sipi_running(void)
{
	need_cpus(2);
	FOR_EACH_AP (cpu) {
		uint32_t beats;

		cpu_start(cpu, JOB_LOOP, &(struct start){ .delay_us = 1000 });
		for (unsigned i = 0; i < 10; i++) {
			beats = cpu->beats;
			apic_send(ICR_STARTUP | ICR_ASSERT | start_vector(1), cpu->apic_id);
			delay_us(20000);
			EXPECT(cpu->starts == 1, "CPU %u: a start-up IPI started it again",
			       cpu->index);
			EXPECT(WAIT_FOR(cpu->beats != beats, LONG_US),
			       "CPU %u: a start-up IPI stopped it", cpu->index);
		}
	}
}

void test_init_twice(void)
{
	need_cpus(2);
	for (unsigned i = 0; i < 20; i++) {
		FOR_EACH_AP (cpu) {
			cpu_start(cpu, JOB_LOOP,
				  &(struct start){ .delay_us = i % 2 ? 1000 : 0,
						   .inits = 2 + i % 3,
						   .level = i & 2,
						   .twice = i & 4 });
		}
	}
}

static void expect_stopped(struct cpu *cpu)
{
	uint32_t starts = cpu->starts, beats;

	delay_us(50000); /* for the INIT to arrive */
	beats = cpu->beats;
	delay_us(50000);
	EXPECT(cpu->beats == beats, "CPU %u goes on after INIT", cpu->index);
	EXPECT(cpu->starts == starts, "CPU %u starts after INIT alone", cpu->index);
}

void test_stop(void)
{
	need_cpus(2);
	FOR_EACH_AP (cpu) {
		for (enum job job = JOB_LOOP; job <= JOB_STORM; job++) {
			cpu_start(cpu, job, &(struct start){ .delay_us = 1000 });
			apic_send(ICR_INIT | ICR_ASSERT, cpu->apic_id);
			expect_stopped(cpu);
		}
		delay_us(
			500000); /* longer than the hypervisor watches for a start-up IPI without reason */
		expect_stopped(cpu);
		cpu_start(cpu, JOB_LOOP, &(struct start){ .delay_us = 1000 });
	}
}
