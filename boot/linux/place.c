/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/linux/place.h"

#include "phases/phase.h"

#define PAGE     4096ull
#define FOUR_GIB (1ull << 32)

/*
 * Boot data goes to the bottom of conventional memory: the kernel borrows a page or two at its top
 * to switch to five-level paging, while our page tables are still in use.
 */
#define BOOT_DATA_FLOOR   0x10000
#define BOOT_DATA_CEILING 0xa0000

#define INITRD_FLOOR 0x100000

/* What a plan is allowed to do, the cheapest first. */
enum effort {
	KERNEL_ALONE, /* moves the initrd only if it could stay in no case */
	APART,        /* moves kernel and initrd independently of each other */
	IN_ORDER,     /* moves one out of the other's way */
	EFFORTS,
};

static INIT_TEXT bool overlap(struct memory_span a, struct memory_span b)
{
	return a.base < b.base + b.size && b.base < a.base + a.size;
}

static INIT_TEXT void add_move(struct linux_moves *moves, struct memory_span from, uint64_t to)
{
	if (from.base != to) {
		moves->moves[moves->count++] =
			(struct linux_move){ .from = from.base, .to = to, .size = from.size };
	}
}

/* The initrd, up to the end of its last page, which the kernel takes as a whole. */
static INIT_TEXT struct memory_span whole_pages(struct memory_span span)
{
	span.size = (span.size + PAGE - 1) & ~(PAGE - 1);
	return span;
}

static INIT_TEXT uint64_t initrd_ceiling(const struct linux_request *request)
{
	return (uint64_t)request->header->initrd_addr_max + 1; /* at most 4 GiB */
}

static INIT_TEXT bool initrd_may_stay(const struct linux_request *request)
{
	struct memory_span initrd = whole_pages(request->initrd);

	return initrd.base % PAGE == 0 && initrd.base + initrd.size <= initrd_ceiling(request) &&
	       memory_map_is(request->map, initrd.base, initrd.size, MEMORY_USABLE);
}

static INIT_TEXT bool find_initrd(const struct linux_request *request, const struct memory_span *avoid,
			size_t avoid_count, uint64_t *base)
{
	struct memory_search search = {
		.size = whole_pages(request->initrd).size,
		.align = PAGE,
		.floor = INITRD_FLOOR,
		.ceiling = initrd_ceiling(request),
		.avoid = avoid,
		.avoid_count = avoid_count,
	};

	return memory_map_find_highest(request->map, &search, base);
}

/*
 * The kernel's place is where the initrd lies, and the initrd's place is where the kernel lies:
 * the kernel steps aside first.
 */
static INIT_TEXT bool move_around(const struct linux_request *request, struct linux_plan *plan)
{
	struct memory_span avoid[] = { request->initrd, { plan->initrd, request->initrd.size } };
	struct memory_search search = {
		.size = request->kernel.size,
		.align = PAGE,
		.floor = PAGE,
		.ceiling = FOUR_GIB,
		.avoid = avoid,
		.avoid_count = 2,
	};
	struct memory_span aside = { .size = request->kernel.size };

	if (!memory_map_find_highest(request->map, &search, &aside.base)) {
		return false;
	}
	add_move(&plan->kernel_moves, request->kernel, aside.base);
	add_move(&plan->kernel_moves, request->initrd, plan->initrd);
	add_move(&plan->kernel_moves, aside, plan->kernel);
	return true;
}

/* Plans with the kernel at `plan->kernel`. False: there is then no way for the initrd. */
static INIT_TEXT bool place_initrd(const struct linux_request *request, struct linux_plan *plan,
			 enum effort effort)
{
	struct memory_span run = { plan->kernel, request->header->init_size };
	struct memory_span copied = { plan->kernel, request->kernel.size };
	struct memory_span avoid[] = { run, request->kernel };
	bool may_stay = initrd_may_stay(request);
	bool apart = !overlap(copied, request->initrd);

	plan->kernel_moves.count = plan->initrd_moves.count = 0;
	plan->initrd = request->initrd.base;
	if (!request->initrd.size || (may_stay && !overlap(whole_pages(request->initrd), run))) {
		add_move(&plan->kernel_moves, request->kernel, plan->kernel);
		return true;
	}
	if ((may_stay && effort == KERNEL_ALONE) || (!apart && effort != IN_ORDER)) {
		return false;
	}
	if (find_initrd(request, avoid, 2, &plan->initrd)) {
		add_move(apart ? &plan->initrd_moves : &plan->kernel_moves, request->initrd,
			 plan->initrd);
		add_move(&plan->kernel_moves, request->kernel, plan->kernel);
		return true;
	}
	if (effort != IN_ORDER || !find_initrd(request, avoid, 1, &plan->initrd)) {
		return false;
	}
	if (!apart) {
		return move_around(request, plan);
	}
	add_move(&plan->kernel_moves, request->kernel, plan->kernel);
	add_move(&plan->kernel_moves, request->initrd, plan->initrd);
	return true;
}

/*
 * The lowest place for the kernel from `floor` on. A kernel that lies below its preferred address
 * moves itself there, so that no lower place will do.
 */
static INIT_TEXT bool find_kernel(const struct linux_request *request, uint64_t floor, uint64_t *base)
{
	const struct setup_header *header = request->header;
	struct memory_search search = {
		.size = header->init_size,
		.align = header->kernel_alignment,
		.floor = floor,
		.ceiling = FOUR_GIB,
	};

	return header->relocatable_kernel && memory_map_find_lowest(request->map, &search, base);
}

/*
 * Tries the kernel's places: where it likes to be, then each one from the lowest on. `fits`: there
 * is one at all.
 */
static INIT_TEXT bool place_kernel(const struct linux_request *request, struct linux_plan *plan,
			 enum effort effort, bool *fits)
{
	const struct setup_header *header = request->header;
	uint64_t floor = header->pref_address;

	*fits = memory_map_is(request->map, floor, header->init_size, MEMORY_USABLE);
	plan->kernel = floor;
	if (*fits && place_initrd(request, plan, effort)) {
		return true;
	}
	for (; find_kernel(request, floor, &plan->kernel);
	     floor = plan->kernel + header->kernel_alignment) {
		*fits = true;
		if (place_initrd(request, plan, effort)) {
			return true;
		}
	}
	return false;
}

/* Clear of all that is read and written by the moves: it is written at the same time. */
static INIT_TEXT bool place_boot_data(const struct linux_request *request, struct linux_plan *plan)
{
	const struct linux_move *first = &plan->kernel_moves.moves[0];
	struct memory_span avoid[] = { { plan->kernel, request->header->init_size },
				       { plan->initrd, whole_pages(request->initrd).size },
				       request->kernel,
				       request->initrd,
				       { first->to, first->size } /* it may be the step aside */ };
	struct memory_search search = {
		.size = request->boot_data_size,
		.align = PAGE,
		.floor = BOOT_DATA_FLOOR,
		.ceiling = BOOT_DATA_CEILING,
		.avoid = avoid,
		.avoid_count = sizeof(avoid) / sizeof(avoid[0]),
	};

	if (memory_map_find_lowest(request->map, &search, &plan->boot_data)) {
		return true;
	}
	search.ceiling = FOUR_GIB;
	return memory_map_find_lowest(request->map, &search, &plan->boot_data);
}

INIT_TEXT const char *linux_place(const struct linux_request *request, struct linux_plan *plan)
{
	bool kernel_fits;

	*plan = (struct linux_plan){ 0 };
	for (enum effort effort = KERNEL_ALONE; effort < EFFORTS; effort++) {
		if (place_kernel(request, plan, effort, &kernel_fits)) {
			return place_boot_data(request, plan)
				       ? NULL
				       : "the kernel's boot data does not fit; give the machine "
					 "more memory";
		}
	}
	return kernel_fits ? "the initrd does not fit beside the kernel; give the machine more "
			     "memory or make the initrd smaller"
			   : "the kernel does not fit; give the machine more memory";
}
