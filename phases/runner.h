/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the table of phases. Each CPU calls runner_run() once on its way to the guest; a CPU that
 * starts again calls runner_again(). What happened is kept in a struct runner_cpu for each CPU.
 *
 * A stage begins on a CPU when all that it follows is through on every CPU that runs it; each CPU
 * runs the phases of its stages in the table's order. In a stage of CPUs `any` (with
 * CONFIG_PARALLEL) each phase is run once, by the CPU that comes to it first: a CPU takes the next
 * phase in the table's order of which everything that it needs or wants in this stage is finished,
 * however that went. Without CONFIG_PARALLEL the boot processor runs such a stage alone.
 *
 * Where a vital phase cannot run, or a CPU hangs (in one phase, or between two, for 10 s), the
 * bring-up steps back:
 *  - The CPU that finds it logs "stepping back: " and the reason. Phases that run go on to their
 *    end; none starts any more, but for one that its CPU had begun to start at that moment.
 *  - When no CPU is in a phase any more, each undoes what it did in stages of CPUs `aps` and `all`,
 *    in the reverse order; CPUs do so side by side. Then runner_run() gives back false there.
 *  - The boot processor does so too, waits until each CPU that has called runner_run() is that far,
 *    and undoes the rest: phases of stages of CPUs `bsp` and `any`, whoever ran them, in the
 *    reverse of the table's order. What stands behind a stage of CPUs `all` is undone after it, too.
 *  - A CPU that hangs on this way is named by one of the others, and nobody waits for it any more.
 * Undone are phases that were done and have an undo function. A line at LOG_INFO announces each.
 */
#ifndef PHASES_RUNNER_H
#define PHASES_RUNNER_H

#include "phases/phase.h"

/* At most: the records of the boot processor are there before any memory can be had. */
#define RUNNER_PHASES 256
#define RUNNER_STAGES 32 /* bits of struct runner_cpu's stages_done */

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
/* Steps have numbers from 1, as the absolute symbols step_number_NAME; names[0] is "nothing". */
extern const char *const runner_step_names[];
extern const unsigned runner_step_count;

/* How one phase went on one CPU; times are machine_ticks(). */
struct runner_run {
	enum phase_result result;
	uint64_t start, end;
};

/* The times of one stage on one CPU; 0: not reached. */
struct runner_stage_run {
	uint64_t start, end;
};

/* RUNNER_STOPPED: it is stepping back, and in no phase any more. */
enum runner_progress { RUNNER_NOT_BEGUN, RUNNER_BEGUN, RUNNER_STOPPED, RUNNER_OVER };

#define RUNNER_REASON 160 /* bytes of a reason, its NUL included */

struct runner_cpu {
	struct runner_run *runs;               /* runner_phase_count of them, by phase's index */
	struct runner_stage_run *stage_runs;   /* runner_stage_count of them */
	const struct phase *running;           /* the phase in progress (or its undo), or NULL */
	uint32_t stages_done;                  /* bit n: this CPU is through stage n */
	enum runner_progress progress;         /* of runner_run(), a step back included */
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
 * Runs every stage of the calling CPU, which has records, in order, and waits until every other CPU
 * is through all of its own. True: the bring-up is complete; when the boot processor gets this, no
 * CPU needs code or data of the runner any more that is gone once the guest runs (runner_summary()
 * does). False: this CPU has stepped back; when the boot processor gets this, all of them have, and
 * runner_failure() has the reason.
 */
bool runner_run(void);

/*
 * Runs the stages with `again` on the calling CPU, which has run before. Nobody waits for anybody.
 * False: a vital phase could not run, which is logged, and nothing is undone.
 */
bool runner_again(void);

/* The chain of reasons why the bring-up stepped back, one line, or NULL. */
const char *runner_failure(void);

/* Prints the boot summary: a line for each stage, and one for each phase at LOG_INFO. */
void runner_summary(void);

#endif
