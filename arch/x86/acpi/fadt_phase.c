/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/acpi/fadt.h"

#include "arch/x86/cpu/physical.h"
#include "phases/phase.h"

struct acpi_reset acpi_reset;

PHASE(fadt, global, fadt_init,
      .does = "finds the register that resets the machine; without it other ways are tried");
PHASE_NEEDS(fadt, acpi_tables, "the root table says where the FADT is");

static enum phase_result fadt_init(void)
{
	const struct acpi_header *table;
	const char *error = acpi_find(physical_map, &acpi_root, "FACP", &table);

	if (!error && !table) {
		return phase_absent("no FADT");
	}
	if (!error) {
		error = fadt_parse(table, &acpi_reset);
	}
	if (error) {
		return phase_failed("%s", error);
	}
	return acpi_reset.space == ACPI_RESET_NONE ? phase_absent("the FADT has no reset register")
						   : PHASE_DONE;
}
