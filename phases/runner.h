/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the table of phases. Each CPU calls runner_run() once on its way to the guest; a CPU that
 * starts again calls runner_again(). What happened is kept in a struct runner_cpu for each CPU.
 */
#ifndef PHASES_RUNNER_H
#define PHASES_RUNNER_H

#include "phases/phase.h"

enum stage_cpus { STAGE_BSP, STAGE_APS, STAGE_ALL, STAGE_ANY };

/* A stage, written by the generator, in an order that fits what each follows. */
struct stage {
	const char *name;
	enum stage_cpus cpus;
	bool again;                          /* its phases are repeated when a CPU starts again */
	uint64_t follows;                    /* bit n: after stage n, directly or not */
	const struct phase *const *begin;    /* .initcall.NAME, in order */
	const struct phase *const *end;
};

/* Written by the generator (the table of this build). */
extern const struct stage runner_stages[];
extern const unsigned runner_stage_count;
extern const unsigned runner_phase_count;

/* How one phase went on one CPU; times are machine_ticks(). */
struct runner_run {
	enum phase_result result;
	uint64_t start, end;
};

/* The times of one stage on one CPU; 0: not reached. */
struct runner_stage_run {
	uint64_t start, end;
};

#define RUNNER_REASON 160 /* bytes of a reason, its NUL included */

struct runner_cpu {
	struct runner_run *runs;               /* runner_phase_count of them, by phase's index */
	struct runner_stage_run *stage_runs;   /* runner_stage_count of them */
	const struct phase *running;           /* the phase in progress, or NULL */
	uint32_t stages_done;                  /* bit n: this CPU is through stage n */
	char reason[RUNNER_REASON];            /* of the running phase: phase_failed(), phase_absent() */
};

/* Bytes that runner_cpu_place() needs for one CPU, to be aligned to 16. */
size_t runner_cpu_size(void);

/* Lays out zeroed memory of runner_cpu_size() bytes as the records of CPU number `cpu`. */
void runner_cpu_place(unsigned cpu, void *memory);

/* The records of a CPU; NULL where runner_cpu_place() was not called. */
struct runner_cpu *runner_cpu(unsigned cpu);

/*
 * How many CPUs will run the stages of all CPUs, the boot processor included; 1 until it is set,
 * which must be before the stage `start_aps` ends.
 */
void runner_expect_cpus(unsigned count);

/*
 * Runs every stage of the calling CPU in order. A stage begins when all that it follows is through
 * on every CPU that runs it. Gives back true when this CPU's stages are all through. False when
 * a vital phase could not run, here or on another CPU: the chain of reasons is logged (once), and
 * runner_failure() has it.
 */
bool runner_run(void);

/* Runs the stages with `again` on the calling CPU, which has run before. Nobody waits for anybody. */
bool runner_again(void);

/* The one line that says why the bring-up stopped, or NULL. */
const char *runner_failure(void);

/* Prints the boot summary: a line for each stage, and one for each phase at LOG_INFO. */
void runner_summary(void);

#endif
