/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/log/log.c phases/log/console.c phases/log/ring.c phases/log/format.c */
#include "phases/log/console.h"
#include "phases/log/ring.h"

#include "config/LOG_LEVEL.h"
#include "harness/tests/host/check.h"
#include "harness/tests/host/log_machine.h"
#include "phases/phase.h"

const struct phase_links phase_links_log_ring;

/* What a console was given; `inside` runs in the middle of a write, as an NMI handler would. */
static char seen[1 << 16], second_seen[1 << 16];
static size_t seen_length, second_length;
static void (*inside)(void);

void machine_relax(void)
{
	CHECK(!"nobody has to wait here");
}

static void first_write(const char *text, size_t length)
{
	void (*call)(void) = inside;

	inside = NULL;
	if (call) {
		call();
	}
	memcpy(seen + seen_length, text, length);
	seen_length += length;
}

static void second_write(const char *text, size_t length)
{
	memcpy(second_seen + second_length, text, length);
	second_length += length;
}

static struct console first = { .name = "first", .write = first_write, .guest_level = LOG_ERROR };
static struct console second = { .name = "second",
				 .write = second_write,
				 .guest_level = LOG_DEBUG };

static void start_over(void)
{
	memset(seen, 0, seen_length);
	memset(second_seen, 0, second_length);
	seen_length = second_length = 0;
}

static void expect(const char *text)
{
	check_case = text;
	CHECK(strcmp(seen, text) == 0);
	start_over();
}

/* What was logged before a console opens is printed when it does, and not again by the next one. */
static void opening(void)
{
	log_print(LOG_WARNING, "early %d", 1);
	log_print(LOG_DEBUG + 1, "nobody sees this");
	console_add(&first);
	expect("phasevisor: early 1\n");
	log_print(LOG_ERROR, "later");
	console_add(&second);
	CHECK(strcmp(second_seen, "phasevisor: early 1\nphasevisor: later\n") == 0);
	expect("phasevisor: later\n");
	log_print(LOG_ERROR, "both");
	CHECK(strcmp(second_seen, "phasevisor: both\n") == 0);
	expect("phasevisor: both\n");
}

static void levels(void)
{
	for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
		log_print((enum log_level)level, "x");
		CHECK_EQ(seen_length > 0, level <= CONFIG_LOG_LEVEL);
		start_over();
	}
}

static void long_lines(void)
{
	char text[LOG_LINE + 30];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_print(LOG_ERROR, "%s", text);
	CHECK_EQ(seen_length, strlen("phasevisor: ") + LOG_LINE + 1);
	CHECK_EQ(seen[seen_length - 1], '\n');
	start_over();
	log_print(LOG_ERROR, "%s", "");
	expect("phasevisor: \n");
}

static void log_inside(void)
{
	log_print(LOG_ERROR, "from inside");
	CHECK_EQ(seen_length, 0);
}

/* A line that is logged by an NMI handler while its own CPU prints comes after the other. */
static void nested(void)
{
	inside = log_inside;
	log_print(LOG_ERROR, "outside");
	expect("phasevisor: outside\nphasevisor: from inside\n");
}

/* CPU 5 is reset in the middle of a write: another CPU cannot print until it is known or late. */
static void reset_inside(void)
{
	seen_length = 0;
	host_cpu = 1;
	log_print(LOG_ERROR, "waits");
	CHECK_EQ(seen_length, 0);
	log_cpu_restarts(7);
	log_print(LOG_ERROR, "waits too");
	CHECK_EQ(seen_length, 0);
	log_cpu_restarts(5);
	log_print(LOG_ERROR, "goes on");
	expect("phasevisor: waits\nphasevisor: waits too\nphasevisor: goes on\n");
	host_cpu = 5;
}

static void late_inside(void)
{
	host_cpu = 1;
	log_print(LOG_ERROR, "waits");
	CHECK_EQ(seen_length, 0);
	host_ticks += 2000000;
	host_ticks_per_ms = 1000;
	log_print(LOG_ERROR, "took over");
	expect("phasevisor: waits\nphasevisor: took over\n");
	host_ticks_per_ms = 0;
	host_cpu = 5;
}

static void resets(void)
{
	host_cpu = 5;
	inside = reset_inside;
	log_print(LOG_ERROR, "old");
	expect("phasevisor: old\n");
	inside = late_inside;
	log_print(LOG_ERROR, "old");
	expect("phasevisor: old\n");
	host_cpu = 0;
	log_print(LOG_ERROR, "all is well");
	expect("phasevisor: all is well\n");
}

/* A line that another CPU is still writing holds nobody up, and is printed when it is there. */
static void slow_writer(void)
{
	struct log_slot *slot = &log_ring.slots[log_ring.head % log_ring.count];

	log_ring_write(&log_ring, 2, LOG_ERROR, "slow", 4);
	CHECK_EQ(slot->state & 3, LOG_SLOT_READY);
	slot->state ^= LOG_SLOT_READY ^ LOG_SLOT_BUSY;
	log_print(LOG_ERROR, "fast");
	expect("phasevisor: fast\n");
	slot->state ^= LOG_SLOT_READY ^ LOG_SLOT_BUSY;
	log_flush();
	expect("phasevisor: slow\n");
}

static void guest(void)
{
	console_guest_starts();
	log_print(LOG_WARNING, "warning");
	CHECK(strcmp(second_seen, "phasevisor: warning\n") == 0);
	log_print(LOG_ERROR, "error");
	expect("phasevisor: error\n");
}

static unsigned tail_count;
static char tail_last[LOG_LINE];

static void tail_print(const char *text, size_t length)
{
	tail_count++;
	memcpy(tail_last, text, length);
}

static void panics(void)
{
	log_print(LOG_INFO, "kept");
	log_print(LOG_DEBUG, "kept only where debug lines are shown");
	log_tail(2, tail_print);
	CHECK_EQ(tail_count, 2);
	CHECK(strncmp(tail_last, "kept", 4) == 0);
	console_panic_write("the end\n", 8);
	expect("the end\n");
	log_print(LOG_ERROR, "nobody prints any more");
	CHECK_EQ(seen_length, 0);
}

int main(void)
{
	opening();
	levels();
	long_lines();
	nested();
	resets();
	slow_writer();
	guest();
	panics();
	return 0;
}
