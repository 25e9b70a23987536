/* SPDX-License-Identifier: BSD-2-Clause */
/* The bring-up stops: why, and what is undone. */
#include "phases/log/format.h"
#include "phases/log/log.h"
#include "phases/runner_parts.h"

/* Decided once, by the first CPU that cannot go on, or that sees all stages through everywhere. */
enum decision { UNDECIDED, COMPLETE, STOPS, STOPPED }; /* STOPPED: `failure` is there */
static enum decision decision;
static char failure[RUNNER_FAILURE];

static bool decide(enum decision on)
{
	enum decision undecided = UNDECIDED;

	return __atomic_compare_exchange_n(&decision, &undecided, on, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

bool stopped(void)
{
	return __atomic_load_n(&decision, __ATOMIC_SEQ_CST) >= STOPS;
}

INIT_TEXT bool complete(void)
{
	decide(COMPLETE);
	return !stopped();
}

void stop(const char *format, ...)
{
	char text[RUNNER_FAILURE];
	va_list arguments;

	va_start(arguments, format);
	format_vtext(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (decide(STOPS)) {
		format_text(failure, sizeof(failure), "%s", text);
		__atomic_store_n(&decision, STOPPED, __ATOMIC_RELEASE);
		log_print(LOG_ERROR, "stepping back: %s", text);
	} else if (!stopped()) {
		log_print(LOG_ERROR, "a processor cannot start again: %s", text);
	}
}

INIT_TEXT const char *runner_failure(void)
{
	return __atomic_load_n(&decision, __ATOMIC_ACQUIRE) == STOPPED ? failure : NULL;
}

/* The running CPU, whose records are `mine`, undoes what CPU `cpu` did. */
static INIT_TEXT void undo(const struct phase *phase, const struct stage *stage, unsigned cpu,
			   struct runner_cpu *mine)
{
	struct runner_cpu *records = runner_cpu(cpu);
	struct runner_run *run = records ? &records->runs[phase->links->index] : NULL;
	char where[RUNNER_WHERE];

	if (!phase->undo || !run || run_result(run) != PHASE_DONE) {
		return;
	}
	phase_where(where, stage, cpu);
	log_print(LOG_INFO, "phase %s%s is undone", phase->name, where);
	__atomic_store_n(&mine->running, phase, __ATOMIC_RELAXED);
	phase->undo();
	__atomic_store_n(&mine->running, NULL, __ATOMIC_RELAXED);
	run_set_result(run, PHASE_UNDONE);
}

INIT_TEXT void undo_stages(unsigned cpu, bool per_cpu)
{
	for (unsigned n = runner_stage_count; n-- > 0;) {
		const struct stage *stage = &runner_stages[n];
		bool any = stage->cpus == STAGE_ANY;
		size_t i = stage_per_cpu(stage) == per_cpu ? stage->end - stage->begin : 0;

		while (i-- > 0) {
			for (unsigned of = any ? 0 : cpu; of < (any ? runner_cpus() : cpu + 1); of++) {
				undo(stage->begin[i], stage, of, runner_cpu(cpu));
			}
		}
	}
}
