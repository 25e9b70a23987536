/* SPDX-License-Identifier: BSD-2-Clause */
/* The Fixed ACPI Description Table: how the machine is reset (ACPI 6.5, section 5.2.9). */
#ifndef ARCH_X86_ACPI_FADT_H
#define ARCH_X86_ACPI_FADT_H

#include "arch/x86/acpi/tables.h"

/* The reset register (section 4.8.3.6): writing `value`, a byte, resets the machine. */
enum acpi_reset_space { ACPI_RESET_NONE, ACPI_RESET_MEMORY, ACPI_RESET_IO };

struct acpi_reset {
	enum acpi_reset_space space;
	uint64_t address; /* physical address, or I/O port */
	uint8_t value;
};

/*
 * Pure. Reads a table that acpi_find() gave; a table that is too short for a reset register, or
 * says that there is none, gives ACPI_RESET_NONE. Gives back NULL or an error, as in tables.h.
 */
const char *fadt_parse(const struct acpi_header *table, struct acpi_reset *reset);

/* Set by the phase `fadt`; ACPI_RESET_NONE where it did not get done. */
extern struct acpi_reset acpi_reset;

#endif
