/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/acpi/madt.h"

#include "phases/memory/string.h"
#include "phases/phase.h"

struct madt {
	struct acpi_header header;
	uint32_t local_apic_address, flags;
	uint8_t entries[];
} __attribute__((packed));

/* Interrupt controller structure types (table 5.21). */
enum { LOCAL_APIC = 0, LOCAL_X2APIC = 9 };

struct entry {
	uint8_t type, length;
} __attribute__((packed));

struct local_apic {
	struct entry entry;
	uint8_t processor_uid, apic_id;
	uint32_t flags;
} __attribute__((packed));

struct local_x2apic {
	struct entry entry;
	uint16_t reserved;
	uint32_t x2apic_id, flags, processor_uid;
} __attribute__((packed));

#define ENABLED 1 /* local APIC flags (table 5.23) */

/* Ids that reach every CPU and name none; firmware uses them to fill entries up. */
#define APIC_BROADCAST   0xffu
#define X2APIC_BROADCAST 0xffffffffu

struct cpu_list {
	struct acpi_cpu *cpus; /* room for CONFIG_MAX_CPUS */
	unsigned count;
};

static INIT_TEXT bool is_listed(const struct cpu_list *list, unsigned from, uint32_t apic_id)
{
	for (unsigned i = from; i < list->count; i++) {
		if (list->cpus[i].apic_id == apic_id) {
			return true;
		}
	}
	return false;
}

/* `from`: where the CPUs of this kind of entry begin. */
static INIT_TEXT const char *add_cpu(struct cpu_list *list, unsigned from, uint32_t apic_id,
				     uint32_t flags)
{
	if (!(flags & ENABLED)) {
		return NULL;
	}
	if (is_listed(list, from, apic_id)) {
		return "the MADT lists an APIC id twice; the firmware needs an update";
	}
	/* Some firmware lists a CPU in both forms (section 5.2.12.12 asks for one). */
	if (is_listed(list, 0, apic_id)) {
		return NULL;
	}
	if (list->count == CONFIG_MAX_CPUS) {
		return "the machine has more CPUs than this build is for; raise MAX_CPUS";
	}
	list->cpus[list->count++].apic_id = apic_id;
	return NULL;
}

static INIT_TEXT const char *add_local_apic(struct cpu_list *list, const struct local_apic *apic)
{
	return apic->apic_id == APIC_BROADCAST ? NULL
					       : add_cpu(list, 0, apic->apic_id, apic->flags);
}

static INIT_TEXT const char *add_x2apic(struct cpu_list *list, unsigned from,
					const struct local_x2apic *apic)
{
	return apic->x2apic_id == X2APIC_BROADCAST
		       ? NULL
		       : add_cpu(list, from, apic->x2apic_id, apic->flags);
}

/* Bytes that an entry of this type must have. */
static INIT_TEXT size_t least_length(uint8_t type)
{
	switch (type) {
	case LOCAL_APIC:
		return sizeof(struct local_apic);
	case LOCAL_X2APIC:
		return sizeof(struct local_x2apic);
	default:
		return sizeof(struct entry);
	}
}

/* Reads all entries of one type. */
static INIT_TEXT const char *parse_entries(const struct madt *table, uint8_t type,
					   struct cpu_list *list)
{
	size_t size = table->header.length - sizeof(*table);
	unsigned from = list->count;
	const struct entry *entry;
	const char *error = NULL;

	for (size_t at = 0; at < size && !error; at += entry->length) {
		entry = (const void *)&table->entries[at];
		if (size - at < sizeof(*entry) || entry->length < least_length(entry->type) ||
		    entry->length > size - at) {
			return "the MADT has an entry of an impossible length; the firmware needs an "
			       "update";
		}
		if (entry->type != type) {
			continue;
		}
		if (type == LOCAL_APIC) {
			error = add_local_apic(list, (const void *)entry);
		} else {
			error = add_x2apic(list, from, (const void *)entry);
		}
	}
	return error;
}

static INIT_TEXT const char *boot_cpu_first(struct cpu_list *list, uint32_t boot_apic_id)
{
	unsigned i = 0;

	while (i < list->count && list->cpus[i].apic_id != boot_apic_id) {
		i++;
	}
	if (i == list->count) {
		return "the MADT does not list the CPU that we run on; the firmware needs an update";
	}
	memmove(&list->cpus[1], &list->cpus[0], i * sizeof(list->cpus[0]));
	list->cpus[0].apic_id = boot_apic_id;
	return NULL;
}

INIT_TEXT const char *madt_parse(const struct acpi_header *header, uint32_t boot_apic_id,
				 struct acpi_cpu *cpus, unsigned *count)
{
	const struct madt *table = (const void *)header;
	struct cpu_list list = { .cpus = cpus };
	const char *error;

	if (header->length < sizeof(*table)) {
		return "the MADT is too short; the firmware needs an update";
	}
	error = parse_entries(table, LOCAL_APIC, &list);
	if (!error) {
		error = parse_entries(table, LOCAL_X2APIC, &list);
	}
	*count = list.count;
	return error ? error : boot_cpu_first(&list, boot_apic_id);
}
