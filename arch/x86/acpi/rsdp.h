/* SPDX-License-Identifier: BSD-2-Clause */
/* The Root System Description Pointer (ACPI 6.5, section 5.2.5). Pure. */
#ifndef ARCH_X86_ACPI_RSDP_H
#define ARCH_X86_ACPI_RSDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "phases/memory/view.h"

/* Where the tables begin. */
struct acpi_root {
	uint64_t rsdp;  /* address of the RSDP */
	uint64_t table; /* address of the XSDT, or of the RSDT */
	bool extended;  /* it is an XSDT: entries of 8 bytes */
};

/*
 * Takes an RSDP of which `size` bytes are there: signature, checksums, and the root table's
 * address. False: it is none. `root->rsdp` is left to the caller.
 */
bool rsdp_check(const void *bytes, size_t size, struct acpi_root *root);

/*
 * Looks where a BIOS puts the RSDP: in the first KiB of the extended BIOS data area, and in
 * [0xe0000, 0x100000), on 16-byte boundaries (section 5.2.5.1).
 */
bool rsdp_search(memory_view *view, struct acpi_root *root);

#endif
