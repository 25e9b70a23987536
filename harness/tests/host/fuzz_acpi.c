/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/acpi/rsdp.c arch/x86/acpi/tables.c arch/x86/acpi/madt.c arch/x86/acpi/fadt.c */
/*
 * The input is the start of the BIOS area. Unless its first byte is odd, the checksums of the
 * tables at their usual places are made right, so that what lies behind the checks is reached. The
 * search, which is slow, is run where the second bit is set.
 */
#include "arch/x86/acpi/fadt.h"
#include "arch/x86/acpi/madt.h"

#include "harness/tests/host/acpi_input.h"
#include "harness/tests/host/fuzz.h"

#define SIZE 0x1000

static uint8_t rom[ROM_SIZE];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	memory.base = ROM;
	memory.size = ROM_SIZE;
	memory.bytes = rom;
	acpi_input();
	fuzz_seed(*argc, *argv, "xsdt", rom, SIZE);
	put(RSDP + 15, 0, 1);
	fix_rsdp();
	fuzz_seed(*argc, *argv, "rsdt", rom, SIZE);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct acpi_cpu cpus[CONFIG_MAX_CPUS];
	unsigned count;
	const struct acpi_header *table;
	struct acpi_reset reset;
	struct acpi_root root;

	memset(rom, 0, SIZE);
	memcpy(rom, data, size < SIZE ? size : SIZE);
	if (!(rom[0] & 1)) {
		fix_all();
	}
	root.rsdp = RSDP;
	if ((rom[0] & 2 ? rsdp_search(memory_at, &root)
			: rsdp_check(rom + (RSDP - ROM), 36, &root)) &&
	    !acpi_check_root(memory_at, &root)) {
		if (!acpi_find(memory_at, &root, "APIC", &table) && table &&
		    !madt_parse(table, 0, cpus, &count) &&
		    (!count || count > CONFIG_MAX_CPUS || cpus[0].apic_id)) {
			abort();
		}
		if (!acpi_find(memory_at, &root, "FACP", &table) && table &&
		    !fadt_parse(table, &reset) && reset.space > ACPI_RESET_IO) {
			abort();
		}
	}
	memory_forget();
	return 0;
}
