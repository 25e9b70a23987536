/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/linux/place.c boot/linux/halves.c phases/memory/map.c */
/* Random layouts: each plan is carried out on a small memory, and the bytes are looked at. */
#include "boot/linux/moves.h"

#include "harness/tests/host/check.h"

#define PAGE      4096ull
#define MEMORY    0x500000ull /* 5 MiB */
#define DATA_SIZE 0x8000ull

static uint8_t memory[MEMORY], kernel_bytes[MEMORY], initrd_bytes[MEMORY];
static struct memory_map map;
static struct setup_header header;
static struct linux_request request;
static struct linux_plan plan;
static unsigned halved; /* plans in which the kernel is moved in two halves */
static unsigned moves[LINUX_MOVES + 1], apart, in_order, refusals, no_way, no_room, stays;

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static uint64_t pages(uint64_t size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

static struct memory_span random_source(uint64_t most)
{
	struct memory_span span = { .size = 1 + check_random(most) };

	span.base = check_random(MEMORY - span.size);
	if (check_random(4)) {
		span.base &= ~(PAGE - 1);
	}
	return span;
}

/* A machine of 1 to 5 MiB with holes, and two modules that lie anywhere, but not on each other. */
static void random_machine(void)
{
	uint64_t top = 0x100000 + check_random((MEMORY - 0x100000) / PAGE) * PAGE;
	uint64_t kernel_most = 1 + check_random(0x100000);

	map.count = 0;
	CHECK(memory_map_add(&map, 0, check_random(4) ? 0x9f000 : 0x14000, MEMORY_USABLE));
	CHECK(memory_map_add(&map, 0x100000, top, MEMORY_USABLE));
	CHECK(memory_map_set(&map, MEMORY, UINT64_MAX - MEMORY, MEMORY_RESERVED));
	for (unsigned holes = check_random(4); holes; holes--) {
		CHECK(memory_map_set(&map, check_random(MEMORY / PAGE) * PAGE,
				     check_random(64) * PAGE, 2 + check_random(3)));
	}
	do {
		request.kernel = random_source(kernel_most);
		request.initrd = random_source(check_random(2) ? 0x300000 : 0x80000);
	} while (overlap(request.kernel.base, request.kernel.size, request.initrd.base,
			 request.initrd.size));
	request.initrd.size *= check_random(10) != 0;
	header.kernel_alignment = PAGE << check_random(6);
	header.pref_address = 0x100000 + check_random(16) * header.kernel_alignment;
	header.init_size = request.kernel.size + check_random(0x100000);
	header.relocatable_kernel = check_random(4) != 0;
	header.initrd_addr_max = check_random(3) ? 0xffffffff : MEMORY - check_random(0x100000);
	request.boot_data_size = DATA_SIZE;
	request.map = &map;
	request.header = &header;
}

static void carry_out(const struct linux_moves *list)
{
	CHECK(list->count <= LINUX_MOVES);
	for (unsigned i = 0; i < list->count; i++) {
		const struct linux_move *move = &list->moves[i];

		CHECK(memory_map_is(&map, move->to, move->size, MEMORY_USABLE));
		memmove(memory + move->to, memory + move->from, move->size);
	}
}

/* In any order: what may be done at the same time. */
static void carry_out_all(void)
{
	unsigned order = check_round % 6;
	unsigned data_at = order % 3;

	memcpy(kernel_bytes, memory + request.kernel.base, request.kernel.size);
	memcpy(initrd_bytes, memory + request.initrd.base, request.initrd.size);
	if (check_round & 1) {
		carry_out(&plan.second_half);
	}
	for (unsigned step = 0; step < 3; step++) {
		if (step == data_at) {
			memset(memory + plan.boot_data, 0xda, DATA_SIZE);
		} else {
			bool first = step == (data_at == 0);

			carry_out(first == order / 3 ? &plan.kernel_moves : &plan.initrd_moves);
		}
	}
	if (!(check_round & 1)) {
		carry_out(&plan.second_half);
	}
	CHECK(!memcmp(memory + plan.kernel, kernel_bytes, request.kernel.size));
	if (request.initrd.size) {
		CHECK(!memcmp(memory + plan.initrd, initrd_bytes, request.initrd.size));
	}
	for (uint64_t i = 0; i < DATA_SIZE; i++) {
		CHECK_EQ(memory[plan.boot_data + i], 0xda);
	}
}

static bool apart_moves(const struct linux_move *a, const struct linux_move *b)
{
	return !overlap(a->to, a->size, b->from, b->size) &&
	       !overlap(a->to, a->size, b->to, b->size) &&
	       !overlap(a->from, a->size, b->to, b->size);
}

/* Nothing that is written at the same time is read or written by two. */
static void check_independence(void)
{
	const struct linux_moves *lists[] = { &plan.kernel_moves, &plan.initrd_moves,
					      &plan.second_half };
	struct linux_move data = { plan.boot_data, plan.boot_data, DATA_SIZE };

	for (unsigned i = 0; i < 3; i++) {
		for (unsigned n = 0; n < lists[i]->count; n++) {
			CHECK(apart_moves(&lists[i]->moves[n], &data));
		}
	}
	if (plan.initrd_moves.count) {
		CHECK_EQ(plan.initrd_moves.count, 1);
		CHECK(plan.kernel_moves.count <= 1);
		CHECK(!plan.kernel_moves.count ||
		      apart_moves(&plan.kernel_moves.moves[0], &plan.initrd_moves.moves[0]));
	}
	if (plan.second_half.count) {
		CHECK_EQ(plan.kernel_moves.count, 1);
		CHECK(apart_moves(&plan.kernel_moves.moves[0], &plan.second_half.moves[0]));
		CHECK(!plan.initrd_moves.count ||
		      apart_moves(&plan.second_half.moves[0], &plan.initrd_moves.moves[0]));
	}
}

enum way { STAYS, APART };

/* Whether the initrd could stay, or move independently, with the kernel at this place. */
static bool could(enum way way, uint64_t kernel)
{
	struct memory_span avoid[] = { { kernel, header.init_size }, request.kernel };
	struct memory_search search = {
		.size = pages(request.initrd.size),
		.align = PAGE,
		.floor = 0x100000,
		.ceiling = header.initrd_addr_max + 1ull,
		.avoid = avoid,
		.avoid_count = 2,
	};
	uint64_t base = request.initrd.base;

	if (way == STAYS) {
		return base % PAGE == 0 && base + search.size <= search.ceiling &&
		       memory_map_is(&map, base, search.size, MEMORY_USABLE) &&
		       !overlap(base, search.size, kernel, header.init_size);
	}
	return !overlap(kernel, request.kernel.size, base, request.initrd.size) &&
	       memory_map_find_lowest(&map, &search, &base);
}

/* True if it could with some place of the kernel: by trying all of them. */
static bool could_anywhere(enum way way)
{
	uint64_t first = header.pref_address;
	uint64_t last = header.relocatable_kernel ? MEMORY : first;

	for (uint64_t kernel = first; kernel <= last; kernel += header.kernel_alignment) {
		if (memory_map_is(&map, kernel, header.init_size, MEMORY_USABLE) &&
		    could(way, kernel)) {
			return true;
		}
	}
	return false;
}

/* The initrd is moved only if it cannot stay; in order only if it cannot be done independently. */
static void check_effort(void)
{
	if (!request.initrd.size || plan.initrd == request.initrd.base) {
		return;
	}
	CHECK(!could_anywhere(STAYS));
	if (plan.initrd_moves.count) {
		apart++;
	} else {
		CHECK(!could_anywhere(APART));
		in_order++;
	}
}

static void check_places(void)
{
	uint64_t initrd_size = pages(request.initrd.size);

	CHECK_EQ(plan.kernel % header.kernel_alignment, 0);
	CHECK(memory_map_is(&map, plan.kernel, header.init_size, MEMORY_USABLE));
	CHECK(plan.kernel >= header.pref_address);
	if (!header.relocatable_kernel) {
		CHECK_EQ(plan.kernel, header.pref_address);
	}
	CHECK(memory_map_is(&map, plan.boot_data, DATA_SIZE, MEMORY_USABLE));
	CHECK(!overlap(plan.boot_data, DATA_SIZE, plan.kernel, header.init_size));
	if (!request.initrd.size) {
		return;
	}
	CHECK_EQ(plan.initrd % PAGE, 0);
	CHECK(plan.initrd + request.initrd.size - 1 <= header.initrd_addr_max);
	CHECK(memory_map_is(&map, plan.initrd, initrd_size, MEMORY_USABLE));
	CHECK(!overlap(plan.initrd, initrd_size, plan.kernel, header.init_size));
	CHECK(!overlap(plan.initrd, initrd_size, plan.boot_data, DATA_SIZE));
	stays += plan.initrd == request.initrd.base;
}

/* There is no place for both, whatever the order: by trying all of them. */
static void check_refusal(void)
{
	uint64_t first = header.pref_address;
	uint64_t last = header.relocatable_kernel ? MEMORY : first;

	for (uint64_t kernel = first; kernel <= last; kernel += header.kernel_alignment) {
		struct memory_span run = { kernel, header.init_size };
		struct memory_search search = {
			.size = pages(request.initrd.size),
			.align = PAGE,
			.floor = 0x100000,
			.ceiling = header.initrd_addr_max + 1ull,
			.avoid = &run,
			.avoid_count = 1,
		};
		uint64_t base;

		if (memory_map_is(&map, kernel, header.init_size, MEMORY_USABLE)) {
			CHECK(request.initrd.size);
			if (memory_map_find_lowest(&map, &search, &base)) {
				no_way++; /* there is a place, but no room to get there */
				return;
			}
		}
	}
}

static void random_layouts(void)
{
	const char *error;

	for (uint64_t i = 0; i < MEMORY; i++) {
		memory[i] = check_random(256);
	}
	for (check_round = 0; check_round < 6000; check_round++) {
		random_machine();
		error = linux_place(&request, &plan);
		if (error) {
			refusals++;
			if (!strstr(error, "boot data")) {
				check_refusal();
			} else {
				no_room++;
			}
			continue;
		}
		check_places();
		check_effort();
		halved += linux_halve(&plan);
		check_independence();
		carry_out_all();
		moves[plan.kernel_moves.count]++;
	}
}

int main(void)
{
	random_layouts();
	printf("refused %u (no way %u, no room for boot data %u), kernel's moves %u %u %u %u, "
	       "initrd stays %u, moves independently %u, in order %u\n",
	       refusals, no_way, no_room, moves[0], moves[1], moves[2], moves[3], stays, apart,
	       in_order);
	CHECK(refusals > 100 && stays > 100 && apart > 100 && in_order > 100);
	CHECK(halved > 100);
	CHECK(moves[1] > 100 && moves[2] > 50 && moves[3] > 10);
	CHECK(no_way <= 3 && no_room < 50);
	return 0;
}
