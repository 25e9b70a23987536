/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/linux/place.c phases/memory/map.c */
/* Random layouts: each plan is carried out on a small memory, and the bytes are looked at. */
#include "boot/linux/place.h"

#include "harness/tests/host/check.h"

#define PAGE      4096ull
#define MEMORY    0x500000ull /* 5 MiB */
#define DATA_SIZE 0x8000ull

static uint8_t memory[MEMORY], before[MEMORY], kernel_bytes[MEMORY], initrd_bytes[MEMORY];
static struct memory_map map;
static struct setup_header header;
static struct linux_request request;
static struct linux_plan plan;
static unsigned moves[LINUX_MOVES + 1], refusals, no_way, stays;

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

static void carry_out(void)
{
	memcpy(before, memory, MEMORY);
	memcpy(kernel_bytes, memory + request.kernel.base, request.kernel.size);
	memcpy(initrd_bytes, memory + request.initrd.base, request.initrd.size);
	CHECK(plan.move_count <= LINUX_MOVES);
	for (unsigned i = 0; i < plan.move_count; i++) {
		const struct linux_move *move = &plan.moves[i];

		CHECK(memory_map_is(&map, move->to, move->size, MEMORY_USABLE));
		memmove(memory + move->to, memory + move->from, move->size);
	}
	CHECK(!memcmp(memory + plan.kernel, kernel_bytes, request.kernel.size));
	if (request.initrd.size) {
		CHECK(!memcmp(memory + plan.initrd, initrd_bytes, request.initrd.size));
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
			}
			continue;
		}
		carry_out();
		check_places();
		moves[plan.move_count]++;
	}
}

int main(void)
{
	random_layouts();
	printf("refused %u (no way %u), moves %u %u %u %u, initrd stays %u\n", refusals, no_way,
	       moves[0], moves[1], moves[2], moves[3], stays);
	CHECK(refusals > 100 && stays > 100 && moves[1] > 100 && moves[2] > 100 && moves[3] > 10);
	CHECK(no_way <= 3);
	return 0;
}
