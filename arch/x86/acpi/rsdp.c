/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/acpi/rsdp.h"

#include "arch/x86/acpi/tables.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

#define EBDA_SEGMENT  0x40e /* BIOS data area: the EBDA's real-mode segment */
#define EBDA_SEARCHED 0x400
#define ROM_BASE      0xe0000
#define ROM_END       0x100000

struct rsdp {
	char signature[8];
	uint8_t checksum; /* over the fields up to `rsdt_address` */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt_address;
	/* The rest exists from revision 2 on. */
	uint32_t length;
	uint64_t xsdt_address;
	uint8_t extended_checksum; /* over all of it */
	uint8_t reserved[3];
} __attribute__((packed));

#define RSDP_SIZE_1 20 /* of revision 0, which is ACPI 1.0 */

INIT_TEXT bool rsdp_check(const void *bytes, size_t size, struct acpi_root *root)
{
	const struct rsdp *rsdp = bytes;

	if (size < RSDP_SIZE_1 || memcmp(rsdp->signature, "RSD PTR ", 8) != 0 ||
	    acpi_checksum(rsdp, RSDP_SIZE_1)) {
		return false;
	}
	root->extended = false;
	root->table = rsdp->rsdt_address;
	if (rsdp->revision >= 2) {
		if (size < sizeof(*rsdp) || rsdp->length < sizeof(*rsdp) ||
		    acpi_checksum(rsdp, sizeof(*rsdp))) {
			return false;
		}
		if (rsdp->xsdt_address) {
			root->extended = true;
			root->table = rsdp->xsdt_address;
		}
	}
	return root->table != 0;
}

static INIT_TEXT bool search_range(memory_view *view, uint64_t base, uint64_t end,
				   struct acpi_root *root)
{
	const uint8_t *bytes = view(base, end - base);

	for (uint64_t at = base; bytes && at + RSDP_SIZE_1 <= end; at += 16) {
		if (rsdp_check(bytes + (at - base), end - at, root)) {
			root->rsdp = at;
			return true;
		}
	}
	return false;
}

INIT_TEXT bool rsdp_search(memory_view *view, struct acpi_root *root)
{
	const uint8_t *segment = view(EBDA_SEGMENT, 2);
	uint64_t ebda = segment ? (segment[0] | segment[1] << 8) * 16 : 0;

	/* A machine without an EBDA has anything there; then it may be in conventional memory. */
	if (ebda && search_range(view, ebda, ebda + EBDA_SEARCHED, root)) {
		return true;
	}
	return search_range(view, ROM_BASE, ROM_END, root);
}
