/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/acpi/madt.h"

#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/physical.h"
#include "phases/phase.h"

INIT_BSS struct acpi_cpu acpi_cpus[CONFIG_MAX_CPUS];
INIT_BSS unsigned acpi_cpu_count;

PHASE(madt, global, madt_init,
      .does = "lists the CPUs of the machine, each of which must come under the hypervisor",
      .vital = true);
PHASE_NEEDS(madt, acpi_tables, "the root table says where the MADT is");

static enum phase_result madt_init(void)
{
	const struct acpi_header *table;
	const char *error = acpi_find(physical_map, &acpi_root, "APIC", &table);

	if (!error && !table) {
		return phase_failed("no MADT, so that nobody knows which CPUs there are; enable "
				    "ACPI in the firmware's set-up");
	}
	if (!error) {
		error = madt_parse(table, apic_id_by_cpuid(), acpi_cpus, &acpi_cpu_count);
	}
	return error ? phase_failed("%s", error) : PHASE_DONE;
}
