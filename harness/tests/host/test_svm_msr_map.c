/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/svm/msr_map.c */
/* Which two bits of the MSR permission map are which register's (APM volume 2, 15.11). */
#include "arch/x86/cpu/pages.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/msr.h"
#include "harness/tests/host/check.h"
#include "phases/phase.h"

#define MAP_SIZE 0x2000

extern const struct phase phase_svm_msr_map;
const struct phase_links phase_links_svm_msr_map;

static uint8_t *map;
static bool no_memory;

void *pages_alloc(size_t count)
{
	CHECK_EQ(count * 4096, MAP_SIZE);
	map = no_memory ? NULL : calloc(1, MAP_SIZE);
	return map;
}

uint64_t pages_physical(const void *address)
{
	CHECK(address == map);
	return 0x7fe12000;
}

enum phase_result phase_reason(enum phase_result result, const char *format, ...)
{
	CHECK(strstr(format, "permission map"));
	return result;
}

static uint64_t read_rule(struct cpu *cpu)
{
	(void)cpu;
	return 0;
}

static bool write_rule(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	(void)cpu;
	return msr && value;
}

const struct msr_rule msr_rules[] = {
	{ 0x0000001b, NULL, write_rule, "" },
	{ 0xc0000080, read_rule, write_rule, "" },
	{ 0xc0010117, read_rule, NULL, "" },
};
const size_t msr_rule_count = 3;

/* The map as the manual has it: 2 KiB for each range, reads the lower bit of two. */
static uint8_t model[MAP_SIZE];

static void set_bit(size_t bit, bool on)
{
	model[bit / 8] &= ~(1 << bit % 8);
	model[bit / 8] |= on << bit % 8;
}

static void watch(uint32_t msr, bool read, bool write)
{
	static const struct {
		uint32_t first;
		size_t offset;
	} ranges[] = { { 0, 0x000 }, { 0xc0000000, 0x800 }, { 0xc0010000, 0x1000 } };

	for (unsigned i = 0; i < 3; i++) {
		if (msr >= ranges[i].first && msr <= ranges[i].first + 0x1fff) {
			size_t bit = ranges[i].offset * 8 + (msr - ranges[i].first) * 2;

			set_bit(bit, read);
			set_bit(bit + 1, write);
		}
	}
	guest_watch_msr(msr, read, write);
}

static void start(void)
{
	free(map);
	CHECK_EQ(phase_svm_msr_map.init(), PHASE_DONE);
	CHECK_EQ(svm_msr_map, 0x7fe12000);
}

/* Numbers of which the byte and the bits are written out here. */
static void by_hand(void)
{
	start();
	/* The rules, and nothing else. */
	CHECK_EQ(map[0x6], 0x80);
	CHECK_EQ(map[0x820], 0x03);
	CHECK_EQ(map[0x1045], 0x40);
	map[0x6] = map[0x820] = map[0x1045] = 0;
	CHECK(!memcmp(map, model, MAP_SIZE));

	guest_watch_msr(0x830, false, true);
	CHECK_EQ(map[0x20c], 0x02);
	guest_watch_msr(0x831, true, false);
	CHECK_EQ(map[0x20c], 0x06);
	guest_watch_msr(0x830, false, false);
	CHECK_EQ(map[0x20c], 0x04);
	guest_watch_msr(0x1fff, true, true);
	CHECK_EQ(map[0x7ff], 0xc0);
	guest_watch_msr(0xc0001fff, true, true);
	CHECK_EQ(map[0xfff], 0xc0);
	guest_watch_msr(0xc0011fff, true, true);
	CHECK_EQ(map[0x17ff], 0xc0);
}

static void random_ones(void)
{
	start();
	memcpy(model, map, MAP_SIZE);
	for (check_round = 0; check_round < 20000; check_round++) {
		static const uint32_t bases[] = { 0,          0x2000,     0xbfffe000, 0xc0000000,
						  0xc0002000, 0xc0010000, 0xc0012000, 0x40000000 };
		uint32_t msr = bases[check_random(8)] + (uint32_t)check_random(0x2000);

		watch(msr, check_random(2), check_random(2));
		CHECK(check_round % 100 || !memcmp(map, model, MAP_SIZE));
	}
	CHECK(!memcmp(map, model, MAP_SIZE));
}

int main(void)
{
	by_hand();
	random_ones();
	free(map);
	no_memory = true;
	CHECK_EQ(phase_svm_msr_map.init(), PHASE_FAILED);
	return 0;
}
