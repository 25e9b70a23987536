/* SPDX-License-Identifier: BSD-2-Clause */
/* What the runner's files have in common. */
#ifndef PHASES_RUNNER_PARTS_H
#define PHASES_RUNNER_PARTS_H

#include "phases/runner.h"

/* At most: the records of the boot processor are there before any memory can be had. */
#define RUNNER_PHASES 256
#define RUNNER_STAGES 32 /* bits of struct runner_cpu's stages_done */

/* How many CPUs runner_expect_cpus() told of. */
unsigned runner_cpus(void);

/* Whether a CPU runs the phases of a stage. */
bool stage_runs_on(const struct stage *stage, unsigned cpu);

/*
 * Looks at what `phase`, of `stage`, needs, as it is seen from `cpu`. Gives back the first need
 * that is not met, or NULL.
 */
const struct phase_link *need_unmet(const struct phase *phase, const struct stage *stage,
				    unsigned cpu);

/*
 * Why phases were not done, kept for the chain of reasons: one text for each phase, that of the
 * CPU which said it first. Where no more can be kept, texts that refer to it are less complete.
 */
void reason_keep(const struct phase *phase, enum phase_result result, const char *text);
/* The same for a phase that was skipped for `link`; writes the text to log, NUL included, too. */
void reason_keep_skip(const struct phase *phase, const struct phase_link *link, char *text,
		      size_t size);
/* The text that phase_failed() or phase_absent() gave for it; NULL: none is kept. */
const char *reason_find(const struct phase *phase);

#endif
