/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/physical.h"

#include <stddef.h>

#include "arch/x86/cpu/host_tables.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "config/MAX_CPUS.h"
#include "phases/phase.h"

#define IDENTITY_END 0x100000000ull

static bool identity_mapped;

PHASE(physical_memory, global, physical_memory_init, .vital = true,
      .does = "opens physical memory below 4 GiB, which the early page tables map where it is");
PHASE_GIVES(physical_memory, physical_map);
PHASE_NEEDS(physical_memory, early_exceptions, "an address that is not there gives a panic");

static enum phase_result physical_memory_init(void)
{
	identity_mapped = true;
	return PHASE_DONE;
}

void *physical_map(uint64_t base, uint64_t size)
{
	if (!identity_mapped || base == 0 || base >= IDENTITY_END || size > IDENTITY_END - base) {
		return NULL;
	}
	return (void *)base;
}

INIT_TEXT void physical_map_end(void)
{
	identity_mapped = false;
}

void *physical_window(enum physical_window slot, uint64_t address)
{
	_Static_assert(CONFIG_MAX_CPUS * WINDOWS_PER_CPU < 511, "the last window is the APIC's");
	uint64_t window = WINDOW_BASE +
			  (this_cpu()->index * (uint64_t)WINDOWS_PER_CPU + slot) * PAGE_SIZE;

	host_tables_window(window, (address & PAGE_ADDRESS) | PAGE_PRESENT | PAGE_WRITE | PAGE_NX);
	return (void *)(window + address % PAGE_SIZE);
}
