/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/guest_map.h"

#include "arch/x86/acpi/tables.h"
#include "arch/x86/cpu/physical.h"
#include "arch/x86/cpu/reserved.h"
#include "phases/boot_info.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

#define PAGE     4096
#define FOUR_GIB (1ull << 32)

INIT_BSS struct memory_map guest_map;
INIT_BSS uint64_t guest_rsdp;

PHASE(guest_map, global, guest_map_init,
      .does = "makes the guest's memory map: the machine's, without what is ours", .vital = true);
PHASE_NEEDS(guest_map, boot_info, "the machine's memory map comes from the loader");
PHASE_NEEDS(guest_map, reserved_block, "the block is taken out of the map");
PHASE_NEEDS(guest_map, low_page, "the page is taken out of the map");
PHASE_NEEDS(guest_map, relocation,
	    "what the loader's copy of us lies in is the guest's once we have moved out of it");

static enum phase_result guest_map_init(void)
{
	guest_map = boot_info.map;
	/* Reserved, not absent: the guest would put PCI windows where nothing seems to be. */
	if (!memory_map_set(&guest_map, reserved_memory.block_base, reserved_memory.block_size,
			    MEMORY_RESERVED) ||
	    !memory_map_set(&guest_map, reserved_memory.low_page, PAGE, MEMORY_RESERVED)) {
		return phase_failed(
			"the machine's memory map has too many ranges to take ours out; "
			"try another loader");
	}
	return PHASE_DONE;
}

PHASE(guest_rsdp, global, guest_rsdp_init,
      .does = "sees to it that the guest finds the ACPI tables as we did", .vital = true);
PHASE_NEEDS(guest_rsdp, guest_map, "a page of the guest's memory may be taken for the RSDP");
PHASE_NEEDS(guest_rsdp, acpi_tables, "it knows the RSDP");

static enum phase_result guest_rsdp_init(void)
{
	struct memory_span avoid[LOADER_SPANS];
	struct memory_search search = {
		.size = PAGE,
		.align = PAGE,
		.floor = PAGE,
		.ceiling = FOUR_GIB,
		.avoid = avoid,
		.avoid_count = loader_spans(avoid),
	};

	guest_rsdp = acpi_root.rsdp;
	if (!acpi_rsdp_is_copy) {
		return PHASE_DONE;
	}
	/* The loader's copy lies in memory that the guest takes for free. */
	if (!memory_map_find_highest(&guest_map, &search, &guest_rsdp) ||
	    !memory_map_set(&guest_map, guest_rsdp, PAGE, MEMORY_ACPI)) {
		return phase_failed("no page is free for the RSDP; give the machine more memory");
	}
	memcpy(physical_map(guest_rsdp, PAGE), boot_info.rsdp_copy, boot_info.rsdp_copy_size);
	return PHASE_DONE;
}
