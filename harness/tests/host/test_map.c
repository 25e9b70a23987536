/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/memory/map.c */
/* Random maps against a model that has one entry per page. */
#include "phases/memory/map.h"

#include "harness/tests/host/check.h"

#define PAGES   96
#define NOTHING 0xffffffffu

/* Pages lie at the bottom of the address space, or end at its top. */
static uint64_t origin;
static uint32_t model[PAGES];

static uint64_t address(unsigned page)
{
	return origin + page * 4096ull;
}

static void check_against_model(const struct memory_map *map)
{
	uint64_t usable = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];

		CHECK(range->size && range->size <= UINT64_MAX - range->base);
		if (i) {
			const struct memory_range *before = range - 1;

			CHECK(before->base + before->size <= range->base);
			CHECK(before->base + before->size < range->base ||
			      before->type != range->type);
		}
	}
	for (unsigned page = 0; page < PAGES; page++) {
		uint64_t size = origin && page == PAGES - 1 ? 4095 : 4096;
		bool found = false;

		for (uint32_t type = 0; type < 8; type++) {
			if (memory_map_is(map, address(page), size, type)) {
				CHECK_EQ(type, model[page]);
				found = true;
			}
		}
		CHECK_EQ(found, model[page] != NOTHING);
		usable += model[page] == MEMORY_USABLE ? 4096 : 0;
	}
	CHECK((memory_map_usable(map) + 4095) / 4096 * 4096 == usable);
}

static void model_change(unsigned first, unsigned count, uint32_t type, bool replace)
{
	for (unsigned page = first; page < first + count && page < PAGES; page++) {
		if (replace || model[page] == NOTHING || model[page] == MEMORY_USABLE) {
			model[page] = type;
		}
	}
}

static bool fits(const struct memory_search *search, unsigned page, unsigned count)
{
	uint64_t base = address(page), end = base + count * 4096ull;

	if (base % search->align || base < search->floor || end > search->ceiling) {
		return false;
	}
	for (unsigned i = page; i < page + count; i++) {
		if (model[i] != MEMORY_USABLE) {
			return false;
		}
	}
	for (size_t i = 0; i < search->avoid_count; i++) {
		const struct memory_span *span = &search->avoid[i];

		if (span->size && span->base < end && base < span->base + span->size) {
			return false;
		}
	}
	return true;
}

static void check_search(const struct memory_map *map)
{
	struct memory_span avoid[3];
	unsigned count = 1 + check_random(12);
	struct memory_search search = {
		.size = count * 4096ull,
		.align = 4096ull << check_random(4),
		.floor = address(check_random(PAGES)) * check_random(2),
		.ceiling = check_random(2) ? UINT64_MAX : address(check_random(PAGES)),
		.avoid = avoid,
		.avoid_count = check_random(4),
	};
	unsigned lowest = PAGES, highest = PAGES;
	uint64_t base;

	for (unsigned i = 0; i < 3; i++) {
		avoid[i].base = address(check_random(PAGES - 8)) + check_random(4096);
		avoid[i].size = check_random(8 * 4096);
	}
	/* At the top of the address space, the last page is one byte short. */
	for (unsigned page = 0; page + count <= PAGES - (origin != 0); page++) {
		if (fits(&search, page, count)) {
			lowest = lowest == PAGES ? page : lowest;
			highest = page;
		}
	}
	CHECK_EQ(memory_map_find_lowest(map, &search, &base), lowest != PAGES);
	if (lowest != PAGES) {
		CHECK_EQ(base, address(lowest));
		CHECK(memory_map_find_highest(map, &search, &base));
		CHECK_EQ(base, address(highest));
	} else {
		CHECK(!memory_map_find_highest(map, &search, &base));
	}
}

static void random_maps(void)
{
	for (check_round = 0; check_round < 3000; check_round++) {
		struct memory_map map = { .count = 0 };

		origin = check_round % 2 ? -(uint64_t)PAGES * 4096 : 0;
		memset(model, 0xff, sizeof(model));
		for (unsigned step = 0; step < 24; step++) {
			unsigned first = check_random(PAGES), count = check_random(30);
			uint64_t size = count * 4096ull;
			uint32_t type = check_random(2) ? MEMORY_USABLE : 1 + check_random(6);
			bool replace = !check_random(3);

			if (!origin && first + count > PAGES) {
				size = (PAGES - first) * 4096ull; /* at the top it wraps instead */
			}
			CHECK((replace ? memory_map_set : memory_map_add)(&map, address(first),
									  size, type));
			model_change(first, count, type, replace);
			check_against_model(&map);
		}
		for (unsigned i = 0; i < 20; i++) {
			check_search(&map);
		}
	}
}

static void full_map(void)
{
	struct memory_map map = { .count = 0 }, before;

	check_case = "full";
	for (unsigned i = 0; i < MEMORY_MAP_RANGES; i++) {
		CHECK(memory_map_add(&map, i * 0x2000, 0x1000, MEMORY_USABLE));
	}
	before = map;
	CHECK(!memory_map_add(&map, 0x1000000, 0x1000, MEMORY_USABLE));
	CHECK(!memory_map_set(&map, 0x400, 0x400, MEMORY_RESERVED));
	CHECK(!memcmp(&before, &map, sizeof(map)));
	CHECK(memory_map_add(&map, 0x1000, 0x1000, MEMORY_USABLE)); /* joins three ranges */
	CHECK_EQ(map.count, MEMORY_MAP_RANGES - 1);
}

static void edges(void)
{
	struct memory_map map = { .count = 0 };
	struct memory_search search = { .size = 1, .align = 1, .ceiling = UINT64_MAX };
	uint64_t base;

	check_case = "edges";
	CHECK(!memory_map_find_lowest(&map, &search, &base));
	CHECK(!memory_map_is(&map, 0, 0, MEMORY_USABLE));
	CHECK(memory_map_add(&map, 0x1000, 0, MEMORY_USABLE));
	CHECK_EQ(map.count, 0);
	CHECK(memory_map_add(&map, 0x1000, UINT64_MAX, MEMORY_USABLE));
	CHECK_EQ(map.count, 1);
	CHECK_EQ(map.ranges[0].base + map.ranges[0].size, UINT64_MAX);
	CHECK(!memory_map_is(&map, 0x2000, UINT64_MAX, MEMORY_USABLE));
	CHECK(!memory_map_is(&map, 0xfff, 2, MEMORY_USABLE));
	search.size = 0;
	CHECK(!memory_map_find_highest(&map, &search, &base));
	search.size = UINT64_MAX;
	CHECK(!memory_map_find_highest(&map, &search, &base));
	CHECK(!memory_map_find_lowest(&map, &search, &base));
	search = (struct memory_search){
		.size = 0x1000, .align = 1ull << 63, .floor = 1ull << 62, .ceiling = UINT64_MAX
	};
	CHECK(memory_map_find_lowest(&map, &search, &base));
	CHECK_EQ(base, 1ull << 63);
	search.floor = (1ull << 63) + 1; /* aligning up would wrap */
	CHECK(!memory_map_find_lowest(&map, &search, &base));
	CHECK(!memory_map_find_highest(&map, &search, &base));
}

int main(void)
{
	random_maps();
	full_map();
	edges();
	return 0;
}
