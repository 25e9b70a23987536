/* SPDX-License-Identifier: BSD-2-Clause */
/* What the runner keeps for each CPU. */
#include "phases/runner.h"

#include "config/MAX_CPUS.h"
#include "phases/log/format.h"
#include "phases/machine.h"
#include "phases/runner_parts.h"

static struct runner_run bsp_runs[RUNNER_PHASES];
static struct runner_stage_run bsp_stage_runs[RUNNER_STAGES];
static struct runner_cpu bsp = { .runs = bsp_runs, .stage_runs = bsp_stage_runs };
static struct runner_cpu *runner_records[CONFIG_MAX_CPUS] = { &bsp };
static unsigned expected = 1;

INIT_TEXT size_t runner_cpu_size(void)
{
	return sizeof(struct runner_cpu) + runner_phase_count * sizeof(struct runner_run) +
	       runner_stage_count * sizeof(struct runner_stage_run);
}

INIT_TEXT void runner_cpu_place(unsigned cpu, void *memory)
{
	struct runner_cpu *records = memory;

	if (cpu == 0 || cpu >= CONFIG_MAX_CPUS) {
		return;
	}
	records->runs = (struct runner_run *)(records + 1);
	records->stage_runs = (struct runner_stage_run *)(records->runs + runner_phase_count);
	__atomic_store_n(&runner_records[cpu], records, __ATOMIC_RELEASE);
}

struct runner_cpu *runner_cpu(unsigned cpu)
{
	return cpu < CONFIG_MAX_CPUS ? __atomic_load_n(&runner_records[cpu], __ATOMIC_ACQUIRE) : NULL;
}

INIT_TEXT void runner_expect_cpus(unsigned count)
{
	__atomic_store_n(&expected, count, __ATOMIC_RELEASE);
}

unsigned runner_cpus(void)
{
	return __atomic_load_n(&expected, __ATOMIC_ACQUIRE);
}

enum phase_result phase_reason(enum phase_result result, const char *format, ...)
{
	struct runner_cpu *records = runner_cpu(machine_cpu());
	va_list arguments;

	va_start(arguments, format);
	if (records) {
		format_vtext(records->reason, sizeof(records->reason), format, arguments);
	}
	va_end(arguments);
	return result;
}
