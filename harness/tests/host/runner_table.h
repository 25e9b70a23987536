/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the runner: a table of phases in six stages, as the generator would write it, whose
 * edges and results a test sets. A round runs in a process of its own, each CPU as a thread.
 */
#ifndef HARNESS_TESTS_HOST_RUNNER_TABLE_H
#define HARNESS_TESTS_HOST_RUNNER_TABLE_H

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/tests/host/check.h"
#include "harness/tests/host/log_machine.h"
#include "phases/log/console.h"
#include "phases/runner.h"

enum { GLOBAL, START_APS, BSP, AP, PCPU, GUEST, STAGES };
#define PER_STAGE 4
#define PHASES    (STAGES * PER_STAGE)
#define CPUS_MAX  8
#define EDGES_MAX 4

const struct phase_links phase_links_log_ring;
const unsigned runner_stage_count = STAGES, runner_phase_count = PHASES;

static struct phase phases[PHASES];
static const struct phase *const order[PHASES] = {
	&phases[0],  &phases[1],  &phases[2],  &phases[3],  &phases[4],  &phases[5],
	&phases[6],  &phases[7],  &phases[8],  &phases[9],  &phases[10], &phases[11],
	&phases[12], &phases[13], &phases[14], &phases[15], &phases[16], &phases[17],
	&phases[18], &phases[19], &phases[20], &phases[21], &phases[22], &phases[23]
};

#define ORDER(stage) .begin = order + (stage)*PER_STAGE, .end = order + ((stage) + 1) * PER_STAGE
const struct stage runner_stages[STAGES] = {
	[GLOBAL] = { .name = "global", .cpus = STAGE_BSP, ORDER(GLOBAL) },
	[START_APS] = { .name = "start_aps", .cpus = STAGE_BSP, .follows = 1, ORDER(START_APS) },
	[BSP] = { .name = "bsp", .cpus = STAGE_BSP, .follows = 3, ORDER(BSP) },
	[AP] = { .name = "ap", .cpus = STAGE_APS, .follows = 3, .again = true, ORDER(AP) },
	[PCPU] = { .name = "pcpu", .cpus = STAGE_ALL, .follows = 15, .again = true, ORDER(PCPU) },
	[GUEST] = { .name = "guest", .cpus = STAGE_BSP, .follows = 31, ORDER(GUEST) },
};

static struct phase_links links[PHASES];
static struct phase_link edges[PHASES][EDGES_MAX];
static uint16_t ofs[PHASES][EDGES_MAX][2];

/* What each phase says on each CPU; how often it was called; whether it said it on the right one. */
static enum phase_result says[CPUS_MAX][PHASES];
static unsigned calls[CPUS_MAX][PHASES];
static unsigned cpu_count;
static bool went_well[CPUS_MAX];

static char shown[1 << 16]; /* what the console saw */
static size_t shown_length;

static enum phase_result phase_n(unsigned n)
{
	calls[host_cpu][n]++;
	switch (says[host_cpu][n]) {
	case PHASE_FAILED:
		return phase_failed("reason %u of CPU %u", n, host_cpu);
	case PHASE_ABSENT:
		return phase_absent("nothing %u at CPU %u", n, host_cpu);
	default:
		return says[host_cpu][n];
	}
}

#define INIT(n)                                 \
	static enum phase_result init_##n(void) \
	{                                       \
		return phase_n(n);              \
	}
INIT(0)
INIT(1)
INIT(2) INIT(3) INIT(4) INIT(5) INIT(6) INIT(7) INIT(8) INIT(9) INIT(10) INIT(11) INIT(12) INIT(13)
	INIT(14) INIT(15) INIT(16) INIT(17) INIT(18) INIT(19) INIT(20) INIT(21) INIT(22)
		INIT(23) static enum phase_result (*const inits[PHASES])(void) = {
			init_0,  init_1,  init_2,  init_3,  init_4,  init_5,  init_6,  init_7,
			init_8,  init_9,  init_10, init_11, init_12, init_13, init_14, init_15,
			init_16, init_17, init_18, init_19, init_20, init_21, init_22, init_23
		};

__attribute__((unused)) static void table_reset(void)
{
	for (unsigned n = 0; n < PHASES; n++) {
		links[n] = (struct phase_links){ .index = (uint16_t)n, .links = edges[n] };
		phases[n] = (struct phase){ .init = inits[n], .links = &links[n] };
		snprintf(phases[n].name, sizeof(phases[n].name), "p%u", n);
		for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
			says[cpu][n] = PHASE_DONE;
		}
	}
	memset(ofs, 0, sizeof(ofs));
	cpu_count = 1;
}

/* An edge to one phase, or (on another name) to two that provide it. */
__attribute__((unused)) static void table_edge(unsigned from, enum phase_edge kind, const char *on,
					       unsigned to, int second)
{
	unsigned n = links[from].count++;

	ofs[from][n][0] = (uint16_t)to;
	ofs[from][n][1] = (uint16_t)second;
	edges[from][n] = (struct phase_link){
		.kind = kind,
		.capability = on,
		.count = second < 0 ? 1 : 2,
		.of = ofs[from][n],
		.on = on ? on : phases[to].name,
		.why = "why not",
	};
}

static void shown_write(const char *text, size_t length)
{
	memcpy(shown + shown_length, text, length);
	shown_length += length;
}

static struct console shown_console = { .name = "shown", .write = shown_write };

static void *run_cpu(void *argument)
{
	host_cpu = (unsigned)(uintptr_t)argument;
	went_well[host_cpu] = runner_run();
	return NULL;
}

/* `come`: how many of the CPUs are there. */
__attribute__((unused)) static void run_cpus(unsigned come)
{
	pthread_t threads[CPUS_MAX];

	console_add(&shown_console);
	runner_expect_cpus(cpu_count);
	for (unsigned cpu = 1; cpu < come; cpu++) {
		runner_cpu_place(cpu, calloc(1, runner_cpu_size()));
	}
	for (unsigned cpu = 0; cpu < come; cpu++) {
		pthread_create(&threads[cpu], NULL, run_cpu, (void *)(uintptr_t)cpu);
	}
	for (unsigned cpu = 0; cpu < come; cpu++) {
		pthread_join(threads[cpu], NULL);
	}
}

/* The runner runs once in a process. */
__attribute__((unused)) static void in_child(void (*test)(void), const char *name)
{
	int status;
	pid_t child;

	check_case = name;
	child = fork();
	if (child == 0) {
		alarm(60); /* ends it, should it hang */
		table_reset();
		test();
		_exit(0);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	CHECK_EQ(status, 0);
}

#endif
