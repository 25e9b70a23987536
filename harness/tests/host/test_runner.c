/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/runner.c phases/records.c phases/needs.c phases/reasons.c phases/summary.c phases/log/log.c phases/log/console.c phases/log/ring.c phases/log/format.c */
/* flags: -pthread -fno-sanitize=leak */
#include "config/LOG_LEVEL.h"
#include "harness/tests/host/runner_table.h"

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

			CHECK_EQ(calls[cpu][n], here);
			CHECK_EQ(result(cpu, n), here ? PHASE_DONE : PHASE_NOT_RUN);
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
	phases[9].vital = true;
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
	phases[4].vital = true;
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
	phases[5].vital = true;
	run_cpus(1);
	CHECK(result(0, 2) == PHASE_SKIPPED && result(0, 4) == PHASE_DONE);
	expect_failure("p5: needs console (\"why not\"), which nobody gives: p1 failed: "
		       "reason 1 of CPU 0");
}

static void vital_itself(void)
{
	says[2][17] = PHASE_FAILED;
	phases[17].vital = true;
	cpu_count = 3;
	run_cpus(3);
	CHECK(!went_well[0] && !went_well[2]);
	CHECK(!calls[0][20] && !calls[2][18]);
	expect_failure("p17 (CPU 2): reason 17 of CPU 2");
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
	phases[17].vital = true;
	phases[17].init = fail_or_watch;
	cpu_count = 2;
	run_cpus(2);
	CHECK(!went_well[0] && !went_well[1]);
	CHECK(result(0, 17) == PHASE_DONE && result(0, 18) == PHASE_NOT_RUN);
	expect_failure("p17 (CPU 1): on purpose");
}

static void no_reason(void)
{
	says[0][3] = PHASE_NOT_RUN;
	phases[3].vital = true;
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

static bool in_p13(void)
{
	return __atomic_load_n(&runner_cpu(1)->running, __ATOMIC_RELAXED) == &phases[13];
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
	phases[13].init = stick;
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
	table_edge(18, PHASE_EDGE_NEEDS, NULL, 14, -1);
	table_edge(18, PHASE_EDGE_NEEDS, NULL, 3, -1);
	cpu_count = 2;
	run_cpus(2);
	CHECK(went_well[1] && result(1, 18) == PHASE_SKIPPED);
	host_cpu = 1;
	says[1][14] = PHASE_DONE;
	CHECK(runner_again());
	for (unsigned n = 0; n < PHASES; n++) {
		bool repeated = n / PER_STAGE == AP || n / PER_STAGE == PCPU;

		CHECK_EQ(calls[1][n], repeated ? n == 18 ? 1 : 2 : 0);
		CHECK(!repeated || result(1, n) == PHASE_DONE);
	}
	phases[18].vital = true;
	says[1][18] = PHASE_FAILED;
	CHECK(!runner_again());
	CHECK_ERROR(runner_failure(), "p18 (CPU 1): reason 18 of CPU 1");
}

/* More reasons than are kept: the rest of the chain is still told. */
static void many_reasons(void)
{
	for (unsigned n = 0; n < 20; n++) {
		says[0][n] = PHASE_ABSENT;
	}
	table_edge(23, PHASE_EDGE_NEEDS, NULL, 19, -1);
	phases[23].vital = true;
	run_cpus(1);
	CHECK_ERROR(runner_failure(), "p23: needs p19 (\"why not\"), which ");
}

#include "harness/tests/host/runner_model.h"

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
	for (check_round = 0; check_round < 200; check_round++) {
		check_seed = (check_round + 1) * 0x9e3779b97f4a7c15;
		in_child(random_graph, "random graph");
	}
	return 0;
}
