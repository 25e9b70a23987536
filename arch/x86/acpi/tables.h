/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding an ACPI table (ACPI 6.5, section 5.2). Pure but for `acpi_root`. Errors are one line
 * that says what is wrong and what would help; NULL is none.
 */
#ifndef ARCH_X86_ACPI_TABLES_H
#define ARCH_X86_ACPI_TABLES_H

#include "arch/x86/acpi/rsdp.h"

/* DESCRIPTION_HEADER (table 5.4). */
struct acpi_header {
	char signature[4];
	uint32_t length; /* of the whole table */
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision, creator_id, creator_revision;
} __attribute__((packed));

/* The sum of all bytes: 0 where a checksum is right. */
uint8_t acpi_checksum(const void *bytes, size_t size);

/* Checks the root table itself: signature, length, checksum. */
const char *acpi_check_root(memory_view *view, const struct acpi_root *root);

/*
 * Finds the first table with a signature, and checks its length and checksum. *found is NULL where
 * there is none; otherwise all of its `length` bytes are readable. The root table must have passed
 * acpi_check_root().
 */
const char *acpi_find(memory_view *view, const struct acpi_root *root, const char *signature,
		      const struct acpi_header **found);

/* Set by the phase `acpi_tables`. */
extern struct acpi_root acpi_root;

/* True if `acpi_root.rsdp` is the loader's copy, which lies in memory that the guest may take. */
extern bool acpi_rsdp_is_copy;

#endif
