/* SPDX-License-Identifier: BSD-2-Clause */
/* For test_runner.c: random graphs and results, and what has to come of them, said in another way. */
#ifndef HARNESS_TESTS_HOST_RUNNER_MODEL_H
#define HARNESS_TESTS_HOST_RUNNER_MODEL_H

#include "harness/tests/host/runner_table.h"

static enum phase_result wanted[CPUS_MAX][PHASES];

static bool runs(unsigned n, unsigned cpu)
{
	unsigned stage = n / PER_STAGE;

	return stage == PCPU ? true : stage == AP ? cpu != 0 : cpu == 0;
}

/* On the CPU itself where both phases belong to each CPU, or to one stage; else on all. */
static bool model_done(unsigned phase, unsigned need, unsigned cpu)
{
	bool own = phase / PER_STAGE == need / PER_STAGE ||
		   (phase / PER_STAGE == PCPU && runs(need, cpu));

	for (unsigned other = 0; other < cpu_count; other++) {
		if (runs(need, other) && (!own || other == cpu) &&
		    wanted[other][need] != PHASE_DONE) {
			return false;
		}
	}
	return true;
}

static bool model_runs(unsigned n, unsigned cpu)
{
	for (unsigned edge = 0; edge < links[n].count; edge++) {
		bool met = edges[n][edge].kind == PHASE_EDGE_WANTS;

		for (unsigned of = 0; of < edges[n][edge].count; of++) {
			met |= model_done(n, edges[n][edge].of[of], cpu);
		}
		if (!met) {
			return false;
		}
	}
	return true;
}

/* Whether a phase may point to another: one earlier in its stage, or in a stage that it follows. */
static bool may_need(unsigned from, unsigned to)
{
	return to < from && !(from / PER_STAGE == AP && to / PER_STAGE == BSP);
}

static void random_edges(void)
{
	for (unsigned n = 1; n < PHASES; n++) {
		for (unsigned edge = 0; edge < check_random(EDGES_MAX); edge++) {
			unsigned first = (unsigned)check_random(n),
				 second = (unsigned)check_random(n);
			enum phase_edge kind =
				check_random(3) ? PHASE_EDGE_NEEDS : PHASE_EDGE_WANTS;

			if (may_need(n, first)) {
				table_edge(n, kind, NULL, first,
					   check_random(3) || !may_need(n, second) ? -1
										   : (int)second);
			}
		}
	}
}

static void random_results(void)
{
	for (unsigned n = 0; n < PHASES; n++) {
		for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
			if (!check_random(12)) {
				says[cpu][n] = check_random(2) ? PHASE_FAILED : PHASE_ABSENT;
			}
		}
	}
}

/* A stage begins when all that it follows has ended everywhere. */
static void check_times(void)
{
	for (unsigned stage = 0; stage < STAGES; stage++) {
		for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
			uint64_t start = runner_cpu(cpu)->stage_runs[stage].start;

			for (unsigned n = 0; start && n < STAGES * cpu_count; n++) {
				const struct runner_stage_run *before =
					&runner_cpu(n / STAGES)->stage_runs[n % STAGES];

				CHECK(!(runner_stages[stage].follows >> n % STAGES & 1) ||
				      before->end < start);
			}
		}
	}
}

static bool model_run(void)
{
	bool well = true;

	for (unsigned n = 0; n < PHASES; n++) {
		for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
			if (runs(n, cpu)) {
				wanted[cpu][n] = model_runs(n, cpu) ? says[cpu][n] : PHASE_SKIPPED;
				well &= wanted[cpu][n] == PHASE_DONE || !phases[n].vital;
			}
		}
	}
	return well;
}

static void random_graph(void)
{
	bool well;

	cpu_count = 1 + (unsigned)check_random(CPUS_MAX);
	random_edges();
	random_results();
	phases[check_random(PHASES)].vital = !check_random(3);
	run_cpus(cpu_count);
	well = model_run();
	CHECK_EQ(went_well[0], well);
	CHECK_EQ(!runner_failure(), well);
	for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
		for (unsigned n = 0; n < PHASES; n++) {
			enum phase_result got = runner_cpu(cpu)->runs[n].result;

			/* Where it stops, all went as it should up to there. */
			CHECK(got == wanted[cpu][n] || (!well && got == PHASE_NOT_RUN));
			CHECK_EQ(calls[cpu][n],
				 got != PHASE_NOT_RUN && got != PHASE_SKIPPED ? 1 : 0);
		}
	}
	if (well) {
		check_times();
	}
}

#endif
