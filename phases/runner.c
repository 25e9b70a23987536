/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/runner.h"

#include "phases/log/format.h"
#include "phases/log/log.h"
#include "phases/machine.h"
#include "phases/runner_parts.h"

#define WAIT_MS      10000
#define WAIT_RELAXES 20000000u /* where nobody knows the time: seconds, on any machine */
#define FAILURE      400       /* bytes of the line that says why the bring-up stopped */

/* Set once, by the first CPU that cannot go on. */
enum failure_state { NO_FAILURE, FAILURE_COMES, FAILURE_KNOWN };
static unsigned failure_state;
static char failure[FAILURE];

static bool stopped(void)
{
	return __atomic_load_n(&failure_state, __ATOMIC_ACQUIRE) != NO_FAILURE;
}

const char *runner_failure(void)
{
	if (!stopped()) {
		return NULL;
	}
	while (__atomic_load_n(&failure_state, __ATOMIC_ACQUIRE) != FAILURE_KNOWN) {
		machine_relax();
	}
	return failure;
}

__attribute__((format(printf, 1, 2))) static void stop(const char *format, ...)
{
	unsigned none = NO_FAILURE;
	va_list arguments;

	if (!__atomic_compare_exchange_n(&failure_state, &none, FAILURE_COMES, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		return;
	}
	va_start(arguments, format);
	format_vtext(failure, sizeof(failure), format, arguments);
	va_end(arguments);
	log_print(LOG_ERROR, "the guest was not started: %s", failure);
	__atomic_store_n(&failure_state, FAILURE_KNOWN, __ATOMIC_RELEASE);
}

/* Which CPU of a stage is not through with it; false: none. */
static bool stage_lacks(unsigned stage, unsigned *missing)
{
	for (unsigned cpu = 0; cpu < runner_cpus(); cpu++) {
		const struct runner_cpu *records = runner_cpu(cpu);

		if (stage_runs_on(&runner_stages[stage], cpu) &&
		    (!records ||
		     !(__atomic_load_n(&records->stages_done, __ATOMIC_ACQUIRE) & 1u << stage))) {
			*missing = cpu;
			return true;
		}
	}
	return false;
}

/* What a CPU that waits knows of the one that it waits for. */
struct wait {
	unsigned stage, cpu;
	const struct phase *running;
	uint64_t since, relaxes;
};

/* Finds whom the stage has to wait for. Stages come in order: the number of CPUs is known in time. */
static bool find_missing(const struct stage *stage, struct wait *wait)
{
	for (unsigned n = 0; n < runner_stage_count; n++) {
		if (stage->follows >> n & 1 && stage_lacks(n, &wait->cpu)) {
			const struct runner_cpu *records = runner_cpu(wait->cpu);

			wait->stage = n;
			wait->running =
				records ? __atomic_load_n(&records->running, __ATOMIC_RELAXED)
					: NULL;
			return true;
		}
	}
	return false;
}

static bool waited_too_long(struct wait *wait)
{
	uint64_t per_ms = machine_ticks_per_ms();

	if (per_ms) {
		return machine_ticks() - wait->since > per_ms * WAIT_MS;
	}
	return ++wait->relaxes > WAIT_RELAXES;
}

/* The limit is for one phase of one CPU: whoever gets on may take longer as a whole. */
static bool wait_for_others(const struct stage *stage)
{
	struct wait wait = { .since = machine_ticks() }, before = wait;

	for (; find_missing(stage, &wait); before = wait) {
		if (stopped()) {
			return false;
		}
		if (wait.cpu != before.cpu || wait.stage != before.stage ||
		    wait.running != before.running) {
			wait.since = machine_ticks();
			wait.relaxes = 0;
		}
		if (waited_too_long(&wait)) {
			stop("CPU %u did not come through stage %s: for %u s it has been %s%s",
			     wait.cpu, runner_stages[wait.stage].name, WAIT_MS / 1000,
			     wait.running ? "in phase " : "in no phase",
			     wait.running ? wait.running->name : "");
			return false;
		}
		machine_relax();
	}
	return !stopped();
}

/* Runs init and keeps what it says; a result that is none of a phase's counts as a failure. */
static enum phase_result call_phase(const struct phase *phase, struct runner_cpu *records)
{
	struct runner_run *run = &records->runs[phase->links->index];

	log_print(LOG_DEBUG, "phase %s: %s", phase->name, phase->does);
	records->reason[0] = '\0';
	run->result = PHASE_RUNNING;
	run->start = machine_ticks();
	__atomic_store_n(&records->running, phase, __ATOMIC_RELAXED);
	run->result = phase->init();
	__atomic_store_n(&records->running, NULL, __ATOMIC_RELAXED);
	run->end = machine_ticks();
	if (run->result == PHASE_DONE) {
		return PHASE_DONE;
	}
	if (run->result != PHASE_ABSENT) {
		run->result = PHASE_FAILED;
	}
	if (!records->reason[0]) {
		format_text(records->reason, RUNNER_REASON, "it gives no reason");
	}
	reason_keep(phase, run->result, records->reason);
	return run->result;
}

/* False: the phase is vital and was not done. */
static bool run_phase(const struct phase *phase, const struct stage *stage, unsigned cpu,
		      struct runner_cpu *records)
{
	static const char *const words[] = {
		[PHASE_ABSENT] = "is absent", [PHASE_FAILED] = "failed", [PHASE_SKIPPED] = "skipped"
	};
	const struct phase_link *unmet = need_unmet(phase, stage, cpu);
	enum phase_result result = PHASE_SKIPPED;
	char where[16] = "", text[FAILURE];
	const char *reason = records->reason;

	if (unmet) {
		records->runs[phase->links->index] = (struct runner_run){ .result = PHASE_SKIPPED };
		reason_keep_skip(phase, unmet, text, sizeof(text));
		reason = text;
	} else {
		result = call_phase(phase, records);
	}
	if (result == PHASE_DONE) {
		return true;
	}
	if (stage->cpus != STAGE_BSP) {
		format_text(where, sizeof(where), " (CPU %u)", cpu);
	}
	if (phase->vital) {
		stop("%s%s: %s", phase->name, where, reason);
		return false;
	}
	log_print(result == PHASE_FAILED ? LOG_WARNING : LOG_INFO, "phase %s%s %s: %s", phase->name,
		  where, words[result], reason);
	return true;
}

static bool run_stage(unsigned n, unsigned cpu, struct runner_cpu *records, bool first)
{
	const struct stage *stage = &runner_stages[n];

	records->stage_runs[n].start = machine_ticks();
	for (const struct phase *const *phase = stage->begin; phase != stage->end; phase++) {
		if ((first && stopped()) || !run_phase(*phase, stage, cpu, records)) {
			return false;
		}
	}
	records->stage_runs[n].end = machine_ticks();
	__atomic_or_fetch(&records->stages_done, 1u << n, __ATOMIC_RELEASE);
	return true;
}

bool runner_run(void)
{
	unsigned cpu = machine_cpu();
	struct runner_cpu *records = runner_cpu(cpu);

	if (!records || runner_phase_count > RUNNER_PHASES || runner_stage_count > RUNNER_STAGES) {
		stop("CPU %u has no room for the records of %u phases in %u stages", cpu,
		     runner_phase_count, runner_stage_count);
		return false;
	}
	for (unsigned n = 0; n < runner_stage_count; n++) {
		if (!stage_runs_on(&runner_stages[n], cpu)) {
			continue;
		}
		if (!wait_for_others(&runner_stages[n]) || !run_stage(n, cpu, records, true)) {
			return false;
		}
	}
	return true;
}

bool runner_again(void)
{
	unsigned cpu = machine_cpu();
	struct runner_cpu *records = runner_cpu(cpu);

	for (unsigned n = 0; n < runner_stage_count; n++) {
		if (records && runner_stages[n].again && stage_runs_on(&runner_stages[n], cpu) &&
		    !run_stage(n, cpu, records, false)) {
			return false;
		}
	}
	return records;
}
