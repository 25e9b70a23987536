/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/acpi/tables.h"

#include "arch/x86/cpu/physical.h"
#include "phases/boot_info.h"
#include "phases/phase.h"

INIT_BSS struct acpi_root acpi_root;
INIT_BSS bool acpi_rsdp_is_copy;

PHASE(acpi_tables, global, acpi_tables_init,
      .does = "finds the ACPI tables of the firmware and checks the root table", .vital = true);
PHASE_NEEDS(acpi_tables, physical_memory, "the tables are read through the identity map");
PHASE_NEEDS(acpi_tables, boot_info,
	    "on a machine without a BIOS only the loader knows where the tables are");

static enum phase_result acpi_tables_init(void)
{
	const char *error;

	if (!rsdp_search(physical_map, &acpi_root)) {
		if (!rsdp_check(boot_info.rsdp_copy, boot_info.rsdp_copy_size, &acpi_root)) {
			return phase_failed("no ACPI tables: no RSDP from the BIOS nor from the "
					    "loader; enable ACPI in the firmware's set-up");
		}
		acpi_root.rsdp = boot_info.rsdp;
		acpi_rsdp_is_copy = true;
	}
	error = acpi_check_root(physical_map, &acpi_root);
	return error ? phase_failed("%s", error) : PHASE_DONE;
}
