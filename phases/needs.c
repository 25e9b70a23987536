/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether what a phase needs was done. */
#include "config/PARALLEL.h"
#include "phases/runner_parts.h"

bool stage_runs_on(const struct stage *stage, unsigned cpu)
{
	switch (stage->cpus) {
	case STAGE_BSP:
		return cpu == 0;
	case STAGE_APS:
		return cpu != 0;
	case STAGE_ANY:
		return CONFIG_PARALLEL || cpu == 0;
	default:
		return true;
	}
}

bool phase_belongs(const struct phase *phase)
{
	for (const bool *const *fact = phase->links->only; fact && *fact; fact++) {
		if (!**fact) {
			return false;
		}
	}
	return true;
}

/* The stage of the phase at this place of the order, which goes stage by stage. */
static const struct stage *stage_of(unsigned phase)
{
	for (unsigned n = 0, end = 0; n < runner_stage_count; n++) {
		end += (unsigned)(runner_stages[n].end - runner_stages[n].begin);
		if (phase < end) {
			return &runner_stages[n];
		}
	}
	return NULL;
}

static bool done_on(unsigned phase, unsigned cpu)
{
	const struct runner_cpu *records = runner_cpu(cpu);

	return records && run_result(&records->runs[phase]) == PHASE_DONE;
}

/*
 * Between phases that each CPU runs, a need is for what this CPU did, where it runs the other phase
 * at all. A need on one CPU for what several did is for all of them; what a stage of CPUs `any` did
 * counts for all, whoever it was.
 */
static bool done_for(unsigned need, const struct stage *stage, unsigned cpu)
{
	const struct stage *of = stage_of(need);
	bool any = of && of->cpus == STAGE_ANY;

	if (!of) {
		return false;
	}
	if (stage_per_cpu(of) && stage_per_cpu(stage) && stage_runs_on(of, cpu)) {
		return done_on(need, cpu);
	}
	for (unsigned other = 0; other < runner_cpus(); other++) {
		if (stage_runs_on(of, other) && done_on(need, other) == any) {
			return any;
		}
	}
	return !any;
}

static bool need_met(const struct phase_link *link, const struct stage *stage, unsigned cpu)
{
	for (unsigned n = 0; n < link->count; n++) {
		if (done_for(link->of[n], stage, cpu)) {
			return true;
		}
	}
	return false;
}

const struct phase_link *need_unmet(const struct phase *phase, const struct stage *stage,
				    unsigned cpu)
{
	for (unsigned n = 0; n < phase->links->count; n++) {
		const struct phase_link *link = &phase->links->links[n];

		if (link->kind == PHASE_EDGE_NEEDS && !need_met(link, stage, cpu)) {
			return link;
		}
	}
	return NULL;
}
