/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of lines that any CPU may write to at any time without a lock. Pure.
 *
 * Each line has a ticket: its number, from 0. The slot `ticket % count` holds it until the ring has
 * gone round. A slot has one word of state, and each change of it is one atomic operation: a writer
 * claims a slot, fills it, and marks it as ready; a printer marks it as shown. Nobody ever waits
 * for a slot: a writer that finds it claimed by one that is a whole lap late (its CPU was reset, or
 * an NMI handler wrote that much) leaves it and takes the next.
 */
#ifndef PHASES_LOG_RING_H
#define PHASES_LOG_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "phases/log/log.h"

struct log_slot {
	uint64_t state; /* ring.c has its layout */
	uint64_t text[LOG_LINE / 8];
};

struct log_ring {
	struct log_slot *slots; /* zeroed at first */
	uint64_t count;         /* a power of two */
	uint64_t head;          /* the next ticket */
};

/* The log's own ring, in log.c; console.c prints what is in it. */
extern struct log_ring log_ring;

enum log_slot_status {
	LOG_SLOT_FREE, /* nothing was written here yet, or it came to nothing */
	LOG_SLOT_BUSY, /* a CPU is writing it */
	LOG_SLOT_READY,
	LOG_SLOT_SHOWN, /* the consoles have it */
};

/* What a slot holds, copied out of it. */
struct log_line {
	uint64_t state;
	enum log_level level;
	size_t length;
	char text[LOG_LINE];
};

/* Writes a line, cut to LOG_LINE bytes. It is lost if every slot is held by a stopped writer. */
void log_ring_write(struct log_ring *ring, unsigned cpu, enum log_level level, const char *text,
		    size_t length);

/* The tickets that the ring may still hold are [*first, *end). */
void log_ring_span(const struct log_ring *ring, uint64_t *first, uint64_t *end);

/*
 * Copies the line with this ticket; `line` is filled for LOG_SLOT_READY and LOG_SLOT_SHOWN only.
 * LOG_SLOT_FREE: there is no such line, or no longer.
 */
enum log_slot_status log_ring_read(const struct log_ring *ring, uint64_t ticket,
				   struct log_line *line);

/* Marks a line that was read as LOG_SLOT_READY as shown. */
void log_ring_shown(struct log_ring *ring, uint64_t ticket, const struct log_line *line);

/* Gives up the slots that this CPU was writing when it was reset. */
void log_ring_abandon(struct log_ring *ring, unsigned cpu);

#endif
