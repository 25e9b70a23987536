/* SPDX-License-Identifier: BSD-2-Clause */
/* Stages of which each phase is run by the CPU that comes to it first. */
#include "phases/runner_parts.h"

/* Of each phase; TAKEN + n: CPU n runs it. */
enum { FREE, FINISHED, TAKEN };
static INIT_BSS unsigned states[RUNNER_PHASES];

static INIT_TEXT unsigned state_of(unsigned phase)
{
	return __atomic_load_n(&states[phase], __ATOMIC_ACQUIRE);
}

/* Whether all that comes before a phase in its stage, which begins with `first`, is finished. */
static INIT_TEXT bool may_run(const struct phase *phase, unsigned first)
{
	for (unsigned n = 0; n < phase->links->count; n++) {
		const struct phase_link *link = &phase->links->links[n];

		for (unsigned of = 0; of < link->count; of++) {
			if (link->of[of] >= first && state_of(link->of[of]) != FINISHED) {
				return false;
			}
		}
	}
	return true;
}

/* Gives back NULL where no phase can be taken now; `busy` is then a CPU to wait for, or -1. */
static INIT_TEXT const struct phase *take(const struct stage *stage, unsigned cpu, int *busy)
{
	bool left = false;
	int runs = -1;

	for (const struct phase *const *phase = stage->begin; phase != stage->end; phase++) {
		unsigned index = (*phase)->links->index, state = state_of(index);

		left |= state == FREE;
		if (state == FREE && may_run(*phase, (*stage->begin)->links->index) &&
		    __atomic_compare_exchange_n(&states[index], &state, TAKEN + cpu, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			return *phase;
		}
		runs = state >= TAKEN ? (int)(state - TAKEN) : runs;
	}
	*busy = left ? runs : -1;
	return NULL;
}

INIT_TEXT bool run_parallel(const struct stage *stage, unsigned cpu, struct runner_cpu *records)
{
	struct wait wait = { 0 };
	int busy = -1;

	while (!stopped()) {
		const struct phase *phase = take(stage, cpu, &busy);

		if (!phase && busy < 0) {
			return true;
		}
		if (!phase && !wait_for_cpu(&wait, (unsigned)busy, stage->name)) {
			stop("%s", wait.why);
		}
		/* One that stops all is never finished: what comes after it does not begin. */
		if (phase && run_phase(phase, stage, cpu, records)) {
			__atomic_store_n(&states[phase->links->index], FINISHED, __ATOMIC_RELEASE);
		}
	}
	return false;
}
