/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/log/ring.c */
#include "phases/log/ring.h"

#include "harness/tests/host/check.h"

#define SLOTS    8
#define BUSY_BIT 1 /* of a slot's state: what is there while it is written */

static struct log_slot slots[SLOTS];
static struct log_ring ring;
static struct log_line line;

static void start_over(void)
{
	memset(slots, 0, sizeof(slots));
	ring = (struct log_ring){ .slots = slots, .count = SLOTS };
}

static void write_number(unsigned cpu, unsigned number)
{
	char text[16];

	log_ring_write(&ring, cpu, LOG_INFO, text,
		       (size_t)snprintf(text, sizeof(text), "line %u", number));
}

static bool holds(uint64_t ticket, unsigned number)
{
	char text[16];
	size_t length = (size_t)snprintf(text, sizeof(text), "line %u", number);

	return log_ring_read(&ring, ticket, &line) >= LOG_SLOT_READY && line.length == length &&
	       memcmp(line.text, text, length) == 0;
}

static void wraps(void)
{
	uint64_t first, end;

	start_over();
	log_ring_span(&ring, &first, &end);
	CHECK(first == 0 && end == 0);
	CHECK_EQ(log_ring_read(&ring, 0, &line), LOG_SLOT_FREE);
	for (unsigned n = 0; n < 100; n++) {
		write_number(3, n);
		log_ring_span(&ring, &first, &end);
		CHECK_EQ(end, n + 1);
		CHECK_EQ(first, n < SLOTS ? 0 : n + 1 - SLOTS);
		for (uint64_t ticket = first; ticket < end; ticket++) {
			CHECK(holds(ticket, (unsigned)ticket));
		}
		CHECK(!first || log_ring_read(&ring, first - 1, &line) == LOG_SLOT_FREE);
		CHECK_EQ(log_ring_read(&ring, end, &line), LOG_SLOT_FREE);
	}
}

static void keeps_fields(void)
{
	char text[LOG_LINE + 9], *at = text;

	start_over();
	for (unsigned n = 0; n < sizeof(text); n++) {
		*at++ = (char)check_random(256);
	}
	for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
		for (size_t length = 0; length <= sizeof(text); length++) {
			uint64_t ticket = ring.head;

			log_ring_write(&ring, 119, (enum log_level)level, text, length);
			CHECK_EQ(log_ring_read(&ring, ticket, &line), LOG_SLOT_READY);
			CHECK_EQ(line.level, level);
			CHECK_EQ(line.length, length < LOG_LINE ? length : LOG_LINE);
			CHECK(memcmp(line.text, text, line.length) == 0);
		}
	}
}

static void shown(void)
{
	struct log_line old;

	start_over();
	write_number(0, 0);
	CHECK_EQ(log_ring_read(&ring, 0, &old), LOG_SLOT_READY);
	log_ring_shown(&ring, 0, &old);
	CHECK_EQ(log_ring_read(&ring, 0, &line), LOG_SLOT_SHOWN);
	for (unsigned n = 1; n <= SLOTS; n++) {
		write_number(0, n);
	}
	log_ring_shown(&ring, 0, &old); /* too late: there is another line now */
	CHECK_EQ(log_ring_read(&ring, SLOTS, &line), LOG_SLOT_READY);
}

/* A CPU that was stopped in the middle of a write: its slot as it is then. */
static void stop_in(unsigned slot)
{
	slots[slot].state = (slots[slot].state & ~3ull) | BUSY_BIT;
}

static void stopped_writers(void)
{
	uint64_t first, end;

	start_over();
	for (unsigned n = 0; n < SLOTS; n++) {
		write_number(n % 2, n);
	}
	stop_in(2);
	stop_in(5);
	CHECK_EQ(log_ring_read(&ring, 2, &line), LOG_SLOT_BUSY);
	for (unsigned n = 8; n < 14; n++) {
		write_number(0, n); /* tickets 8 to 15, without 10 and 13 */
	}
	log_ring_span(&ring, &first, &end);
	CHECK_EQ(end, 16);
	CHECK(holds(9, 9) && holds(11, 10) && holds(12, 11) && holds(15, 13));
	CHECK_EQ(log_ring_read(&ring, 10, &line), LOG_SLOT_FREE);
	log_ring_abandon(&ring, 1);
	for (unsigned n = 16; n < 23; n++) {
		write_number(0, n); /* slot 5 is there again, slot 2 is not */
	}
	CHECK(holds(17, 17) && holds(19, 18) && holds(21, 20));
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		stop_in(slot);
	}
	write_number(0, 99); /* is lost, and gets back */
	log_ring_abandon(&ring, 0);
	log_ring_abandon(&ring, 1);
	end = ring.head;
	write_number(0, 100);
	CHECK(holds(end, 100));
}

/* The same between the claim of a slot and the move of the head. */
static void stopped_before_the_head_moved(void)
{
	start_over();
	write_number(0, 0);
	write_number(6, 1);
	stop_in(1);
	ring.head = 1;
	write_number(0, 2);
	CHECK(holds(2, 2));
	CHECK_EQ(log_ring_read(&ring, 1, &line), LOG_SLOT_BUSY);
	log_ring_abandon(&ring, 6);
	CHECK_EQ(log_ring_read(&ring, 1, &line), LOG_SLOT_FREE);
}

/* A CPU that read the head before another moved it finds the slot taken. */
static void old_head(void)
{
	start_over();
	write_number(0, 0);
	write_number(1, 1);
	ring.head = 0;
	write_number(2, 2);
	CHECK_EQ(ring.head, 3);
	CHECK(holds(0, 0) && holds(1, 1) && holds(2, 2));
}

int main(void)
{
	wraps();
	keeps_fields();
	shown();
	stopped_writers();
	stopped_before_the_head_moved();
	old_head();
	return 0;
}
