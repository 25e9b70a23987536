/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs phases: what stays once the guest runs, for CPUs that start again. */
#include "phases/runner.h"

#include "config/FAULT_INJECTION.h"
#include "phases/log/format.h"
#include "phases/log/log.h"
#include "phases/machine.h"
#include "phases/runner_parts.h"

void phase_where(char *where, const struct stage *stage, unsigned cpu)
{
	where[0] = '\0';
	if (stage_per_cpu(stage)) {
		format_text(where, RUNNER_WHERE, " (CPU %u)", cpu);
	}
}

/* Runs init and keeps what it says; a result that is none of a phase's counts as a failure. */
static enum phase_result call_phase(const struct phase *phase, struct runner_cpu *records)
{
	struct runner_run *run = &records->runs[phase->links->index];
	enum phase_result result;

	log_print(LOG_DEBUG, "phase %s: %s", phase->name, phase->does);
	records->reason[0] = '\0';
	run_set_result(run, PHASE_RUNNING);
	run->start = machine_ticks();
	__atomic_store_n(&records->running, phase, __ATOMIC_RELAXED);
	result = CONFIG_FAULT_INJECTION ? fault_or_init(phase) : phase->init();
	__atomic_store_n(&records->running, NULL, __ATOMIC_RELAXED);
	run->end = machine_ticks();
	if (result == PHASE_DONE) {
		return PHASE_DONE;
	}
	if (result != PHASE_ABSENT) {
		result = PHASE_FAILED;
	}
	if (!records->reason[0]) {
		format_text(records->reason, RUNNER_REASON, "it gives no reason");
	}
	reason_keep(phase, result, records->reason);
	return result;
}

bool run_phase(const struct phase *phase, const struct stage *stage, unsigned cpu,
	       struct runner_cpu *records)
{
	static const char *const words[] = {
		[PHASE_ABSENT] = "is absent", [PHASE_FAILED] = "failed", [PHASE_SKIPPED] = "skipped"
	};
	const struct phase_link *unmet = need_unmet(phase, stage, cpu);
	struct runner_run *run = &records->runs[phase->links->index];
	enum phase_result result = PHASE_SKIPPED;
	char where[RUNNER_WHERE], text[RUNNER_FAILURE];
	const char *reason = records->reason;

	if (!phase_belongs(phase)) {
		log_print(LOG_DEBUG, "phase %s is not for this journey", phase->name);
		run_set_result(run, PHASE_ELSEWHERE);
		return true;
	}
	if (unmet) {
		run->start = run->end = 0;
		reason_keep_skip(phase, unmet, text, sizeof(text));
		reason = text;
	} else {
		result = call_phase(phase, records);
	}
	run_set_result(run, result);
	if (result == PHASE_DONE) {
		return true;
	}
	phase_where(where, stage, cpu);
	if (phase->vital) {
		stop("%s%s: %s", phase->name, where, reason);
		return false;
	}
	log_print(result == PHASE_FAILED ? LOG_WARNING : LOG_INFO, "phase %s%s %s: %s", phase->name,
		  where, words[result], reason);
	return true;
}

bool run_in_order(const struct stage *stage, unsigned cpu, struct runner_cpu *records)
{
	for (const struct phase *const *phase = stage->begin; phase != stage->end; phase++) {
		if (stopped() || !run_phase(*phase, stage, cpu, records)) {
			return false;
		}
	}
	return true;
}

bool run_stage(unsigned n, unsigned cpu, struct runner_cpu *records, run_phases *run)
{
	records->stage_runs[n].start = machine_ticks();
	if (!run(&runner_stages[n], cpu, records)) {
		return false;
	}
	records->stage_runs[n].end = machine_ticks();
	__atomic_or_fetch(&records->stages_done, 1u << n, __ATOMIC_RELEASE);
	return true;
}

/* From here a CPU says that it needs no more of what goes when the guest runs. */
INIT_REFERENCE(runner_run, bring_up, "a CPU calls it once, before the guest runs");
bool runner_run(void)
{
	unsigned cpu = machine_cpu();
	struct runner_cpu *records = runner_cpu(cpu);
	bool well;

	/* Before it looks whether the bring-up has stopped: it sees that, or is waited for. */
	__atomic_store_n(&records->progress, RUNNER_BEGUN, __ATOMIC_SEQ_CST);
	well = bring_up(cpu, records);
	__atomic_store_n(&records->progress, RUNNER_OVER, __ATOMIC_RELEASE);
	return well;
}

bool runner_again(void)
{
	unsigned cpu = machine_cpu();
	struct runner_cpu *records = runner_cpu(cpu);

	for (unsigned n = 0; n < runner_stage_count; n++) {
		if (records && runner_stages[n].again && stage_runs_on(&runner_stages[n], cpu) &&
		    !run_stage(n, cpu, records, run_in_order)) {
			return false;
		}
	}
	return records;
}
