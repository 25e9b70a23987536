/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/reserved.h"

#include "arch/x86/acpi/madt.h"
#include "arch/x86/cpu/image.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/vcpu/nested.h"
#include "phases/boot_info.h"
#include "phases/log/log.h"
#include "phases/phase.h"

PHASE(low_page, global, low_page_init, .vital = true,
      .does = "takes one page below 1 MiB, where CPUs begin after a start-up IPI");
PHASE_NEEDS(low_page, boot_info, "the page is taken from the loader's memory map");

PHASE(reserved_block, global, reserved_block_init, .vital = true,
      .does = "takes the hypervisor's block: as high below 4 GiB as fits, clear of all that the "
	      "loader brought");
PHASE_NEEDS(reserved_block, boot_info, "the block is taken from the loader's memory map");
PHASE_NEEDS(reserved_block, madt, "its size depends on the number of CPUs");

#define MIB  0x100000ull
#define GIB4 0x100000000ull

/* Pages that each CPU takes: record, phase records, stacks with guards, VMCBs, step tables. */
#define PAGES_PER_CPU 22
/* The host's tables: see host_tables.c. */
#define PAGES_OF_TABLES 10
/* MSR permission map, the pages of ones and for the guest's writes, tables for page 0. */
#define PAGES_OF_GUEST 8

struct reserved_memory reserved_memory;

INIT_TEXT uint64_t reserved_block_size(uint64_t image, unsigned cpus, unsigned nested_pages)
{
	uint64_t pages = (image + PAGE_SIZE - 1) / PAGE_SIZE + PAGES_OF_TABLES + PAGES_OF_GUEST +
			 (uint64_t)cpus * PAGES_PER_CPU + nested_pages;
	uint64_t size = 0;

	/* The block's own page tables are part of what it must hold. */
	do {
		size += PAGE_SIZE_2M;
	} while (size < (pages + size / PAGE_SIZE_2M) * PAGE_SIZE);
	return size;
}

INIT_TEXT size_t loader_spans(struct memory_span *spans)
{
	size_t count = 0;

	for (size_t i = 0; i < boot_info.module_count; i++) {
		spans[count++] = (struct memory_span){ boot_info.modules[i].base,
						       boot_info.modules[i].size };
	}
	spans[count++] = (struct memory_span){ image_load_address, image_size() };
	return count;
}

static enum phase_result low_page_init(void)
{
	struct memory_span avoid[LOADER_SPANS];
	struct memory_search search = {
		.size = PAGE_SIZE,
		.align = PAGE_SIZE,
		.floor = PAGE_SIZE,
		.ceiling = MIB,
		.avoid = avoid,
		.avoid_count = loader_spans(avoid),
	};

	if (!memory_map_find_highest(&boot_info.map, &search, &reserved_memory.low_page)) {
		return phase_failed("no free page of memory below 1 MiB to start CPUs in; let the "
				    "loader put its modules above 1 MiB");
	}
	return PHASE_DONE;
}

static enum phase_result reserved_block_init(void)
{
	struct memory_span avoid[LOADER_SPANS];
	struct memory_search search = {
		.size = reserved_block_size(image_size(), acpi_cpu_count, NESTED_PAGES),
		.align = PAGE_SIZE_2M,
		.floor = MIB,
		.ceiling = GIB4,
		.avoid = avoid,
		.avoid_count = loader_spans(avoid),
	};

	if (!memory_map_find_highest(&boot_info.map, &search, &reserved_memory.block_base)) {
		return phase_failed("too little memory: no free %llu MiB below 4 GiB for the "
				    "hypervisor; give the machine more memory or a smaller initrd",
				    (unsigned long long)(search.size / MIB));
	}
	reserved_memory.block_size = search.size;
	log_print(LOG_INFO, "block %#llx, %llu KiB; low page %#llx",
		  (unsigned long long)reserved_memory.block_base,
		  (unsigned long long)(search.size / 1024),
		  (unsigned long long)reserved_memory.low_page);
	return PHASE_DONE;
}
