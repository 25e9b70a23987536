/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPUs that the MADT names. */
#ifndef TINY_LIB_ACPI_H
#define TINY_LIB_ACPI_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Writes the APIC ids of the enabled CPUs to `ids`, at most `max`, and gives back how many. `rsdp`
 * is what the loader said, or 0: then the BIOS's places are searched. Fails without tables.
 */
unsigned acpi_cpu_ids(uint64_t rsdp, uint32_t *ids, unsigned max);

#endif
