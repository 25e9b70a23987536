/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot summary. */
#include "config/LOG_LEVEL.h"
#include "phases/log/format.h"
#include "phases/log/log.h"
#include "phases/machine.h"
#include "phases/runner_parts.h"

static const char *const words[] INIT_RODATA = {
	[PHASE_NOT_RUN] = "not run", [PHASE_RUNNING] = "running",     [PHASE_DONE] = "done",
	[PHASE_ABSENT] = "absent",   [PHASE_FAILED] = "failed",       [PHASE_SKIPPED] = "skipped",
	[PHASE_UNDONE] = "undone",   [PHASE_ELSEWHERE] = "elsewhere",
};

/* Microseconds, or ticks while nobody knows how long one is. */
static INIT_TEXT uint64_t time_of(uint64_t ticks)
{
	uint64_t per_ms = machine_ticks_per_ms();

	return per_ms ? ticks * 1000 / per_ms : ticks;
}

static INIT_TEXT const char *unit(void)
{
	return machine_ticks_per_ms() ? "us" : "ticks";
}

/* How a phase went on all CPUs of its stage: the longest time, and `done` if it was so on each. */
static INIT_TEXT struct runner_run phase_summary(const struct phase *phase,
						 const struct stage *stage)
{
	struct runner_run all = { .result = PHASE_DONE };

	for (unsigned cpu = 0; cpu < runner_cpus(); cpu++) {
		const struct runner_cpu *records = runner_cpu(cpu);
		const struct runner_run *run;

		if (!records || !stage_runs_on(stage, cpu)) {
			continue;
		}
		run = &records->runs[phase->links->index];
		if (run->result != PHASE_DONE && run->result != PHASE_NOT_RUN) {
			all.result = run->result;
		}
		if (run->end - run->start > all.end) {
			all.end = run->end - run->start;
		}
	}
	return all;
}

/* From the first CPU that began the stage to the last that ended it. Gives back how many did. */
static INIT_TEXT unsigned stage_summary(unsigned n, struct runner_stage_run *all)
{
	unsigned cpus = 0;

	*all = (struct runner_stage_run){ .start = UINT64_MAX };
	for (unsigned cpu = 0; cpu < runner_cpus(); cpu++) {
		const struct runner_cpu *records = runner_cpu(cpu);
		const struct runner_stage_run *run = records ? &records->stage_runs[n] : NULL;

		if (!run || !run->end) {
			continue;
		}
		cpus++;
		all->start = run->start < all->start ? run->start : all->start;
		all->end = run->end > all->end ? run->end : all->end;
	}
	return cpus;
}

static INIT_TEXT void print_phase(const struct phase *phase, const struct stage *stage)
{
	struct runner_run run = phase_summary(phase, stage);
	const char *reason = run.result == PHASE_DONE ? NULL : reason_find(phase);

	log_print(LOG_INFO, "  %-20s %-7s %8lu %s%s%s", phase->name, words[run.result],
		  time_of(run.end), unit(), reason ? ": " : "", reason ? reason : "");
}

static INIT_TEXT void print_stage(unsigned n)
{
	const struct stage *stage = &runner_stages[n];
	unsigned results[PHASE_UNDONE + 1] = { 0 };
	struct runner_stage_run time;
	unsigned cpus = stage_summary(n, &time);
	char elsewhere[24] = "";

	if (!cpus) {
		return;
	}
	for (const struct phase *const *phase = stage->begin; phase != stage->end; phase++) {
		results[phase_summary(*phase, stage).result]++;
	}
	if (results[PHASE_ELSEWHERE]) {
		format_text(elsewhere, sizeof(elsewhere), " %u elsewhere,", results[PHASE_ELSEWHERE]);
	}
	log_print(LOG_NOTICE,
		  "stage %-10s %2u CPU%s %2u done, %u absent, %u failed, %u skipped,%s %lu %s",
		  stage->name, cpus, cpus == 1 ? ": " : "s:", results[PHASE_DONE],
		  results[PHASE_ABSENT], results[PHASE_FAILED], results[PHASE_SKIPPED], elsewhere,
		  time_of(time.end - time.start), unit());
	if (CONFIG_LOG_LEVEL < LOG_INFO) {
		return;
	}
	for (const struct phase *const *phase = stage->begin; phase != stage->end; phase++) {
		print_phase(*phase, stage);
	}
}

INIT_TEXT void runner_summary(void)
{
	for (unsigned n = 0; n < runner_stage_count; n++) {
		print_stage(n);
	}
}
