/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a CPU through its stages, and back. */
#include "config/PARALLEL.h"
#include "phases/panic/panic.h"
#include "phases/runner_parts.h"

static INIT_TEXT bool run_stages(unsigned cpu, struct runner_cpu *records)
{
	for (unsigned n = 0; n < runner_stage_count; n++) {
		const struct stage *stage = &runner_stages[n];
		bool parallel = CONFIG_PARALLEL && stage->cpus == STAGE_ANY;

		if (stage_runs_on(stage, cpu) &&
		    (!wait_for_stages(stage->follows) ||
		     !run_stage(n, cpu, records, parallel ? run_parallel : run_in_order))) {
			return false;
		}
	}
	return wait_for_stages((1ull << runner_stage_count) - 1) && complete();
}

INIT_TEXT bool bring_up(unsigned cpu, struct runner_cpu *records)
{
	bool well = run_stages(cpu, records);

	if (!well) {
		__atomic_store_n(&records->progress, RUNNER_STOPPED, __ATOMIC_RELEASE);
		wait_for_all(cpu, RUNNER_STOPPED);
		undo_stages(cpu, true);
	}
	if (cpu == 0 && !wait_for_all(cpu, RUNNER_OVER) && well) {
		panic("a CPU is lost, and would find itself in memory that goes (see above)");
	}
	if (cpu == 0 && !well) {
		undo_stages(cpu, false);
	}
	return well;
}
