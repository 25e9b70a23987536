/* SPDX-License-Identifier: BSD-2-Clause */
/* Good ACPI tables in the BIOS area, as a starting point for tests and fuzzing. */
#ifndef HARNESS_TESTS_HOST_ACPI_INPUT_H
#define HARNESS_TESTS_HOST_ACPI_INPUT_H

#include "harness/tests/host/memory.h"

#define ROM          0xe0000ull
#define ROM_SIZE     0x20000ull
#define RSDP         (ROM + 0x40)
#define XSDT         (ROM + 0x100)
#define RSDT         (ROM + 0x200)
#define MADT         (ROM + 0x300)
#define MADT_ENTRIES (MADT + 44)
#define FADT         (ROM + 0x800)

/* Makes the sum of `size` bytes 0 by the byte at `at`. */
static void fix_sum(uint64_t base, uint64_t size, uint64_t at)
{
	uint8_t sum = 0;

	put(at, 0, 1);
	for (uint64_t i = 0; i < size; i++) {
		sum += memory.bytes[base - memory.base + i];
	}
	put(at, -sum, 1);
}

static void fix_table(uint64_t table)
{
	uint32_t length;

	memcpy(&length, memory.bytes + (table - memory.base) + 4, 4);
	if (length <= memory.size - (table - memory.base)) {
		fix_sum(table, length, table + 9);
	}
}

static void fix_rsdp(void)
{
	fix_sum(RSDP, 20, RSDP + 8);
	fix_sum(RSDP, 36, RSDP + 32);
}

static void table_begin(uint64_t table, const char *signature, uint32_t length)
{
	memcpy(memory.bytes + (table - memory.base), signature, 4);
	put(table + 4, length, 4);
}

__attribute__((unused)) static void fix_all(void)
{
	fix_rsdp();
	fix_table(XSDT);
	fix_table(RSDT);
	fix_table(MADT);
	fix_table(FADT);
}

static uint64_t madt_next;

static void madt_end(void)
{
	put(MADT + 4, madt_next - MADT, 4);
	fix_table(MADT);
}

static void madt_local_apic(uint8_t id, uint32_t flags)
{
	put(madt_next, 0 | 8 << 8, 2);
	put(madt_next + 2, 0, 1);
	put(madt_next + 3, id, 1);
	put(madt_next + 4, flags, 4);
	madt_next += 8;
}

static void madt_x2apic(uint32_t id, uint32_t flags)
{
	put(madt_next, 9 | 16 << 8, 2);
	put(madt_next + 2, 0, 2);
	put(madt_next + 4, id, 4);
	put(madt_next + 8, flags, 4);
	put(madt_next + 12, 0, 4);
	madt_next += 16;
}

__attribute__((unused)) static void acpi_input(void)
{
	memset(memory.bytes, 0, memory.size);
	memcpy(memory.bytes + (RSDP - memory.base), "RSD PTR ", 8);
	put(RSDP + 15, 2, 1);
	put(RSDP + 16, RSDT, 4);
	put(RSDP + 20, 36, 4);
	put(RSDP + 24, XSDT, 8);

	table_begin(XSDT, "XSDT", 36 + 3 * 8);
	put(XSDT + 36, FADT, 8);
	put(XSDT + 44, 0, 8);
	put(XSDT + 52, MADT, 8);
	table_begin(RSDT, "RSDT", 36 + 2 * 4);
	put(RSDT + 36, FADT, 4);
	put(RSDT + 40, MADT, 4);

	table_begin(FADT, "FACP", 129);
	put(FADT + 112, 1 << 10, 4);
	put(FADT + 116, 1 | 8 << 8, 4); /* an I/O port, 8 bits */
	put(FADT + 120, 0xcf9, 8);
	put(FADT + 128, 6, 1);

	table_begin(MADT, "APIC", 44);
	put(MADT + 36, 0xfee00000, 4);
	madt_next = MADT_ENTRIES;
	madt_local_apic(0, 1);
	madt_local_apic(2, 1);
	madt_local_apic(4, 2); /* online capable: not there yet */
	madt_local_apic(0xff, 1);
	put(madt_next, 1 | 12 << 8, 2); /* an I/O APIC */
	madt_next += 12;
	madt_x2apic(0x100, 1);
	madt_x2apic(0x101, 0);
	madt_x2apic(2, 1); /* in both forms */
	madt_end();
	fix_all();
}

#endif
