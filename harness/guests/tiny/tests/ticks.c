/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What single operations cost. Where the TSC counts instructions (QEMU's -icount shift=0) a line
 * "COST name=n" gives instructions, the operation itself included: the median of REPEATS.
 */
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/tests/tests.h"

#define REPEATS 31

static uint64_t empty;

static void sort(uint64_t *v)
{
	for (int i = 1; i < REPEATS; i++) {
		for (int j = i; j && v[j - 1] > v[j]; j--) {
			uint64_t t = v[j];

			v[j] = v[j - 1];
			v[j - 1] = t;
		}
	}
}

/* Between two RDTSCs stand the instruction and, as in `empty`, the same moves around it. */
#define MEASURE(code, ...)                                                                       \
	({                                                                                       \
		uint64_t all_[REPEATS];                                                          \
		for (int i_ = 0; i_ < REPEATS; i_++) {                                           \
			uint64_t end_, start_;                                                   \
			asm volatile("rdtsc; shl $32, %%rdx; or %%rdx, %%rax; mov %%rax, %0\n\t" \
				     "mov %2, %%ecx; mov %3, %%eax; xor %%edx, %%edx\n\t" code   \
				     "\n\t"                                                      \
				     "rdtsc; shl $32, %%rdx; or %%rdx, %%rax; mov %%rax, %1"     \
				     : "=&r"(start_), "=&r"(end_)                                \
				     : __VA_ARGS__                                               \
				     : "rax", "rbx", "rcx", "rdx", "memory", "cc");              \
			all_[i_] = end_ - start_ - empty;                                        \
		}                                                                                \
		sort(all_);                                                                      \
		all_[REPEATS / 2];                                                               \
	})

static void cost(const char *name, uint64_t value)
{
	print("COST %s=%lu\n", name, value);
}

static void measure_apic(void)
{
	const uint32_t masked = LVT_MASKED | 0x40;

	cost("apic_read",
	     MEASURE("movl (%4), %%ebx", "r"(0), "r"(0), "r"(apic_register(APIC_LVT_TIMER))));
	cost("apic_write",
	     MEASURE("movl %%eax, (%4)", "r"(0), "r"(masked), "r"(apic_register(APIC_LVT_TIMER))));
	cost("apic_modify",
	     MEASURE("orl %%eax, (%4)", "r"(0), "r"(masked), "r"(apic_register(APIC_LVT_TIMER))));
	cost("apic_eoi", MEASURE("movl %%eax, (%4)", "r"(0), "r"(0), "r"(apic_register(APIC_EOI))));
}

/* First writes: one for each page, so that the median is over pages. */
static void measure_block(void)
{
	uint64_t at = option_number("block", 0);

	if (!at) {
		return;
	}
	cost("block_first_write",
	     MEASURE("movl %%eax, (%4)", "r"(0), "r"(0), "r"(at + (uint64_t)i_ * 4096)));
}

void test_ticks(void)
{
	uint64_t efer = rdmsr(MSR_EFER);
	uint32_t low = (uint32_t)efer;

	empty = MEASURE("", "r"(0), "r"(0));
	cost("nop", MEASURE("nop", "r"(0), "r"(0)));
	cost("cpuid", MEASURE("cpuid", "r"(0), "r"(0)));
	cost("rdmsr_efer", MEASURE("rdmsr", "r"(MSR_EFER), "r"(0)));
	cost("wrmsr_efer", MEASURE("wrmsr", "r"(MSR_EFER), "r"(low)));
	cost("rdmsr_star", MEASURE("rdmsr", "r"(MSR_STAR), "r"(0)));
	cost("rdmsr_apic_base", MEASURE("rdmsr", "r"(MSR_APIC_BASE), "r"(0)));
	announce_start();
	measure_apic();
	cost("apic_eoi_unwatched_later",
	     (delay_us(400000),
	      MEASURE("movl %%eax, (%4)", "r"(0), "r"(0), "r"(apic_register(APIC_EOI)))));
	measure_block();
}
