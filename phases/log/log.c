/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/log/log.h"

#include "config/LOG_LEVEL.h"
#include "config/LOG_RING_SIZE.h"
#include "phases/log/format.h"
#include "phases/log/ring.h"
#include "phases/machine.h"
#include "phases/phase.h"

#define SLOTS (CONFIG_LOG_RING_SIZE / sizeof(struct log_slot))

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "LOG_RING_SIZE is a power of two");

static struct log_slot slots[SLOTS];
struct log_ring log_ring = { .slots = slots, .count = SLOTS };

PHASE(log_ring, global, log_ring_init,
      .does = "opens the log: its first line says which build this is");

static enum phase_result log_ring_init(void)
{
	log_print(LOG_NOTICE, "build %s; the log keeps %lu lines, shows those up to level %d",
		  build_id, SLOTS, CONFIG_LOG_LEVEL);
	return PHASE_DONE;
}

void log_vprint(enum log_level level, const char *format, va_list arguments)
{
	char text[LOG_LINE + 1];
	size_t length;

	if (level > CONFIG_LOG_LEVEL && level > LOG_INFO) {
		return;
	}
	length = format_vtext(text, sizeof(text), format, arguments);
	log_ring_write(&log_ring, machine_cpu(), level, text, length);
	if (level <= CONFIG_LOG_LEVEL) {
		log_flush();
	}
}

void log_print(enum log_level level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vprint(level, format, arguments);
	va_end(arguments);
}

void log_tail(unsigned count, void (*print)(const char *text, size_t length))
{
	struct log_line line;
	uint64_t ticket, end;

	log_ring_span(&log_ring, &ticket, &end);
	if (end - ticket > count) {
		ticket = end - count;
	}
	for (; ticket < end; ticket++) {
		enum log_slot_status status = log_ring_read(&log_ring, ticket, &line);

		if (status == LOG_SLOT_READY || status == LOG_SLOT_SHOWN) {
			print(line.text, line.length);
		}
	}
}
