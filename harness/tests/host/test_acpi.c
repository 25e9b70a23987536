/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/acpi/rsdp.c arch/x86/acpi/tables.c arch/x86/acpi/madt.c arch/x86/acpi/fadt.c */
#include "arch/x86/acpi/fadt.h"
#include "arch/x86/acpi/madt.h"

#include "harness/tests/host/acpi_input.h"
#include "harness/tests/host/check.h"

static struct acpi_root root;
static struct acpi_cpu cpus[CONFIG_MAX_CPUS];
static unsigned count;
static struct acpi_reset reset;

/* Finds and reads a table as the phases do. */
static const char *read_madt(uint32_t boot_apic_id)
{
	const struct acpi_header *table = NULL;
	const char *error = acpi_check_root(memory_at, &root);

	if (!error) {
		error = acpi_find(memory_at, &root, "APIC", &table);
	}
	if (!error) {
		error = table ? madt_parse(table, boot_apic_id, cpus, &count) : "no MADT";
	}
	memory_forget();
	return error;
}

static const char *read_fadt(void)
{
	const struct acpi_header *table;
	const char *error = acpi_find(memory_at, &root, "FACP", &table);

	if (!error) {
		error = table ? fadt_parse(table, &reset) : "no FADT";
	}
	memory_forget();
	return error;
}

static bool search(void)
{
	bool found = rsdp_search(memory_at, &root);

	memory_forget();
	return found;
}

static void rsdp(void)
{
	check_case = "rsdp";
	acpi_input();
	CHECK(search());
	CHECK_EQ(root.rsdp, RSDP);
	CHECK_EQ(root.table, XSDT);
	CHECK(root.extended);

	put(RSDP + 33, 1, 1); /* the second checksum no longer fits */
	CHECK(!search());
	put(RSDP + 15, 0, 1); /* revision 0 has none */
	fix_sum(RSDP, 20, RSDP + 8);
	CHECK(search());
	CHECK_EQ(root.table, RSDT);
	CHECK(!root.extended);
	put(RSDP + 8, 0, 1);
	CHECK(!search());

	acpi_input();
	put(RSDP + 20, 35, 4);
	fix_rsdp();
	CHECK(!search());
	put(RSDP + 20, 36, 4);
	put(RSDP + 24, 0, 8); /* revision 2 without an XSDT */
	fix_rsdp();
	CHECK(search());
	CHECK(!root.extended);
	put(RSDP + 16, 0, 4);
	fix_rsdp();
	CHECK(!search());

	acpi_input(); /* not on a boundary of 16 bytes */
	memmove(memory.bytes + 0x48, memory.bytes + 0x40, 36);
	memset(memory.bytes + 0x40, 0, 8);
	CHECK(!search());

	acpi_input(); /* at the end: revision 2 does not fit, revision 0 does not fit either */
	memcpy(memory.bytes + ROM_SIZE - 32, memory.bytes + 0x40, 32);
	memcpy(memory.bytes + ROM_SIZE - 16, memory.bytes + 0x40, 16);
	memset(memory.bytes + 0x40, 0, 36);
	CHECK(!search());
}

/* The loader's copy, cut at every length. */
static void rsdp_lengths(void)
{
	uint8_t *bytes;

	check_case = "lengths";
	acpi_input();
	for (check_round = 0; check_round <= 36; check_round++) {
		bytes = malloc(check_round);
		memcpy(bytes, memory.bytes + (RSDP - ROM), check_round);
		CHECK_EQ(rsdp_check(bytes, check_round, &root), check_round == 36);
		free(bytes);
	}
}

static void ebda(void)
{
	check_case = "EBDA";
	memory.base = 0;
	memory.size = 0x100000;
	memory.bytes = calloc(1, memory.size);
	put(0x40e, 0x9fc0, 2);
	memcpy(memory.bytes + 0x9fff0 - 0x20, "RSD PTR ", 8);
	put(0x9fff0 - 0x20 + 16, 0x1000, 4);
	fix_sum(0x9fff0 - 0x20, 20, 0x9fff0 - 0x20 + 8);
	CHECK(search());
	CHECK_EQ(root.rsdp, 0x9ffd0);
	CHECK_EQ(root.table, 0x1000);
	put(0x40e, 0x9f40, 2); /* the first KiB of that ends before it */
	CHECK(!search());
	put(0x40e, 0, 2);
	CHECK(!search());
	free(memory.bytes);
}

static void cpu_list(void)
{
	check_case = "cpus";
	acpi_input();
	CHECK(search());
	CHECK_OK(read_madt(0));
	CHECK_EQ(count, 3);
	CHECK_EQ(cpus[0].apic_id, 0);
	CHECK_EQ(cpus[1].apic_id, 2);
	CHECK_EQ(cpus[2].apic_id, 0x100);
	CHECK_OK(read_madt(0x100));
	CHECK_EQ(cpus[0].apic_id, 0x100);
	CHECK_EQ(cpus[1].apic_id, 0);
	CHECK_EQ(cpus[2].apic_id, 2);
	CHECK_ERROR(read_madt(4), "does not list the CPU that we run on");

	root.extended = false;
	root.table = RSDT;
	CHECK_OK(read_madt(2));
	root.extended = true;
	CHECK_ERROR(read_madt(2), "does not point to an ACPI root table");
}

static void duplicates(void)
{
	check_case = "duplicates";
	acpi_input();
	CHECK(search());
	madt_local_apic(2, 0);
	madt_x2apic(0x100, 0);
	madt_end();
	CHECK_OK(read_madt(0));
	madt_local_apic(2, 1);
	madt_end();
	CHECK_ERROR(read_madt(0), "twice");
	madt_next -= 8;
	madt_x2apic(0x100, 1);
	madt_end();
	CHECK_ERROR(read_madt(0), "twice");
}

static void too_many(void)
{
	check_case = "too many";
	acpi_input();
	CHECK(search());
	madt_next = MADT_ENTRIES;
	for (unsigned i = 0; i < CONFIG_MAX_CPUS; i++) {
		madt_local_apic(i, 1);
	}
	madt_end();
	CHECK_OK(read_madt(5));
	CHECK_EQ(count, CONFIG_MAX_CPUS);
	CHECK_EQ(cpus[5].apic_id, 4);
	madt_local_apic(0xf0, 1);
	madt_end();
	CHECK_ERROR(read_madt(5), "raise MAX_CPUS");
}

static void bad_madt(void)
{
	check_case = "bad MADT";
	acpi_input();
	CHECK(search());
	put(MADT + 9, 0x77, 1);
	CHECK_ERROR(read_madt(0), "wrong checksum");
	put(MADT + 4, 0, 4);
	CHECK_ERROR(read_madt(0), "impossible length");
	put(MADT + 4, 0xffffffff, 4);
	CHECK_ERROR(read_madt(0), "impossible length");
	put(MADT + 4, 0x80000, 4);
	CHECK_ERROR(read_madt(0), "does not end below 4 GiB");
	put(MADT + 4, 43, 4);
	fix_table(MADT);
	CHECK_ERROR(read_madt(0), "MADT is too short");
	for (unsigned length = 0; length < 8; length++) {
		acpi_input();
		put(MADT_ENTRIES + 1, length, 1);
		fix_table(MADT);
		CHECK_ERROR(read_madt(0), "entry of an impossible length");
	}
	for (unsigned length = 2; length < 16; length++) { /* an x2APIC entry, cut with the table */
		acpi_input();
		put(madt_next - 16 + 1, length, 1);
		madt_next -= 16 - length;
		madt_end();
		CHECK_ERROR(read_madt(0), "entry of an impossible length");
	}
	acpi_input();
	put(madt_next - 16 + 1, 17, 1);
	fix_table(MADT);
	CHECK_ERROR(read_madt(0), "entry of an impossible length");
	acpi_input();
	madt_next += 1; /* half an entry */
	madt_end();
	CHECK_ERROR(read_madt(0), "entry of an impossible length");
}

static void bad_root(void)
{
	check_case = "bad root";
	acpi_input();
	CHECK(search());
	put(XSDT + 9, 0x77, 1);
	CHECK_ERROR(read_madt(0), "wrong checksum");
	acpi_input();
	put(XSDT + 4, 36 + 16, 4);
	fix_table(XSDT);
	CHECK_ERROR(read_madt(0), "no MADT");
	put(XSDT + 36, 0x100000000, 8);
	fix_table(XSDT);
	CHECK_ERROR(read_madt(0), "may be the one looked for");
	root.table = 0x100000000;
	CHECK_ERROR(read_madt(0), "does not lie below 4 GiB");
}

static void reset_register(void)
{
	check_case = "FADT";
	acpi_input();
	CHECK(search());
	CHECK_OK(read_fadt());
	CHECK_EQ(reset.space, ACPI_RESET_IO);
	CHECK_EQ(reset.address, 0xcf9);
	CHECK_EQ(reset.value, 6);
	put(FADT + 120, 0x10000, 8);
	fix_table(FADT);
	CHECK_ERROR(read_fadt(), "impossible address");
	put(FADT + 116, 0, 1);
	fix_table(FADT);
	CHECK_OK(read_fadt());
	CHECK_EQ(reset.space, ACPI_RESET_MEMORY);
	CHECK_EQ(reset.address, 0x10000);
	put(FADT + 120, 0, 8);
	fix_table(FADT);
	CHECK_ERROR(read_fadt(), "impossible address");
	put(FADT + 116, 2, 1);
	put(FADT + 120, 1, 8);
	fix_table(FADT);
	CHECK_ERROR(read_fadt(), "neither in memory nor");
	put(FADT + 112, 0, 4);
	fix_table(FADT);
	CHECK_OK(read_fadt());
	CHECK_EQ(reset.space, ACPI_RESET_NONE);
	put(FADT + 112, 1 << 10, 4);
	put(FADT + 4, 128, 4);
	fix_table(FADT);
	CHECK_OK(read_fadt());
	CHECK_EQ(reset.space, ACPI_RESET_NONE);
}

int main(void)
{
	ebda();
	memory.base = ROM;
	memory.size = ROM_SIZE;
	memory.bytes = malloc(ROM_SIZE);
	rsdp();
	rsdp_lengths();
	cpu_list();
	duplicates();
	too_many();
	bad_madt();
	bad_root();
	reset_register();
	free(memory.bytes);
	return 0;
}
