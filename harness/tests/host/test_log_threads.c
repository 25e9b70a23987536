/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/log/log.c phases/log/console.c phases/log/ring.c phases/log/format.c */
/* flags: -pthread -fno-sanitize=all -fsanitize=thread */
/* CPUs as threads that log at once, and are reset while they print. */
#include "phases/log/console.h"
#include "phases/log/ring.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>

#include "harness/tests/host/check.h"
#include "harness/tests/host/log_machine.h"
#include "phases/phase.h"

#define CPUS        6
#define LINES       10000
#define RESET_EVERY 997 /* lines of a CPU: whoever prints that one stops there */

const struct phase_links phase_links_log_ring;

static unsigned printed[CPUS], lines[CPUS];
static unsigned last_printed[CPUS];
static __thread jmp_buf reset_vector; /* where a CPU begins after a reset */
static pthread_mutex_t checking = PTHREAD_MUTEX_INITIALIZER;

void machine_relax(void)
{
	sched_yield();
}

/* Lines have all lengths. */
static const char *padding(unsigned number)
{
	static const char x[] =
		" xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	return x + number % sizeof(x);
}

/* Each line is whole, and those of one CPU come in order. */
static void check_write(const char *text, size_t length)
{
	char line[320], want[320];
	unsigned cpu, number;
	bool reset;

	memcpy(line, text, length);
	line[length] = '\0';
	CHECK(sscanf(line, "phasevisor: CPU %u line %u", &cpu, &number) == 2);
	snprintf(want, sizeof(want), "phasevisor: CPU %u line %u%s\n", cpu, number,
		 padding(number));
	CHECK(strcmp(line, want) == 0);
	pthread_mutex_lock(&checking);
	CHECK(number > last_printed[cpu]);
	last_printed[cpu] = number;
	reset = ++printed[cpu] % RESET_EVERY == 0;
	pthread_mutex_unlock(&checking);
	if (reset) {
		longjmp(reset_vector, 1);
	}
}

static struct console console = { .name = "check", .write = check_write, .guest_level = LOG_ERROR };

static void *run_cpu(void *argument)
{
	unsigned cpu = (unsigned)(uintptr_t)argument;

	host_cpu = cpu;
	if (setjmp(reset_vector)) {
		log_cpu_restarts(cpu);
	}
	while (lines[cpu] < LINES) {
		unsigned n = ++lines[cpu];

		log_print(LOG_ERROR, "CPU %u line %u%s", cpu, n, padding(n));
	}
	return NULL;
}

/*
 * At the end nothing is left behind, but slots whose writer was reset. How much was lost on the
 * way depends on the host: a thread that is taken off its processor while it prints loses the rest.
 */
static void check_all_shown(void)
{
	uint64_t ticket, end;
	struct log_line line;
	unsigned shown = 0;

	log_ring_span(&log_ring, &ticket, &end);
	CHECK(end >= CPUS * LINES);
	for (; ticket < end; ticket++) {
		enum log_slot_status status = log_ring_read(&log_ring, ticket, &line);

		CHECK(status == LOG_SLOT_SHOWN || status == LOG_SLOT_FREE);
		shown += status == LOG_SLOT_SHOWN;
	}
	CHECK(shown > log_ring.count / 2);
}

int main(void)
{
	pthread_t threads[CPUS];

	console_add(&console);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		pthread_create(&threads[cpu], NULL, run_cpu, (void *)(uintptr_t)cpu);
	}
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		pthread_join(threads[cpu], NULL);
	}
	check_all_shown();
	return 0;
}
