/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/vcpu/icr.c */
/* Whom an interrupt command names: each form, over all ids, against the manual's words. */
#include "arch/x86/vcpu/icr.h"

#include "harness/tests/host/check.h"

#define PHYSICAL      0x4500 /* INIT, assert */
#define LOGICAL       0x4d00
#define TO_SELF       0x44500
#define TO_ALL        0x84500
#define TO_ALL_BUT_ME 0xc4500
#define FLAT          0xffffffff
#define CLUSTER       0x0fffffff
#define AS_BITS       0x0800 /* the bit that says logical, whatever stands beside it */

static bool names(uint32_t low, uint32_t destination, bool x2apic, struct icr_cpu cpu)
{
	struct icr_command command = { .low = low, .destination = destination, .x2apic = x2apic };

	CHECK_EQ(icr_is_logical(&command), low & AS_BITS && low < 0x40000);
	return icr_names(&command, &cpu);
}

/* Shorthands do not look at anything else. */
static void shorthands(void)
{
	for (unsigned i = 0; i < 1000; i++) {
		uint32_t low = check_random(0x40000) & ~0xc0000u,
			 to = (uint32_t)check_random(1ull << 32);
		bool x2apic = check_random(2);
		struct icr_cpu cpu = { .apic_id = (uint32_t)check_random(1ull << 32),
				       .ldr = (uint32_t)check_random(1ull << 32),
				       .dfr = check_random(2) ? FLAT : CLUSTER };

		for (unsigned sender = 0; sender < 2; sender++) {
			cpu.sender = sender;
			CHECK_EQ(names(low | 0x40000, to, x2apic, cpu), sender);
			CHECK_EQ(names(low | 0x80000, to, x2apic, cpu), true);
			CHECK_EQ(names(low | 0xc0000, to, x2apic, cpu), !sender);
		}
	}
	CHECK(names(TO_SELF, 0, false, (struct icr_cpu){ .sender = true }));
	CHECK(names(TO_ALL, 0, false, (struct icr_cpu){ .sender = true }));
	CHECK(!names(TO_ALL_BUT_ME, 0, false, (struct icr_cpu){ .sender = true }));
}

static void physical(void)
{
	for (uint32_t to = 0; to < 256; to++) {
		for (uint32_t id = 0; id < 256; id++) {
			struct icr_cpu cpu = { .apic_id = id, .ldr = 0xff000000, .dfr = FLAT };

			CHECK_EQ(names(PHYSICAL, to, false, cpu), to == id || to == 0xff);
			CHECK_EQ(names(PHYSICAL, to, true, cpu), to == id);
			/* All 32 bits count in x2APIC mode. */
			CHECK(!names(PHYSICAL, to | 0x100, true, cpu));
			CHECK(names(PHYSICAL, 0xffffffff, true, cpu));
			cpu.sender = true;
			CHECK_EQ(names(PHYSICAL, to, false, cpu), to == id || to == 0xff);
		}
	}
}

/* The eight bits of the LDR's id are CPUs of their own, or a cluster's number and four CPUs. */
static void logical_xapic(void)
{
	for (uint32_t to = 0; to < 256; to++) {
		for (uint32_t id = 0; id < 256; id++) {
			struct icr_cpu cpu = { .apic_id = to,
					       .ldr = id << 24 | 0x5a5a5a,
					       .dfr = FLAT };
			bool same_cluster = to / 16 == id / 16 && (to % 16 & id % 16) != 0;

			CHECK_EQ(names(LOGICAL, to, false, cpu), (to & id) != 0);
			cpu.dfr = CLUSTER;
			CHECK_EQ(names(LOGICAL, to, false, cpu), to == 0xff || same_cluster);
			cpu.dfr = 0x7fffffff;
			CHECK(!names(LOGICAL, to, false, cpu));
		}
	}
}

/* Cluster id >> 4 and bit id % 16: not what the LDR or the DFR say. */
static void logical_x2apic(void)
{
	for (uint32_t id = 0; id < 1024; id++) {
		struct icr_cpu cpu = { .apic_id = id, .ldr = 0xffffffff, .dfr = 0x7fffffff };

		for (unsigned i = 0; i < 100; i++) {
			uint32_t cluster = check_random(4) ? id / 16 : (uint32_t)check_random(64);
			uint32_t bits = (uint32_t)check_random(0x10000);
			bool named = cluster == id / 16 && bits >> (id % 16) & 1;

			CHECK_EQ(names(LOGICAL, cluster << 16 | bits, true, cpu), named);
		}
		CHECK(names(LOGICAL, 0xffffffff, true, cpu));
		CHECK_EQ(names(LOGICAL, 0xff, true, cpu), id < 8);
	}
}

int main(void)
{
	shorthands();
	physical();
	logical_xapic();
	logical_x2apic();
	return 0;
}
