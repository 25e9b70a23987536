/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/acpi/tables.h"

#include "phases/memory/string.h"
#include "phases/phase.h"

/* Far more than any table that we read has; a longer one is a mistake. */
#define LENGTH_MAX 0x100000

INIT_TEXT uint8_t acpi_checksum(const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;
	uint8_t sum = 0;

	while (size--) {
		sum += *byte++;
	}
	return sum;
}

static INIT_TEXT const char *read_table(memory_view *view, uint64_t address,
					const struct acpi_header **table)
{
	const struct acpi_header *header = view(address, sizeof(*header));

	if (!header) {
		return "an ACPI table does not lie below 4 GiB, where we can read it; look for a "
		       "setting of the firmware";
	}
	if (header->length < sizeof(*header) || header->length > LENGTH_MAX) {
		return "an ACPI table has an impossible length; the firmware needs an update";
	}
	header = view(address, header->length);
	if (!header) {
		return "an ACPI table does not end below 4 GiB; the firmware needs an update";
	}
	if (acpi_checksum(header, header->length)) {
		return "an ACPI table has a wrong checksum; the firmware needs an update";
	}
	*table = header;
	return NULL;
}

INIT_TEXT const char *acpi_check_root(memory_view *view, const struct acpi_root *root)
{
	const struct acpi_header *table;
	const char *error = read_table(view, root->table, &table);

	if (error) {
		return error;
	}
	if (memcmp(table->signature, root->extended ? "XSDT" : "RSDT", 4) != 0) {
		return "the RSDP does not point to an ACPI root table; the firmware needs an update";
	}
	return NULL;
}

/* The address in an entry of the root table; 0 is no table. */
static INIT_TEXT uint64_t entry_at(const struct acpi_header *table, const struct acpi_root *root,
				   size_t index)
{
	const uint8_t *entries = (const uint8_t *)(table + 1);
	size_t size = root->extended ? 8 : 4;
	uint64_t address = 0;

	memcpy(&address, entries + index * size, size);
	return address;
}

INIT_TEXT const char *acpi_find(memory_view *view, const struct acpi_root *root,
				const char *signature, const struct acpi_header **found)
{
	const struct acpi_header *table;
	const char *unreadable = NULL;
	size_t count;

	*found = NULL;
	table = view(root->table, sizeof(*table));
	table = table ? view(root->table, table->length) : NULL;
	if (!table) {
		return "the ACPI root table cannot be read";
	}
	count = (table->length - sizeof(*table)) / (root->extended ? 8 : 4);
	for (size_t i = 0; i < count; i++) {
		uint64_t address = entry_at(table, root, i);
		const struct acpi_header *header = view(address, sizeof(*header));

		if (!address) {
			continue;
		}
		if (!header) {
			unreadable = "an ACPI table that may be the one looked for does not lie "
				     "below 4 GiB; look for a setting of the firmware";
		} else if (!memcmp(header->signature, signature, 4)) {
			return read_table(view, address, found);
		}
	}
	return unreadable;
}
