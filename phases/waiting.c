/* SPDX-License-Identifier: BSD-2-Clause */
/* How CPUs wait for each other. */
#include "phases/log/format.h"
#include "phases/log/log.h"
#include "phases/machine.h"
#include "phases/runner_parts.h"

#define WAIT_MS      10000
#define WAIT_RELAXES 20000000u /* where nobody knows the time: seconds, on any machine */

/* The limit is for one phase of one CPU: whoever gets on may take longer as a whole. */
INIT_TEXT bool wait_for_cpu(struct wait *wait, unsigned cpu, const char *stage)
{
	const struct runner_cpu *records = runner_cpu(cpu);
	const struct phase *running =
		records ? __atomic_load_n(&records->running, __ATOMIC_RELAXED) : NULL;
	uint64_t per_ms = machine_ticks_per_ms(), now = machine_ticks();

	if (!wait->since || wait->cpu != cpu || wait->stage != stage || wait->running != running) {
		*wait = (struct wait){ cpu, stage, running, .since = now };
	}
	if (per_ms ? now - wait->since > per_ms * WAIT_MS : ++wait->relaxes > WAIT_RELAXES) {
		format_text(wait->why, sizeof(wait->why),
			    "CPU %u did not %s%s: for %u s it has been %s%s", cpu,
			    stage ? "come through stage " : "leave the bring-up", stage ? stage : "",
			    WAIT_MS / 1000, running ? "in phase " : "in no phase",
			    running ? running->name : "");
		return false;
	}
	machine_relax();
	return true;
}

/* The name of the first of some stages that a CPU is not through with; NULL: none. */
static INIT_TEXT const char *find_missing(uint64_t stages, unsigned *cpu)
{
	for (unsigned n = 0; n < runner_stage_count; n++) {
		for (*cpu = 0; stages >> n & 1 && *cpu < runner_cpus(); ++*cpu) {
			const struct runner_cpu *records = runner_cpu(*cpu);

			if (stage_runs_on(&runner_stages[n], *cpu) &&
			    (!records || !(__atomic_load_n(&records->stages_done, __ATOMIC_ACQUIRE) >>
					   n & 1))) {
				return runner_stages[n].name;
			}
		}
	}
	return NULL;
}

/* Stages come in order: the number of CPUs is known in time. */
INIT_TEXT bool wait_for_stages(uint64_t stages)
{
	struct wait wait = { 0 };
	const char *missing;
	unsigned cpu;

	while (!stopped() && (missing = find_missing(stages, &cpu))) {
		if (!wait_for_cpu(&wait, cpu, missing)) {
			stop("%s", wait.why);
		}
	}
	return !stopped();
}

INIT_TEXT bool wait_for_all(unsigned cpu, enum runner_progress progress)
{
	struct wait wait = { 0 };
	bool all = true;

	for (unsigned other = 0; other < runner_cpus(); other++) {
		struct runner_cpu *records = runner_cpu(other);
		enum runner_progress is;

		while (other != cpu && records &&
		       (is = __atomic_load_n(&records->progress, __ATOMIC_SEQ_CST)) < progress &&
		       is != RUNNER_NOT_BEGUN) {
			/* Whoever gives up first does so for all. */
			if (!wait_for_cpu(&wait, other, NULL) &&
			    __atomic_exchange_n(&records->progress, RUNNER_OVER,
						__ATOMIC_RELAXED) != RUNNER_OVER) {
				log_print(LOG_ERROR, "%s", wait.why);
				all = false;
			}
		}
	}
	return all;
}
