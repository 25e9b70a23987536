/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/memory/map.h"
#include "phases/phase.h"

/* A stretch of addresses that has one answer; `end` is behind its last byte. */
struct piece {
	uint64_t base, end;
	bool known; /* false: no range says anything of it */
	uint32_t type;
};

static INIT_TEXT uint64_t end_of(uint64_t base, uint64_t size)
{
	return size > UINT64_MAX - base ? UINT64_MAX : base + size;
}

/* From `base` on, as far as the map says one thing. */
static INIT_TEXT struct piece piece_at(const struct memory_map *map, uint64_t base)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];

		if (base < range->base) {
			return (struct piece){ .base = base, .end = range->base };
		}
		if (base < range->base + range->size) {
			return (struct piece){ base, range->base + range->size, true, range->type };
		}
	}
	return (struct piece){ .base = base, .end = UINT64_MAX };
}

/* Puts a piece behind all others, and joins it with the last one where that continues it. */
static INIT_TEXT bool append(struct memory_map *map, struct piece piece)
{
	struct memory_range *last = map->count ? &map->ranges[map->count - 1] : NULL;

	if (last && last->type == piece.type && last->base + last->size == piece.base) {
		last->size += piece.end - piece.base;
		return true;
	}
	if (map->count == MEMORY_MAP_RANGES) {
		return false;
	}
	map->ranges[map->count++] = (struct memory_range){
		.base = piece.base,
		.size = piece.end - piece.base,
		.type = piece.type,
	};
	return true;
}

/* Walks the address space from boundary to boundary and writes the map anew. */
static INIT_TEXT bool change(struct memory_map *map, struct piece new, bool replace)
{
	struct memory_map out = { .count = 0 };
	struct piece piece;

	for (uint64_t base = 0; base < UINT64_MAX; base = piece.end) {
		piece = piece_at(map, base);
		if (base < new.base && piece.end > new.base) {
			piece.end = new.base;
		}
		if (base >= new.base && base < new.end) {
			if (piece.end > new.end) {
				piece.end = new.end;
			}
			if (replace || !piece.known || piece.type == MEMORY_USABLE) {
				piece.known = true;
				piece.type = new.type;
			}
		}
		if (piece.known && !append(&out, piece)) {
			return false;
		}
	}
	*map = out;
	return true;
}

INIT_TEXT bool memory_map_add(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type)
{
	return change(map, (struct piece){ base, end_of(base, size), true, type }, false);
}

INIT_TEXT bool memory_map_set(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type)
{
	return change(map, (struct piece){ base, end_of(base, size), true, type }, true);
}

INIT_TEXT bool memory_map_is(const struct memory_map *map, uint64_t base, uint64_t size,
			     uint32_t type)
{
	struct piece piece = piece_at(map, base);

	if (size > UINT64_MAX - base) {
		return false;
	}
	/* Neighbours of one type are one range, so that one piece has it all. */
	return piece.known && piece.type == type && base + size <= piece.end;
}

INIT_TEXT uint64_t memory_map_usable(const struct memory_map *map)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < map->count; i++) {
		bytes += map->ranges[i].type == MEMORY_USABLE ? map->ranges[i].size : 0;
	}
	return bytes;
}

/* The first span to avoid that [base, base + size) touches, or NULL. */
static INIT_TEXT const struct memory_span *in_the_way(const struct memory_search *search,
						      uint64_t base)
{
	for (size_t i = 0; i < search->avoid_count; i++) {
		const struct memory_span *span = &search->avoid[i];

		if (span->size && span->base < base + search->size &&
		    base < end_of(span->base, span->size)) {
			return span;
		}
	}
	return NULL;
}

/* The part of a range in which the search may place something; empty (base == end) if none. */
static INIT_TEXT struct piece window(const struct memory_range *range,
				     const struct memory_search *search)
{
	struct piece piece = { .base = range->base, .end = range->base + range->size };

	if (piece.base < search->floor) {
		piece.base = search->floor;
	}
	if (piece.end > search->ceiling) {
		piece.end = search->ceiling;
	}
	if (range->type != MEMORY_USABLE || piece.base > piece.end) {
		piece.end = piece.base;
	}
	return piece;
}

INIT_TEXT bool memory_map_find_highest(const struct memory_map *map,
				       const struct memory_search *search, uint64_t *base)
{
	for (size_t i = map->count; search->size && i-- > 0;) {
		struct piece free = window(&map->ranges[i], search);

		while (free.end - free.base >= search->size) {
			uint64_t at = (free.end - search->size) & ~(search->align - 1);
			const struct memory_span *span = in_the_way(search, at);

			if (at < free.base) {
				break;
			}
			if (!span) {
				*base = at;
				return true;
			}
			free.end = span->base > free.base ? span->base : free.base;
		}
	}
	return false;
}

INIT_TEXT bool memory_map_find_lowest(const struct memory_map *map,
				      const struct memory_search *search, uint64_t *base)
{
	for (size_t i = 0; search->size && i < map->count; i++) {
		struct piece free = window(&map->ranges[i], search);

		while (free.end - free.base >= search->size) {
			uint64_t skip = -free.base & (search->align - 1);
			uint64_t at = free.base + skip;
			const struct memory_span *span;

			if (skip > free.end - free.base - search->size) {
				break;
			}
			span = in_the_way(search, at);
			if (!span) {
				*base = at;
				return true;
			}
			free.base = end_of(span->base, span->size);
			if (free.base > free.end) {
				free.base = free.end;
			}
		}
	}
	return false;
}
