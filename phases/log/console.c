/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/log/console.h"

#include <stdbool.h>

#include "config/LOG_LEVEL.h"
#include "phases/log/ring.h"
#include "phases/machine.h"
#include "phases/memory/string.h"

/*
 * Who prints holds `owner`: its CPU's number + 1. Nobody waits for it (but console_add()): who
 * finds it taken sets `more`, and the owner looks at that after it has let go. An owner that is
 * longer than OWNER_LIMIT at one line was stopped: the next one takes over.
 */
#define OWNER_PANIC 0xffffffffu
#define OWNER_LIMIT 1000u /* ms; a line on a slow serial port takes 200 */

static uint32_t owner;
static uint64_t owner_since; /* ticks, at its present line */
static bool more;
static bool guest_runs;
static uint64_t shown; /* every line before this ticket is shown or lost */
static struct console *consoles;

static const char prefix[] = "phasevisor: ";
#define PREFIX (sizeof(prefix) - 1)

/* The time comes first: an owner is never seen with the time of the one before it. */
static bool take(uint32_t from)
{
	__atomic_store_n(&owner_since, machine_ticks(), __ATOMIC_SEQ_CST);
	return __atomic_compare_exchange_n(&owner, &from, machine_cpu() + 1, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool try_take(void)
{
	uint32_t holder = __atomic_load_n(&owner, __ATOMIC_SEQ_CST);
	uint64_t since = __atomic_load_n(&owner_since, __ATOMIC_SEQ_CST);
	uint64_t per_ms = machine_ticks_per_ms();

	if (!holder) {
		return take(0);
	}
	if (holder == OWNER_PANIC || !per_ms) {
		return false;
	}
	return (int64_t)(machine_ticks() - since) > (int64_t)(per_ms * OWNER_LIMIT) && take(holder);
}

/* Also says that the owner is alive. */
static bool still_mine(void)
{
	__atomic_store_n(&owner_since, machine_ticks(), __ATOMIC_SEQ_CST);
	return __atomic_load_n(&owner, __ATOMIC_SEQ_CST) == machine_cpu() + 1;
}

static void let_go(void)
{
	uint32_t mine = machine_cpu() + 1;

	__atomic_compare_exchange_n(&owner, &mine, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static enum log_level level_of(const struct console *console)
{
	enum log_level level = (enum log_level)CONFIG_LOG_LEVEL;

	if (__atomic_load_n(&guest_runs, __ATOMIC_RELAXED) && console->guest_level < level) {
		level = console->guest_level;
	}
	return level;
}

/* Prints a line on `only`, or on all consoles where that is NULL. */
static void print_line(const struct console *only, const struct log_line *line)
{
	char text[PREFIX + LOG_LINE + 1];
	const struct console *console = only ? only : consoles;

	if (line->level > CONFIG_LOG_LEVEL) {
		return;
	}
	memcpy(text, prefix, PREFIX);
	memcpy(text + PREFIX, line->text, line->length);
	text[PREFIX + line->length] = '\n';
	for (; console; console = only ? NULL : console->next) {
		if (line->level <= level_of(console)) {
			console->write(text, PREFIX + line->length + 1);
		}
	}
}

/*
 * Prints all lines that are ready. A line that is still being written is passed over, so that a
 * writer that was stopped holds nobody up, and looked for again the next time.
 */
static void print_ready(void)
{
	uint64_t ticket, end;
	struct log_line line;
	bool all = true;

	log_ring_span(&log_ring, &ticket, &end);
	if (ticket < __atomic_load_n(&shown, __ATOMIC_RELAXED)) {
		ticket = __atomic_load_n(&shown, __ATOMIC_RELAXED);
	}
	for (; ticket < end && still_mine(); ticket++) {
		enum log_slot_status status = log_ring_read(&log_ring, ticket, &line);

		if (status == LOG_SLOT_READY) {
			log_ring_shown(&log_ring, ticket, &line);
			print_line(NULL, &line);
		} else if (status == LOG_SLOT_BUSY) {
			all = false;
		}
		if (all) {
			__atomic_store_n(&shown, ticket + 1, __ATOMIC_RELAXED);
		}
	}
}

void log_flush(void)
{
	__atomic_store_n(&more, true, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&more, __ATOMIC_SEQ_CST) && try_take()) {
		__atomic_store_n(&more, false, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&consoles, __ATOMIC_ACQUIRE)) {
			print_ready();
		}
		let_go();
	}
}

void log_cpu_restarts(unsigned cpu)
{
	uint32_t held = cpu + 1;

	__atomic_compare_exchange_n(&owner, &held, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	log_ring_abandon(&log_ring, cpu);
}

void console_add(struct console *console)
{
	struct console **end = &consoles;
	struct log_line line;
	uint64_t ticket, last;

	while (!try_take()) {
		machine_relax();
	}
	log_ring_span(&log_ring, &ticket, &last);
	for (; ticket < last && still_mine(); ticket++) {
		if (log_ring_read(&log_ring, ticket, &line) == LOG_SLOT_SHOWN) {
			print_line(console, &line);
		}
	}
	while (*end) {
		end = &(*end)->next;
	}
	console->next = NULL;
	__atomic_store_n(end, console, __ATOMIC_RELEASE);
	let_go();
	log_flush();
}

void console_guest_starts(void)
{
	log_flush();
	__atomic_store_n(&guest_runs, true, __ATOMIC_SEQ_CST);
}

void console_panic_write(const char *text, size_t length)
{
	__atomic_store_n(&owner, OWNER_PANIC, __ATOMIC_SEQ_CST);
	for (struct console *console = __atomic_load_n(&consoles, __ATOMIC_ACQUIRE); console;
	     console = __atomic_load_n(&console->next, __ATOMIC_ACQUIRE)) {
		console->write(text, length);
	}
}
