/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the runner: a table of phases in seven stages, as the generator would write it, whose
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

enum { GLOBAL, START_APS, BSP, AP, PARALLEL, PCPU, GUEST, STAGES };
#define PER_STAGE 4
#define PHASES    (STAGES * PER_STAGE)
#define CPUS_MAX  8
#define EDGES_MAX 4

const struct phase_links phase_links_log_ring;
const unsigned runner_stage_count = STAGES, runner_phase_count = PHASES;

static struct phase *phases[PHASES]; /* in order */

#define STAGE_OF(stage, cpus_, follows_)                                               \
	.name = #stage, .cpus = STAGE_##cpus_, .follows = (follows_),                  \
	.begin = (const struct phase *const *)phases + (stage##_AT),                   \
	.end = (const struct phase *const *)phases + (stage##_AT) + PER_STAGE
enum {
	global_AT,
	start_aps_AT = START_APS * PER_STAGE,
	bsp_AT = BSP * PER_STAGE,
	ap_AT = AP * PER_STAGE,
	parallel_AT = PARALLEL * PER_STAGE,
	pcpu_AT = PCPU * PER_STAGE,
	guest_AT = GUEST * PER_STAGE,
};
const struct stage runner_stages[STAGES] = {
	[GLOBAL] = { STAGE_OF(global, BSP, 0) },
	[START_APS] = { STAGE_OF(start_aps, BSP, 1) },
	[BSP] = { STAGE_OF(bsp, BSP, 3) },
	[AP] = { STAGE_OF(ap, APS, 3), .again = true },
	[PARALLEL] = { STAGE_OF(parallel, ANY, 15) },
	[PCPU] = { STAGE_OF(pcpu, ALL, 31), .again = true },
	[GUEST] = { STAGE_OF(guest, BSP, 63) },
};

static struct phase_links links[PHASES];
static struct phase_link edges[PHASES][EDGES_MAX];
static uint16_t ofs[PHASES][EDGES_MAX][2];

/* What each phase says on each CPU, how often it was called there, and what was undone, in order. */
static enum phase_result says[CPUS_MAX][PHASES];
static unsigned calls[CPUS_MAX][PHASES];
static unsigned undone[CPUS_MAX][PHASES], undone_count[CPUS_MAX];
static unsigned cpu_count;
static bool went_well[CPUS_MAX];

static char shown[1 << 16]; /* what the console saw */
static size_t shown_length;

static enum phase_result init(void)
{
	unsigned n = runner_cpu(host_cpu)->running->links->index;

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

__attribute__((unused)) static void undo(void)
{
	undone[host_cpu][undone_count[host_cpu]++] = runner_cpu(host_cpu)->running->links->index;
}

__attribute__((unused)) static void table_reset(void)
{
	for (unsigned n = 0; n < PHASES; n++) {
		links[n] = (struct phase_links){ .index = (uint16_t)n, .links = edges[n] };
		phases[n] = calloc(1, sizeof(struct phase) + sizeof("does 00"));
		phases[n]->init = init;
		phases[n]->links = &links[n];
		snprintf(phases[n]->name, sizeof(phases[n]->name), "p%u", n);
		snprintf(phases[n]->does, sizeof("does 00"), "does %u", n);
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
		.on = on ? on : phases[to]->name,
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
