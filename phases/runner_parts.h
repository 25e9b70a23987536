/* SPDX-License-Identifier: BSD-2-Clause */
/* What the runner's files have in common. */
#ifndef PHASES_RUNNER_PARTS_H
#define PHASES_RUNNER_PARTS_H

#include "phases/runner.h"

#define RUNNER_FAILURE 400 /* bytes of the line that says why the bring-up stops */
#define RUNNER_WHERE   16  /* bytes of " (CPU n)" */

/* How many CPUs runner_expect_cpus() told of. */
unsigned runner_cpus(void);

/* How a phase went on a CPU; what the CPU did before it set this is seen by who sees it. */
static inline enum phase_result run_result(const struct runner_run *run)
{
	return __atomic_load_n(&run->result, __ATOMIC_ACQUIRE);
}

static inline void run_set_result(struct runner_run *run, enum phase_result result)
{
	__atomic_store_n(&run->result, result, __ATOMIC_RELEASE);
}

/* Whether each CPU of the stage runs all of its phases. */
static inline bool stage_per_cpu(const struct stage *stage)
{
	return stage->cpus == STAGE_APS || stage->cpus == STAGE_ALL;
}

/* Whether a CPU runs phases of a stage. */
bool stage_runs_on(const struct stage *stage, unsigned cpu);

/* Whether the facts that a phase belongs to are true. */
bool phase_belongs(const struct phase *phase);

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

/* Runs one phase on the calling CPU. False: it is vital and was not done, and stop() was called. */
bool run_phase(const struct phase *phase, const struct stage *stage, unsigned cpu,
	       struct runner_cpu *records);

/* Writes " (CPU n)", or nothing where a phase of the stage is run once. */
void phase_where(char *where, const struct stage *stage, unsigned cpu);

/* Runs phases of a stage until none is left for the calling CPU. False: the bring-up stops. */
typedef bool run_phases(const struct stage *stage, unsigned cpu, struct runner_cpu *records);
run_phases run_in_order, run_parallel;

/* Runs stage number `n`, and keeps when. False: the bring-up stops. */
bool run_stage(unsigned n, unsigned cpu, struct runner_cpu *records, run_phases *run);

/* Runs all stages of the calling CPU, and steps back where that does not go well: false. */
bool bring_up(unsigned cpu, struct runner_cpu *records);

/* The bring-up stops, unless it has stopped for another reason. When complete: this is logged. */
void stop(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool stopped(void);
/* The bring-up is complete, unless it stops: false. */
bool complete(void);

/* Undoes what the calling CPU did as one of several, or (the boot processor) what was done once. */
void undo_stages(unsigned cpu, bool per_cpu);

/* What a CPU that waits knows of the one that it waits for; to begin with, zeroed. */
struct wait {
	unsigned cpu;
	const char *stage;
	const struct phase *running;
	uint64_t since, relaxes;
	char why[RUNNER_REASON]; /* it has waited for too long */
};

/*
 * Waits a moment for a CPU to come through a stage, or (NULL) to leave the bring-up. False: it has been in one
 * phase, or in none, for too long.
 */
bool wait_for_cpu(struct wait *wait, unsigned cpu, const char *stage);

/* Waits until some stages (bit n: stage n) are through on every CPU; false: the bring-up stops. */
bool wait_for_stages(uint64_t stages);

/*
 * CPU `cpu` waits until each other one that has begun has come so far. False: one hangs, which is
 * named.
 */
bool wait_for_all(unsigned cpu, enum runner_progress progress);

/* Runs a phase's init, or gives the result that a test wants in its place. */
enum phase_result fault_or_init(const struct phase *phase);

#endif
