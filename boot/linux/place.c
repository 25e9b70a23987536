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

static INIT_TEXT bool overlap(struct memory_span a, struct memory_span b)
{
	return a.base < b.base + b.size && b.base < a.base + a.size;
}

static INIT_TEXT void add_move(struct linux_plan *plan, struct memory_span from, uint64_t to)
{
	if (from.base != to) {
		plan->moves[plan->move_count++] =
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

static INIT_TEXT bool find_initrd(const struct linux_request *request,
				  const struct memory_span *avoid, size_t avoid_count,
				  uint64_t *base)
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
	add_move(plan, request->kernel, aside.base);
	add_move(plan, request->initrd, plan->initrd);
	add_move(plan, aside, plan->kernel);
	return true;
}

/* Plans with the kernel at `plan->kernel`. False: there is then no way for the initrd. */
static INIT_TEXT bool place_initrd(const struct linux_request *request, struct linux_plan *plan)
{
	struct memory_span run = { plan->kernel, request->header->init_size };
	struct memory_span copied = { plan->kernel, request->kernel.size };
	struct memory_span avoid[] = { run, request->kernel };

	plan->move_count = 0;
	if (!request->initrd.size ||
	    (initrd_may_stay(request) && !overlap(whole_pages(request->initrd), run))) {
		plan->initrd = request->initrd.base;
		add_move(plan, request->kernel, plan->kernel);
		return true;
	}
	if (find_initrd(request, avoid, 2, &plan->initrd)) {
		add_move(plan, request->initrd, plan->initrd);
		add_move(plan, request->kernel, plan->kernel);
		return true;
	}
	if (!find_initrd(request, avoid, 1, &plan->initrd)) {
		return false;
	}
	if (!overlap(copied, request->initrd)) {
		add_move(plan, request->kernel, plan->kernel);
		add_move(plan, request->initrd, plan->initrd);
		return true;
	}
	return move_around(request, plan);
}

/*
 * The lowest place for the kernel from `floor` on. A kernel that lies below its preferred address
 * moves itself there, so that no lower place will do.
 */
static INIT_TEXT bool find_kernel(const struct linux_request *request, uint64_t floor,
				  bool beside_initrd, uint64_t *base)
{
	const struct setup_header *header = request->header;
	struct memory_search search = {
		.size = header->init_size,
		.align = header->kernel_alignment,
		.floor = floor,
		.ceiling = FOUR_GIB,
		.avoid = &request->initrd,
		.avoid_count = beside_initrd,
	};

	return header->relocatable_kernel && memory_map_find_lowest(request->map, &search, base);
}

/*
 * Tries the kernel's places: where it likes to be; the lowest one that leaves the initrd where it
 * is; then each one from the lowest on. `fits`: there is one at all.
 */
static INIT_TEXT bool place_kernel(const struct linux_request *request, struct linux_plan *plan,
				   bool *fits)
{
	const struct setup_header *header = request->header;
	uint64_t floor = header->pref_address;

	*fits = memory_map_is(request->map, floor, header->init_size, MEMORY_USABLE);
	plan->kernel = floor;
	if (*fits && place_initrd(request, plan)) {
		return true;
	}
	if (find_kernel(request, floor, true, &plan->kernel) && place_initrd(request, plan)) {
		return true;
	}
	for (; find_kernel(request, floor, false, &plan->kernel);
	     floor = plan->kernel + header->kernel_alignment) {
		*fits = true;
		if (place_initrd(request, plan)) {
			return true;
		}
	}
	return false;
}

static INIT_TEXT bool place_boot_data(const struct linux_request *request, struct linux_plan *plan)
{
	struct memory_span avoid[] = { { plan->kernel, request->header->init_size },
				       { plan->initrd, whole_pages(request->initrd).size } };
	struct memory_search search = {
		.size = request->boot_data_size,
		.align = PAGE,
		.floor = BOOT_DATA_FLOOR,
		.ceiling = BOOT_DATA_CEILING,
		.avoid = avoid,
		.avoid_count = 2,
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

	if (!place_kernel(request, plan, &kernel_fits)) {
		return kernel_fits ? "the initrd does not fit beside the kernel; give the machine "
				     "more memory or make the initrd smaller"
				   : "the kernel does not fit; give the machine more memory";
	}
	return place_boot_data(request, plan)
		       ? NULL
		       : "the kernel's boot data does not fit; give the machine more memory";
}
