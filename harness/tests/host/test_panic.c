/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/panic/panic.c phases/panic/backtrace.c phases/panic/symbols.c phases/runner.c phases/bring_up.c phases/step_back.c phases/waiting.c phases/parallel.c phases/records.c phases/needs.c phases/reasons.c phases/log/log.c phases/log/console.c phases/log/ring.c phases/log/format.c */
/* flags: -pthread -fno-sanitize=leak -fno-omit-frame-pointer */
#include "phases/panic/panic.h"

#include "harness/tests/host/runner_table.h"

/* What the linker script gives. */
const char image_start[1] = "", symbols_begin[8] = { 0 }, symbols_end[1] = "";

static void (*others)(void), (*in_write)(void);
static bool panics;
static int pipe_end;

void machine_relax(void)
{
}

void panic_other_cpus(void)
{
	panic_print("others stop");
	if (others) {
		others();
	}
}

_Bool panic_frame_readable(uint64_t rbp)
{
	return rbp && rbp % 16 == 0;
}

static void pipe_write(const char *text, size_t length)
{
	CHECK(write(pipe_end, text, length) == (ssize_t)length);
	if (in_write && panics) {
		in_write();
	}
}

static struct console console = { .name = "pipe", .write = pipe_write };

static void panic_again(void)
{
	panic("second");
}

static enum phase_result panicking_phase(void)
{
	panics = true;
	panic("reason %d", 42);
}

/* Runs to the halt in a child; leaves what it printed in `shown`. */
static void run(int want_status)
{
	int status, ends[2];
	ssize_t got;
	pid_t child;

	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		pipe_end = ends[1];
		table_reset();
		phases[5]->init = panicking_phase;
		console_add(&console);
		log_print(LOG_INFO, "kept, shown or not");
		runner_run();
		_exit(0);
	}
	close(ends[1]);
	shown_length = 0;
	while ((got = read(ends[0], shown + shown_length, sizeof(shown) - 1 - shown_length)) > 0) {
		shown_length += (size_t)got;
	}
	shown[shown_length] = '\0';
	close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), want_status);
}

static unsigned count(const char *text)
{
	unsigned found = 0;

	for (const char *at = strstr(shown, text); at; at = strstr(at + 1, text)) {
		found++;
	}
	return found;
}

int main(void)
{
	run(3);
	CHECK_EQ(count("phasevisor: panic: on CPU 0\nphasevisor: reason 42\n"), 1);
	CHECK(count("phasevisor: kept, shown or not\n") >= 1);
	CHECK_EQ(count("phasevisor:   #0  "), 1);
	CHECK_EQ(count("phasevisor:   #2  "), 1);
	CHECK_EQ(count("phasevisor: CPU 0 is in phase p5: does 5\n"), 1);
	CHECK_EQ(count("phasevisor: others stop\nphasevisor: panic: the machine is halted\n"), 1);

	others = panic_again;
	run(3);
	CHECK_EQ(count("reason 42"), 1);
	CHECK_EQ(count("panic: another one on the way through it; CPU 0 halts"), 1);
	CHECK_EQ(count("second") + count("the machine is halted"), 0);

	others = NULL;
	in_write = panic_again;
	run(3);
	CHECK_EQ(count("panic: the last lines of the log"), 1);
	CHECK_EQ(count("panic: another one on the way through it; CPU 0 halts\n"), 1);
	CHECK_EQ(count("reason 42") + count("halted"), 0);
	return 0;
}
