/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/log/format.c */
/*
 * Runs graphs that it reads on its input, with CPUs as threads, and prints what happened: the
 * runner's half of harness/tests/test_runner.py, which has both forms. The runner is included and
 * not linked, so that its memory can be set back between cases.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "harness/tests/host/runner_case.h"
#include "phases/bring_up.c"
#include "phases/needs.c"
#include "phases/parallel.c"
#include "phases/reasons.c"
#include "phases/records.c"
#include "phases/runner.c"
#include "phases/step_back.c"
#include "phases/waiting.c"

#define EVENTS 256

static unsigned products[CPUS][PHASES]; /* what phases leave for others: no atomics */
static __thread unsigned seen;          /* of them, so that they are looked at */

struct event {
	char kind; /* r: init, u: undo, l: a line of the log */
	unsigned phase;
	uint64_t start, end;
	char text[256];
};
static struct event events[CPUS][EVENTS];
static unsigned event_counts[CPUS];
static bool well[CPUS];

static __thread unsigned this_cpu;
static uint64_t ticks;

unsigned machine_cpu(void)
{
	return this_cpu;
}

/* Relaxed: it must not order what the runner does not order. */
uint64_t machine_ticks(void)
{
	return __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
}

uint64_t machine_ticks_per_ms(void)
{
	return 0;
}

void machine_relax(void)
{
	sched_yield();
}

static struct event *event(char kind)
{
	if (event_counts[this_cpu] == EVENTS) {
		abort();
	}
	events[this_cpu][event_counts[this_cpu]].kind = kind;
	return &events[this_cpu][event_counts[this_cpu]++];
}

void log_print(enum log_level level, const char *format, ...)
{
	struct event *line;
	va_list arguments;

	if (level > LOG_INFO) {
		return;
	}
	line = event('l');
	line->start = machine_ticks();
	va_start(arguments, format);
	format_vtext(line->text, sizeof(line->text), format, arguments);
	va_end(arguments);
}

/* The same for a case, a CPU and a phase each time: mostly none. */
static void delay(unsigned phase, unsigned salt)
{
	uint64_t hash = (case_seed + this_cpu * 64 + phase * 1024 + salt) * 0x9e3779b97f4a7c15;

	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9;
	hash ^= hash >> 32;
	for (unsigned n = hash % 4; hash / 4 % 4 == 0 && n > 0; n--) {
		sched_yield();
	}
	if (hash / 16 % 8 == 0) {
		usleep(20 + hash / 128 % 128);
	}
}

/* Looks at what a phase left on each CPU, or on this one where others may be at it. */
static unsigned look(unsigned phase, bool own)
{
	unsigned sum = 0;

	for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
		sum += !own || cpu == this_cpu ? products[cpu][phase] : 0;
	}
	return sum;
}

/* All that comes before a phase can be used by it. */
static unsigned look_before(unsigned phase)
{
	const struct stage *stage = stage_of(phase);
	unsigned sum = 1;

	for (unsigned edge = 0; edge < links[phase].count; edge++) {
		for (unsigned n = 0; n < edges[phase][edge].count; n++) {
			unsigned of = ofs[phase][edge][n];

			sum += look(of, stage_of(of) == stage && stage_per_cpu(stage));
		}
	}
	return sum;
}

static struct event *begin(char kind)
{
	struct event *now = event(kind);

	now->phase = runner_cpu(this_cpu)->running->links->index;
	now->start = machine_ticks();
	delay(now->phase, (unsigned)kind);
	return now;
}

static enum phase_result case_init(void)
{
	struct event *now = begin('r');
	enum phase_result result = says[this_cpu][now->phase];

	products[this_cpu][now->phase] = look_before(now->phase);
	now->end = machine_ticks();
	return result == PHASE_FAILED   ? phase_failed("p%u on CPU %u", now->phase, this_cpu)
	       : result == PHASE_ABSENT ? phase_absent("p%u on CPU %u", now->phase, this_cpu)
					: result;
}

static void case_undo(void)
{
	struct event *now = begin('u');
	bool own = stage_per_cpu(stage_of(now->phase));

	/* Nobody uses what this CPU did any more; the boot processor comes last. */
	for (unsigned n = 0; n < case_phase_count; n++) {
		products[this_cpu][now->phase] ^= look(n, own);
	}
	now->end = machine_ticks();
}

void panic(const char *format, ...)
{
	fprintf(stderr, "panic: %s\n", format);
	abort();
}

/* The runner's memory as before its first instruction. */
static void reset(void)
{
	for (unsigned cpu = 1; cpu < CPUS; cpu++) {
		free(runner_records[cpu]);
		runner_records[cpu] = NULL;
	}
	memset(bsp_runs, 0, sizeof(bsp_runs));
	memset(bsp_stage_runs, 0, sizeof(bsp_stage_runs));
	bsp = (struct runner_cpu){ .runs = bsp_runs, .stage_runs = bsp_stage_runs };
	expected = 1;
	memset(reasons, 0, sizeof(reasons));
	reason_count = 0;
	memset(states, 0, sizeof(states));
	decision = UNDECIDED;
	memset(products, 0, sizeof(products));
	memset(event_counts, 0, sizeof(event_counts));
}

static void *run_cpu(void *argument)
{
	this_cpu = (unsigned)(uintptr_t)argument;
	well[this_cpu] = runner_run();
	for (unsigned n = 0; this_cpu == 0 && n < case_phase_count; n++) {
		seen += look(n, false);
	}
	return NULL;
}

static void run_case(void)
{
	pthread_t threads[CPUS];

	runner_expect_cpus(cpu_count);
	for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
		runner_cpu_place(cpu, calloc(1, runner_cpu_size()));
	}
	for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
		pthread_create(&threads[cpu], NULL, run_cpu, (void *)(uintptr_t)cpu);
	}
	for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
		pthread_join(threads[cpu], NULL);
	}
}

static void print_case(void)
{
	for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
		for (unsigned n = 0; n < event_counts[cpu]; n++) {
			const struct event *event = &events[cpu][n];

			if (event->kind == 'l') {
				printf("l %u %lu %s\n", cpu, event->start, event->text);
			} else {
				printf("%c %u %u %lu %lu\n", event->kind, cpu, event->phase,
				       event->start, event->end);
			}
		}
		for (unsigned n = 0; n < case_phase_count; n++) {
			if (runner_cpu(cpu)->runs[n].result != PHASE_NOT_RUN) {
				printf("p %u %u %u\n", cpu, n, runner_cpu(cpu)->runs[n].result);
			}
		}
		printf("w %u %u\n", cpu, well[cpu]);
	}
	printf("f %s\n.\n", runner_failure() ? runner_failure() : "");
}

int main(void)
{
	while (read_case()) {
		reset();
		alarm(60); /* ends it, should it hang */
		run_case();
		print_case();
	}
	return 0;
}
