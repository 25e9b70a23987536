/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether what a phase needs was done. */
#include "phases/runner_parts.h"

bool stage_runs_on(const struct stage *stage, unsigned cpu)
{
	switch (stage->cpus) {
	case STAGE_BSP:
		return cpu == 0;
	case STAGE_APS:
		return cpu != 0;
	default:
		return true;
	}
}

/* Positions in the order go stage by stage. */
static const struct stage *stage_of(const struct phase *phase)
{
	for (unsigned n = 0; n < runner_stage_count; n++) {
		const struct stage *stage = &runner_stages[n];

		if (stage->begin != stage->end &&
		    phase->links->index >= stage->begin[0]->links->index &&
		    phase->links->index <= stage->end[-1]->links->index) {
			return stage;
		}
	}
	return NULL;
}

static bool done_on(const struct phase *phase, unsigned cpu)
{
	const struct runner_cpu *records = runner_cpu(cpu);

	return records && records->runs[phase->links->index].result == PHASE_DONE;
}

/*
 * Between stages that more than one CPU runs, a need is for what this CPU did, where it runs the
 * other phase at all. A need on one CPU for what several did is for all of them.
 */
static bool done_for(const struct phase *need, const struct stage *stage, unsigned cpu)
{
	const struct stage *of = stage_of(need);

	if (!of) {
		return false;
	}
	if (stage_runs_on(of, cpu) && (of == stage || stage->cpus != STAGE_BSP)) {
		return done_on(need, cpu);
	}
	for (unsigned other = 0; other < runner_cpus(); other++) {
		if (stage_runs_on(of, other) && !done_on(need, other)) {
			return false;
		}
	}
	return true;
}

static bool need_met(const struct phase_link *link, const struct stage *stage, unsigned cpu)
{
	for (const struct phase *const *of = link->of; *of; of++) {
		if (done_for(*of, stage, cpu)) {
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
