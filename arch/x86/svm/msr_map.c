/* SPDX-License-Identifier: BSD-2-Clause */
/* The MSR permission map (APM volume 2, 15.11): two bits for each register that it can name. */
#include "arch/x86/cpu/pages.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/msr.h"
#include "phases/phase.h"

PHASE(svm_msr_map, global, svm_msr_map_init, .vital = true,
      .does = "lists the model-specific registers whose accesses exit");
PHASE_ONLY(svm_msr_map, cpu_svm);
PHASE_NEEDS(svm_msr_map, relocation, "the map's two pages are in the reserved block");
PHASE_PROVIDES(svm_msr_map, msr_exits);

#define MAP_PAGES 2
#define RANGE_MSRS 0x2000u

uint64_t svm_msr_map;
static uint8_t *map;

void guest_watch_msr(uint32_t msr, bool read, bool write)
{
	static const uint32_t ranges[] = {0x00000000, 0xc0000000, 0xc0010000};

	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		uint32_t number = msr - ranges[i];

		if (number < RANGE_MSRS) {
			uint8_t *byte = &map[i * RANGE_MSRS / 4 + number / 4];
			unsigned shift = number % 4 * 2;

			*byte = (uint8_t)((*byte & ~(3u << shift)) |
					  ((unsigned)read | (unsigned)write << 1) << shift);
		}
	}
}

static enum phase_result svm_msr_map_init(void)
{
	map = pages_alloc(MAP_PAGES);
	if (!map) {
		return phase_failed("no memory for the MSR permission map; this is a bug");
	}
	svm_msr_map = pages_physical(map);
	for (size_t i = 0; i < msr_rule_count; i++) {
		guest_watch_msr(msr_rules[i].msr, msr_rules[i].read, msr_rules[i].write);
	}
	return PHASE_DONE;
}
