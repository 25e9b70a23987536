/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/log/ring.h"

/*
 * A slot's state: bits 0 to 1 status, 2 to 4 level, 5 to 12 length, 13 to 23 the CPU that wrote it,
 * 24 to 63 ticket. A slot that was never used is all zeros.
 */
#define STATUS_MASK  3ull
#define LEVEL_SHIFT  2
#define LEVEL_MASK   7u
#define LENGTH_SHIFT 5
#define LENGTH_MASK  0xffu
#define CPU_SHIFT    13
#define CPU_MASK     0x7ffu
#define TICKET_SHIFT 24

_Static_assert(LOG_LINE <= LENGTH_MASK, "a line's length fits its field");
_Static_assert(sizeof(struct log_slot) == 256, "slots are a power of two in size");

static enum log_slot_status state_status(uint64_t state)
{
	return (enum log_slot_status)(state & STATUS_MASK);
}

static uint64_t state_ticket(uint64_t state)
{
	return state >> TICKET_SHIFT;
}

static unsigned state_cpu(uint64_t state)
{
	return (unsigned)(state >> CPU_SHIFT) & CPU_MASK;
}

static struct log_slot *slot_of(const struct log_ring *ring, uint64_t ticket)
{
	return &ring->slots[ticket & (ring->count - 1)];
}

static bool replace(uint64_t *word, uint64_t old, uint64_t new)
{
	return __atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/*
 * Takes the next slot; NULL if none is to be had. The claim of the slot comes before the head
 * moves, so that a CPU that stops between the two leaves nothing undone: whoever comes next finds
 * the slot claimed and moves the head.
 */
static struct log_slot *claim(struct log_ring *ring, uint64_t fields, uint64_t *claimed)
{
	uint64_t stuck = 0;

	while (stuck <= ring->count) {
		uint64_t ticket = __atomic_load_n(&ring->head, __ATOMIC_SEQ_CST);
		struct log_slot *slot = slot_of(ring, ticket);
		uint64_t state = __atomic_load_n(&slot->state, __ATOMIC_SEQ_CST);
		enum log_slot_status status = state_status(state);
		bool taken = state && state_ticket(state) >= ticket;

		*claimed = ticket << TICKET_SHIFT | fields;
		if (!taken && status != LOG_SLOT_BUSY) {
			if (replace(&slot->state, state, *claimed | LOG_SLOT_BUSY)) {
				replace(&ring->head, ticket, ticket + 1);
				return slot;
			}
			continue;
		}
		if (!taken) {
			stuck++;
		}
		replace(&ring->head, ticket, ticket + 1);
	}
	return NULL;
}

/*
 * Text goes in and out by atomic words with release and acquire: a word of a newer line is then
 * never seen together with an older state, and a reader that checks the state again after its copy
 * knows that the copy is whole.
 */
static void put_text(struct log_slot *slot, const char *text, size_t length)
{
	for (size_t at = 0; at < length; at += 8) {
		uint64_t word = 0;

		for (size_t i = 0; i < 8 && at + i < length; i++) {
			word |= (uint64_t)(uint8_t)text[at + i] << i * 8;
		}
		__atomic_store_n(&slot->text[at / 8], word, __ATOMIC_RELEASE);
	}
}

static void get_text(const struct log_slot *slot, char *text, size_t length)
{
	for (size_t at = 0; at < length; at += 8) {
		uint64_t word = __atomic_load_n(&slot->text[at / 8], __ATOMIC_ACQUIRE);

		for (size_t i = 0; i < 8 && at + i < length; i++) {
			text[at + i] = (char)(word >> i * 8);
		}
	}
}

void log_ring_write(struct log_ring *ring, unsigned cpu, enum log_level level, const char *text,
		    size_t length)
{
	uint64_t state;
	struct log_slot *slot;

	if (length > LOG_LINE) {
		length = LOG_LINE;
	}
	slot = claim(ring,
		     (uint64_t)(level & LEVEL_MASK) << LEVEL_SHIFT |
			     (uint64_t)length << LENGTH_SHIFT |
			     (uint64_t)(cpu & CPU_MASK) << CPU_SHIFT,
		     &state);
	if (!slot) {
		return;
	}
	put_text(slot, text, length);
	/* Not stored outright: the slot may have been given up as that of a CPU that was reset. */
	replace(&slot->state, state | LOG_SLOT_BUSY, state | LOG_SLOT_READY);
}

void log_ring_span(const struct log_ring *ring, uint64_t *first, uint64_t *end)
{
	*end = __atomic_load_n(&ring->head, __ATOMIC_SEQ_CST);
	*first = *end > ring->count ? *end - ring->count : 0;
}

enum log_slot_status log_ring_read(const struct log_ring *ring, uint64_t ticket,
				   struct log_line *line)
{
	const struct log_slot *slot = slot_of(ring, ticket);
	uint64_t state = __atomic_load_n(&slot->state, __ATOMIC_SEQ_CST);
	enum log_slot_status status = state_status(state);

	if (state_ticket(state) != ticket) {
		return LOG_SLOT_FREE;
	}
	if (status == LOG_SLOT_READY || status == LOG_SLOT_SHOWN) {
		line->state = state;
		line->level = (enum log_level)(state >> LEVEL_SHIFT & LEVEL_MASK);
		line->length = state >> LENGTH_SHIFT & LENGTH_MASK;
		get_text(slot, line->text, line->length);
		state = __atomic_load_n(&slot->state, __ATOMIC_RELAXED);
		if ((state ^ line->state) & ~STATUS_MASK) {
			return LOG_SLOT_FREE;
		}
	}
	return status;
}

void log_ring_shown(struct log_ring *ring, uint64_t ticket, const struct log_line *line)
{
	replace(&slot_of(ring, ticket)->state, line->state,
		(line->state & ~STATUS_MASK) | LOG_SLOT_SHOWN);
}

void log_ring_abandon(struct log_ring *ring, unsigned cpu)
{
	for (uint64_t i = 0; i < ring->count; i++) {
		uint64_t state = __atomic_load_n(&ring->slots[i].state, __ATOMIC_SEQ_CST);

		if (state_status(state) == LOG_SLOT_BUSY && state_cpu(state) == cpu) {
			replace(&ring->slots[i].state, state, state & ~STATUS_MASK);
		}
	}
}
