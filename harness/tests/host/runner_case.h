/* SPDX-License-Identifier: BSD-2-Clause */
/* For runner_cases.c: the table of a case, and how it is read. test_runner.py writes the text. */
#ifndef HARNESS_TESTS_HOST_RUNNER_CASE_H
#define HARNESS_TESTS_HOST_RUNNER_CASE_H

#include <stdio.h>
#include <stdlib.h>

#include "phases/runner.h"

#define STAGES 8
#define PHASES 64
#define EDGES  6
#define OF     4
#define FACTS  4
#define CPUS   8

/* The table: what is constant in an image. */
struct stage case_stages[STAGES] __asm__("runner_stages");
unsigned case_stage_count __asm__("runner_stage_count");
unsigned case_phase_count __asm__("runner_phase_count");

static struct phase phases[PHASES];
static const struct phase *order[PHASES];
static struct phase_links links[PHASES];
static struct phase_link edges[PHASES][EDGES];
static uint16_t ofs[PHASES][EDGES][OF];
static char names[PHASES][EDGES][8];
static bool facts[FACTS];
static const bool *onlys[PHASES][FACTS + 1];
static enum phase_result says[CPUS][PHASES];
static unsigned cpu_count;
static uint64_t case_seed;

/* What every phase runs, and its undo. */
static enum phase_result case_init(void);
static void case_undo(void);

static unsigned number(void)
{
	unsigned value;

	if (scanf("%u", &value) != 1) {
		exit(2);
	}
	return value;
}

static void read_edge(unsigned phase, unsigned n)
{
	struct phase_link *link = &edges[phase][n];

	link->kind = number() ? PHASE_EDGE_WANTS : PHASE_EDGE_NEEDS;
	link->capability = number();
	snprintf(names[phase][n], sizeof(names[phase][n]), "%c%u", link->capability ? 'c' : 'p',
		 number());
	link->on = names[phase][n];
	link->why = "why";
	link->count = (uint16_t)number();
	link->of = ofs[phase][n];
	for (unsigned i = 0; i < link->count; i++) {
		ofs[phase][n][i] = (uint16_t)number();
	}
}

static void read_phase(unsigned n)
{
	struct phase *phase = &phases[n];
	unsigned only, wanted = 0;

	order[n] = phase;
	links[n] = (struct phase_links){ .index = (uint16_t)n, .links = edges[n] };
	*phase = (struct phase){ .init = case_init, .links = &links[n] };
	snprintf(phase->name, sizeof(phase->name), "p%u", n);
	phase->vital = number();
	phase->undo = number() ? case_undo : NULL;
	only = number();
	for (unsigned fact = 0; fact < FACTS; fact++) {
		if (only >> fact & 1) {
			onlys[n][wanted++] = &facts[fact];
		}
	}
	onlys[n][wanted] = NULL;
	links[n].only = wanted ? onlys[n] : NULL;
	links[n].count = (uint16_t)number();
	for (unsigned edge = 0; edge < links[n].count; edge++) {
		read_edge(n, edge);
	}
}

static bool read_case(void)
{
	static const char *const stage_names[STAGES] = { "s0", "s1", "s2", "s3",
							 "s4", "s5", "s6", "s7" };
	unsigned first = 0, true_facts, count;

	if (scanf("%lu", &case_seed) != 1) {
		return false;
	}
	cpu_count = number();
	case_stage_count = number();
	case_phase_count = number();
	true_facts = number();
	for (unsigned n = 0; n < FACTS; n++) {
		facts[n] = true_facts >> n & 1;
	}
	for (unsigned n = 0; n < case_stage_count; n++) {
		case_stages[n] = (struct stage){ .name = stage_names[n], .begin = order + first };
		case_stages[n].cpus = (enum stage_cpus)number();
		case_stages[n].follows = number();
		first += number();
		case_stages[n].end = order + first;
	}
	for (unsigned n = 0; n < case_phase_count; n++) {
		read_phase(n);
		for (unsigned cpu = 0; cpu < CPUS; cpu++) {
			says[cpu][n] = PHASE_DONE;
		}
	}
	count = number();
	for (unsigned n = 0; n < count; n++) {
		unsigned cpu = number(), phase = number();

		says[cpu][phase] = (enum phase_result)number();
	}
	return true;
}

#endif
