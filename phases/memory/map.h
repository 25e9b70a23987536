/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map: sorted, non-overlapping ranges of physical addresses with what each is. Pure:
 * the loader's map comes in (any order, overlapping, with nonsense in it), questions of where
 * something fits are answered, and what is ours is cut out for the guest.
 */
#ifndef PHASES_MEMORY_MAP_H
#define PHASES_MEMORY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Address range types as in ACPI 6.5, table 15.6 (those of e820). */
enum memory_type {
	MEMORY_USABLE = 1,
	MEMORY_RESERVED = 2,
	MEMORY_ACPI = 3,
	MEMORY_NVS = 4,
	MEMORY_UNUSABLE = 5,
};

struct memory_range {
	uint64_t base, size; /* bytes; base + size does not overflow, size is not 0 */
	uint32_t type;       /* enum memory_type, or a number that we pass on */
};

#define MEMORY_MAP_RANGES 128 /* also what the Linux zero page has room for (E820_MAX_ENTRIES_ZEROPAGE) */

struct memory_map {
	size_t count;
	struct memory_range ranges[MEMORY_MAP_RANGES];
};

/*
 * Adds a range; where it overlaps others, the more restrictive type wins (anything over usable;
 * among others the one that was there first). Neighbours of one type are joined. A range of no size
 * is ignored, one that wraps around is cut at the top of the address space.
 * False: no room for another range; the map is as it was.
 */
bool memory_map_add(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type);

/* Sets the type of [base, base + size), whatever was there. False: no room. */
bool memory_map_set(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type);

/* True if all of [base, base + size) is of this type. */
bool memory_map_is(const struct memory_map *map, uint64_t base, uint64_t size, uint32_t type);

/* Bytes of usable memory. */
uint64_t memory_map_usable(const struct memory_map *map);

/* One range to keep clear of. */
struct memory_span {
	uint64_t base, size;
};

/*
 * The highest (or lowest) address at which `size` bytes of usable memory are free: a multiple of
 * `align` (a power of two), in [floor, ceiling) as a whole, and clear of every span in `avoid`.
 * True and *base, or false.
 */
struct memory_search {
	uint64_t size, align, floor, ceiling;
	const struct memory_span *avoid;
	size_t avoid_count;
};
bool memory_map_find_highest(const struct memory_map *map, const struct memory_search *search,
			     uint64_t *base);
bool memory_map_find_lowest(const struct memory_map *map, const struct memory_search *search,
			    uint64_t *base);

#endif
