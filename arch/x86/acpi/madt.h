/* SPDX-License-Identifier: BSD-2-Clause */
/* The Multiple APIC Description Table: which CPUs there are (ACPI 6.5, section 5.2.12). */
#ifndef ARCH_X86_ACPI_MADT_H
#define ARCH_X86_ACPI_MADT_H

#include "arch/x86/acpi/tables.h"

#include "config/MAX_CPUS.h"

struct acpi_cpu {
	uint32_t apic_id;
};

/*
 * Pure. Reads a table that acpi_find() gave into room for CONFIG_MAX_CPUS: the boot processor, then
 * the others as the table lists them. CPUs are the entries that are enabled (those that are only
 * "online capable" do not exist yet). Gives back NULL or an error, as in tables.h.
 */
const char *madt_parse(const struct acpi_header *header, uint32_t boot_apic_id,
		       struct acpi_cpu *cpus, unsigned *count);

/* Set by the phase `madt`. */
extern struct acpi_cpu acpi_cpus[CONFIG_MAX_CPUS];
extern unsigned acpi_cpu_count;

#endif
