/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/runner.c phases/bring_up.c phases/step_back.c phases/waiting.c phases/parallel.c phases/records.c phases/needs.c phases/reasons.c phases/summary.c phases/log/log.c phases/log/console.c phases/log/ring.c phases/log/format.c */
/* flags: -pthread -fno-sanitize=leak */
#include "config/LOG_LEVEL.h"
#include "harness/tests/host/runner_table.h"

void panic(const char *format, ...)
{
	fprintf(stderr, "panic: %s\n", format);
	abort();
}

static bool (*time_passes)(void); /* whether a wait takes time: 1 ms each */
static bool stuck;                /* the phase `stick` waits for this to end */

void machine_relax(void)
{
	if (time_passes && time_passes()) {
		__atomic_add_fetch(&host_ticks, 1000, __ATOMIC_RELAXED);
	}
	if (host_ticks_per_ms || cpu_count > 2) {
		sched_yield();
	}
}

static enum phase_result stick(void)
{
	while (__atomic_load_n(&stuck, __ATOMIC_ACQUIRE)) {
		sched_yield();
	}
	return PHASE_DONE;
}

static enum phase_result result(unsigned cpu, unsigned n)
{
	return runner_cpu(cpu)->runs[n].result;
}

/* A failure text, and that the console has it once. */
static void expect_failure(const char *text)
{
	const char *first;

	CHECK_ERROR(runner_failure(), text);
	CHECK_EQ(strlen(runner_failure()), strlen(text));
	first = strstr(shown, text);
	CHECK(first && !strstr(first + 1, text));
}

static void expect_shown(const char *text)
{
	if (!strstr(shown, text)) {
		fprintf(stderr, "'%s' is not in:\n%s", text, shown);
		abort();
	}
}

static void all_done(void)
{
	cpu_count = 4;
	run_cpus(4);
	for (unsigned cpu = 0; cpu < 4; cpu++) {
		CHECK(went_well[cpu]);
		for (unsigned n = 0; n < PHASES; n++) {
			unsigned stage = n / PER_STAGE;
			bool here = stage == PCPU || (stage == AP) == (cpu > 0);

			if (stage != PARALLEL) {
				CHECK_EQ(calls[cpu][n], here);
				CHECK_EQ(result(cpu, n), here ? PHASE_DONE : PHASE_NOT_RUN);
			}
		}
	}
	CHECK(!runner_failure());
	host_ticks_per_ms = 10;
	runner_summary();
	if (CONFIG_LOG_LEVEL >= LOG_NOTICE) {
		expect_shown("stage pcpu        4 CPUs:  4 done, 0 absent, 0 failed, 0 skipped, ");
		expect_shown("stage global      1 CPU:   4 done, 0 absent, 0 failed, 0 skipped, ");
		expect_shown("00 us\n");
	}
}

static void chain(void)
{
	says[0][1] = PHASE_FAILED;
	table_edge(4, PHASE_EDGE_NEEDS, NULL, 1, -1);
	table_edge(8, PHASE_EDGE_WANTS, NULL, 4, -1);
	table_edge(9, PHASE_EDGE_NEEDS, NULL, 4, -1);
	phases[9]->vital = true;
	run_cpus(1);
	CHECK(!went_well[0]);
	CHECK(result(0, 4) == PHASE_SKIPPED && result(0, 9) == PHASE_SKIPPED);
	CHECK(result(0, 8) == PHASE_DONE && result(0, 10) == PHASE_NOT_RUN);
	expect_shown("phasevisor: phase p1 failed: reason 1 of CPU 0\n");
	expect_failure(
		"p9: needs p4 (\"why not\"), which was skipped, as p1 failed: reason 1 of CPU 0");
}

static void chain_of_one(void)
{
	says[0][1] = PHASE_ABSENT;
	table_edge(4, PHASE_EDGE_NEEDS, NULL, 1, -1);
	phases[4]->vital = true;
	run_cpus(1);
	expect_failure("p4: needs p1 (\"why not\"), which is absent: nothing 1 at CPU 0");
}

/* One provider is enough; a failure tells more than an absence. */
static void capability(void)
{
	says[0][0] = PHASE_ABSENT;
	says[0][1] = PHASE_FAILED;
	table_edge(2, PHASE_EDGE_NEEDS, "console", 0, 3);
	table_edge(4, PHASE_EDGE_NEEDS, "console", 0, 3);
	table_edge(5, PHASE_EDGE_NEEDS, "console", 0, 1);
	phases[5]->vital = true;
	run_cpus(1);
	CHECK(result(0, 2) == PHASE_SKIPPED && result(0, 4) == PHASE_DONE);
	expect_failure("p5: needs console (\"why not\"), which nobody gives: p1 failed: "
		       "reason 1 of CPU 0");
}

static void vital_itself(void)
{
	says[2][21] = PHASE_FAILED;
	phases[21]->vital = true;
	cpu_count = 3;
	run_cpus(3);
	CHECK(!went_well[0] && !went_well[2]);
	CHECK(!calls[0][24] && !calls[2][22]);
	expect_failure("p21 (CPU 2): reason 21 of CPU 2");
}

static enum phase_result fail_or_watch(void)
{
	if (host_cpu == 1) {
		while (!__atomic_load_n(&runner_cpu(0)->running, __ATOMIC_RELAXED)) {
			sched_yield();
		}
		return phase_failed("on purpose");
	}
	while (!runner_failure()) {
		sched_yield();
	}
	return PHASE_DONE;
}

/* A CPU that is in the middle of a phase stops behind it. */
static void stops_others(void)
{
	phases[21]->vital = true;
	phases[21]->init = fail_or_watch;
	cpu_count = 2;
	run_cpus(2);
	CHECK(!went_well[0] && !went_well[1]);
	CHECK(result(0, 21) == PHASE_DONE && result(0, 22) == PHASE_NOT_RUN);
	expect_failure("p21 (CPU 1): on purpose");
}

static void no_reason(void)
{
	says[0][3] = PHASE_NOT_RUN;
	phases[3]->vital = true;
	run_cpus(1);
	CHECK_EQ(result(0, 3), PHASE_FAILED);
	expect_failure("p3: it gives no reason");
}

static bool through_ap(void)
{
	return __atomic_load_n(&runner_cpu(1)->stages_done, __ATOMIC_ACQUIRE) >> AP & 1;
}

static void cpu_missing(void)
{
	host_ticks_per_ms = 1000;
	time_passes = through_ap;
	cpu_count = 3;
	run_cpus(2);
	CHECK(!went_well[0] && !went_well[1]);
	expect_failure("CPU 2 did not come through stage ap: for 10 s it has been in no phase");
}

static bool in_phase(unsigned cpu, unsigned n)
{
	return __atomic_load_n(&runner_cpu(cpu)->running, __ATOMIC_RELAXED) == phases[n];
}

static bool in_p13(void)
{
	return in_phase(1, 13);
}

static void *unstick(void *unused)
{
	while (!runner_failure()) {
		sched_yield();
	}
	__atomic_store_n(&stuck, false, __ATOMIC_RELEASE);
	return unused;
}

static void cpu_stuck(void)
{
	pthread_t watcher;

	host_ticks_per_ms = 1000;
	time_passes = in_p13;
	cpu_count = 2;
	stuck = true;
	phases[13]->init = stick;
	pthread_create(&watcher, NULL, unstick, NULL);
	run_cpus(2);
	pthread_join(watcher, NULL);
	expect_failure("CPU 1 did not come through stage ap: for 10 s it has been in phase p13");
}

static void no_time(void)
{
	cpu_count = 2;
	run_cpus(1);
	CHECK_ERROR(runner_failure(), "CPU 1 did not come through stage ap");
}

static void again(void)
{
	says[1][14] = PHASE_FAILED;
	table_edge(22, PHASE_EDGE_NEEDS, NULL, 14, -1);
	table_edge(22, PHASE_EDGE_NEEDS, NULL, 3, -1);
	cpu_count = 2;
	run_cpus(2);
	CHECK(went_well[1] && result(1, 22) == PHASE_SKIPPED);
	host_cpu = 1;
	says[1][14] = PHASE_DONE;
	CHECK(runner_again());
	for (unsigned n = 0; n < PHASES; n++) {
		bool repeated = n / PER_STAGE == AP || n / PER_STAGE == PCPU;

		CHECK(n / PER_STAGE == PARALLEL ||
		      calls[1][n] == (repeated ? n == 22 ? 1 : 2 : 0));
		CHECK(!repeated || result(1, n) == PHASE_DONE);
	}
	phases[22]->vital = true;
	says[1][22] = PHASE_FAILED;
	CHECK(!runner_again());
	CHECK(!runner_failure());
	expect_shown("a processor cannot start again: p22 (CPU 1): reason 22 of CPU 1\n");
}

/* More reasons than are kept: the rest of the chain is still told. */
static void many_reasons(void)
{
	for (unsigned n = 0; n < 20; n++) {
		says[0][n] = PHASE_ABSENT;
	}
	table_edge(27, PHASE_EDGE_NEEDS, NULL, 19, -1);
	phases[27]->vital = true;
	run_cpus(1);
	CHECK_ERROR(runner_failure(), "p27: needs p19 (\"why not\"), which ");
}

/* A phase of another journey is no reason to stop, is no provider, and has a column of its own. */
static void facts(void)
{
	static const bool yes = true, no = false;
	static const bool *const both[] = { &yes, &no, NULL }, *const one[] = { &yes, NULL };

	links[1].only = both;
	phases[1]->vital = true;
	links[2].only = one;
	table_edge(4, PHASE_EDGE_NEEDS, NULL, 1, -1);
	table_edge(5, PHASE_EDGE_NEEDS, "console", 1, 2);
	run_cpus(1);
	CHECK(went_well[0] && !calls[0][1] && calls[0][2] == 1);
	CHECK(result(0, 1) == PHASE_ELSEWHERE && result(0, 2) == PHASE_DONE);
	CHECK(result(0, 4) == PHASE_SKIPPED && result(0, 5) == PHASE_DONE);
	if (CONFIG_LOG_LEVEL >= LOG_INFO) {
		expect_shown("phase p4 skipped: needs p1 (\"why not\"), which was not done\n");
	}
	host_ticks_per_ms = 10;
	runner_summary();
	expect_shown(" 3 done, 0 absent, 0 failed, 0 skipped, 1 elsewhere, ");
	expect_shown(" 3 done, 0 absent, 0 failed, 1 skipped, ");
}

/* The last of the table fails: everything is undone, on each CPU what it did. */
static void steps_back(void)
{
	static const unsigned undos[] = { 1, 2, 6, 12, 14, 16, 19, 20, 22, 24 };

	for (unsigned n = 0; n < sizeof(undos) / sizeof(undos[0]); n++) {
		phases[undos[n]]->undo = undo;
	}
	phases[27]->vital = true;
	says[0][27] = PHASE_FAILED;
	says[0][2] = PHASE_ABSENT;
	cpu_count = 2;
	run_cpus(2);
	CHECK(!went_well[0] && !went_well[1]);
	CHECK_EQ(undone_count[1], 4);
	CHECK(undone[1][0] == 22 && undone[1][1] == 20 && undone[1][2] == 14 && undone[1][3] == 12);
	CHECK_EQ(undone_count[0], 7);
	CHECK(undone[0][0] == 22 && undone[0][1] == 20 && undone[0][2] == 24 && undone[0][3] == 19);
	CHECK(undone[0][4] == 16 && undone[0][5] == 6 && undone[0][6] == 1);
	CHECK(result(0, 1) == PHASE_UNDONE && result(0, 2) == PHASE_ABSENT);
	CHECK(result(1, 12) == PHASE_UNDONE && result(1, 13) == PHASE_DONE);
	CHECK_EQ(result(0, 27), PHASE_FAILED);
	expect_shown("phasevisor: stepping back: p27: reason 27 of CPU 0\n");
	if (CONFIG_LOG_LEVEL >= LOG_INFO) {
		expect_shown("phasevisor: phase p14 (CPU 1) is undone\n");
		expect_shown("phasevisor: phase p19 is undone\n");
	}
}

static bool waits_for_1(void)
{
	return host_cpu == 0 && undone_count[0] == 1;
}

static void stick_undone(void)
{
	stick();
}

static void unstick_undone(void)
{
	undo();
	__atomic_store_n(&stuck, false, __ATOMIC_RELEASE);
}

/* A CPU hangs on its way back: it is named, and the boot processor goes on. */
static void stuck_in_undo(void)
{
	host_ticks_per_ms = 1000;
	time_passes = waits_for_1;
	phases[20]->undo = undo;
	phases[12]->undo = stick_undone;
	phases[1]->undo = unstick_undone;
	phases[27]->vital = true;
	says[0][27] = PHASE_FAILED;
	cpu_count = 2;
	stuck = true;
	run_cpus(2);
	expect_shown("CPU 1 did not leave the bring-up: for 10 s it has been in phase p12\n");
	CHECK(undone_count[0] == 2 && undone[0][1] == 1);
}

static bool is_stopped(void)
{
	return runner_failure();
}

static enum phase_result stick_or_fail(void)
{
	if (host_cpu == 1) {
		return stick();
	}
	while (host_cpu == 2 ? !in_phase(0, 21) || !in_phase(1, 21) : !is_stopped()) {
		sched_yield();
	}
	return host_cpu == 2 ? phase_failed("on purpose") : PHASE_DONE;
}

/* A CPU hangs in a phase when another stops the bring-up: one of them names it, nothing is lost. */
static void stuck_while_stopping(void)
{
	const char *first;

	host_ticks_per_ms = 1000;
	time_passes = is_stopped;
	phases[1]->undo = unstick_undone;
	phases[20]->undo = undo;
	phases[21]->init = stick_or_fail;
	phases[21]->vital = true;
	cpu_count = 3;
	stuck = true;
	run_cpus(3);
	CHECK_ERROR(runner_failure(), "p21 (CPU 2): on purpose");
	first = strstr(shown, "CPU 1 did not leave the bring-up: for 10 s it has been in phase p21\n");
	CHECK(first && !strstr(first + sizeof("CPU 1 did not"), "did not leave the bring-up"));
	CHECK(undone_count[0] == 2 && undone[0][0] == 20 && undone[0][1] == 1);
	CHECK(undone_count[1] == 1 && undone_count[2] == 1);
}

static unsigned parallel_together; /* CPUs that are in p16 or p17 */

static enum phase_result meet(void)
{
	__atomic_add_fetch(&parallel_together, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&parallel_together, __ATOMIC_RELAXED) < 2) {
		sched_yield();
	}
	return init();
}

/* Two phases that do not need each other run at the same moment; what needs both comes after. */
static void parallel(void)
{
	phases[16]->init = phases[17]->init = meet;
	table_edge(18, PHASE_EDGE_NEEDS, NULL, 16, -1);
	table_edge(18, PHASE_EDGE_WANTS, NULL, 17, -1);
	table_edge(19, PHASE_EDGE_NEEDS, NULL, 17, -1);
	table_edge(22, PHASE_EDGE_NEEDS, NULL, 18, -1);
	says[0][17] = says[1][17] = PHASE_FAILED;
	cpu_count = 2;
	run_cpus(2);
	CHECK(went_well[0] && went_well[1]);
	CHECK(calls[0][16] + calls[0][17] == 1 && calls[1][16] + calls[1][17] == 1);
	CHECK_EQ(calls[0][18] + calls[1][18], 1);
	CHECK(result(0, 19) == PHASE_SKIPPED || result(1, 19) == PHASE_SKIPPED);
	CHECK(result(0, 22) == PHASE_DONE && result(1, 22) == PHASE_DONE);
	host_ticks_per_ms = 10;
	runner_summary();
	expect_shown("stage parallel    2 CPUs:  2 done, 0 absent, 1 failed, 1 skipped, ");
}

static bool in_p16(void)
{
	return in_phase(1 - host_cpu, 16);
}

/* A CPU that hangs while the other waits for what it does. */
static void stuck_in_parallel(void)
{
	pthread_t watcher;

	host_ticks_per_ms = 1000;
	time_passes = in_p16;
	phases[16]->init = stick;
	table_edge(19, PHASE_EDGE_WANTS, NULL, 16, -1);
	cpu_count = 2;
	stuck = true;
	pthread_create(&watcher, NULL, unstick, NULL);
	run_cpus(2);
	pthread_join(watcher, NULL);
	CHECK(!went_well[0] && !went_well[1] && !calls[0][19] && !calls[1][19]);
	CHECK_ERROR(runner_failure(), "did not come through stage parallel: for 10 s it has been in "
				      "phase p16");
}

int main(void)
{
	in_child(all_done, "all done");
	in_child(chain, "chain");
	in_child(chain_of_one, "chain of one");
	in_child(capability, "capability");
	in_child(vital_itself, "vital itself");
	in_child(stops_others, "stops others");
	in_child(no_reason, "no reason");
	in_child(cpu_missing, "a CPU is missing");
	in_child(cpu_stuck, "a CPU is stuck");
	if (!__has_feature(thread_sanitizer)) { /* counts millions of looks at the other CPU */
		in_child(no_time, "nobody knows the time");
	}
	in_child(again, "again");
	in_child(many_reasons, "many reasons");
	in_child(facts, "facts");
	in_child(steps_back, "steps back");
	in_child(stuck_in_undo, "stuck in undo");
	in_child(stuck_while_stopping, "stuck while stopping");
	in_child(parallel, "parallel");
	in_child(stuck_in_parallel, "stuck in parallel");
	return 0;
}
