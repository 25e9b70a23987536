/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/acpi/fadt.h"

#include "phases/memory/string.h"
#include "phases/phase.h"

/* Offsets in the table (table 5.9). */
#define FLAGS               112
#define FLAGS_RESET_REG_SUP (1u << 10)
#define RESET_REG           116
#define RESET_VALUE         128

/* GAS, the Generic Address Structure (table 5.1). */
struct generic_address {
	uint8_t space_id, bit_width, bit_offset, access_size;
	uint64_t address;
} __attribute__((packed));

enum { SPACE_MEMORY = 0, SPACE_IO = 1 };

#define BAD_REGISTER \
	"the FADT's reset register has an impossible address; the firmware needs an update"

static INIT_TEXT const char *parse_register(const struct generic_address *reg,
					    struct acpi_reset *reset)
{
	if (!reg->address) {
		return BAD_REGISTER;
	}
	switch (reg->space_id) {
	case SPACE_MEMORY:
		reset->space = ACPI_RESET_MEMORY;
		reset->address = reg->address;
		return NULL;
	case SPACE_IO:
		if (reg->address > 0xffff) {
			return BAD_REGISTER;
		}
		reset->space = ACPI_RESET_IO;
		reset->address = reg->address;
		return NULL;
	default:
		return "the FADT's reset register is neither in memory nor an I/O port; other ways are "
		       "used";
	}
}

INIT_TEXT const char *fadt_parse(const struct acpi_header *table, struct acpi_reset *reset)
{
	const uint8_t *bytes = (const uint8_t *)table;
	uint32_t flags;

	*reset = (struct acpi_reset){ .space = ACPI_RESET_NONE };
	if (table->length <= RESET_VALUE) {
		return NULL;
	}
	memcpy(&flags, bytes + FLAGS, sizeof(flags));
	if (!(flags & FLAGS_RESET_REG_SUP)) {
		return NULL;
	}
	reset->value = bytes[RESET_VALUE];
	return parse_register((const void *)(bytes + RESET_REG), reset);
}
