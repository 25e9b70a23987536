/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/acpi.h"
#include "harness/guests/tiny/lib/print.h"

#define SIGNATURE(a, b, c, d) ((uint32_t)(a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)
#define RSDP_SIGNATURE        0x2052545020445352UL /* "RSD PTR " */
#define MADT_LOCAL_APIC       0
#define MADT_LOCAL_X2APIC     9

struct rsdp {
	uint64_t signature;
	uint8_t checksum, oem[6], revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
} __attribute__((packed));

struct table {
	uint32_t signature, length;
	uint8_t revision, checksum, oem[26];
} __attribute__((packed));

static const struct rsdp *search(uint64_t from, uint64_t size)
{
	for (uint64_t at = from; at < from + size; at += 16) {
		const struct rsdp *rsdp = (const struct rsdp *)at;
		const uint8_t *bytes = (const uint8_t *)at;
		uint8_t sum = 0;

		for (int i = 0; rsdp->signature == RSDP_SIGNATURE && i < 20; i++) {
			sum += bytes[i];
		}
		if (rsdp->signature == RSDP_SIGNATURE && !sum) {
			return rsdp;
		}
	}
	return 0;
}

static const struct rsdp *find_rsdp(uint64_t told)
{
	const struct rsdp *rsdp = (const struct rsdp *)told;

	if (!rsdp) {
		rsdp = search((uint64_t) * (volatile uint16_t *)0x40e << 4, 1024); /* the EBDA */
	}
	if (!rsdp) {
		rsdp = search(0xe0000, 0x20000);
	}
	EXPECT(rsdp && rsdp->signature == RSDP_SIGNATURE, "no RSDP at %lx", told);
	return rsdp;
}

static const struct table *find_madt(const struct rsdp *rsdp)
{
	bool wide = rsdp->revision >= 2 && rsdp->xsdt;
	const struct table *root = (const struct table *)(wide ? rsdp->xsdt : rsdp->rsdt);
	unsigned size = wide ? 8 : 4;
	const uint8_t *entries = (const uint8_t *)(root + 1);

	for (uint64_t at = 0; at + size <= root->length - sizeof(*root); at += size) {
		const struct table *table;

		table = (const struct table *)(wide ? *(const uint64_t *)(entries + at)
						    : *(const uint32_t *)(entries + at));
		if (table->signature == SIGNATURE('A', 'P', 'I', 'C')) {
			return table;
		}
	}
	fail("no MADT");
}

unsigned acpi_cpu_ids(uint64_t rsdp, uint32_t *ids, unsigned max)
{
	const struct table *madt = find_madt(find_rsdp(rsdp));
	const uint8_t *end = (const uint8_t *)madt + madt->length;
	unsigned count = 0;

	for (const uint8_t *e = (const uint8_t *)(madt + 1) + 8; e + 2 <= end && e[1]; e += e[1]) {
		if (count == max) {
			break;
		}
		if (e[0] == MADT_LOCAL_APIC && (*(const uint32_t *)(e + 4) & 1)) {
			ids[count++] = e[3];
		} else if (e[0] == MADT_LOCAL_X2APIC && (*(const uint32_t *)(e + 8) & 1)) {
			ids[count++] = *(const uint32_t *)(e + 4);
		}
	}
	return count;
}
