/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPUID instruction. */
#ifndef ARCH_X86_CPU_CPUID_H
#define ARCH_X86_CPU_CPUID_H

#include <stdint.h>

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

/* The physical address width (APM volume 3, E.4.7). */
static inline unsigned cpu_physical_bits(void)
{
	return cpuid(0x80000000, 0).eax >= 0x80000008 ? cpuid(0x80000008, 0).eax & 0xff : 36;
}

/* By how much memory encryption makes it narrower where it is turned on (APM volume 3, E.4.17). */
static inline unsigned cpu_encryption_bits(void)
{
	return cpuid(0x80000000, 0).eax >= 0x8000001f ? cpuid(0x8000001f, 0).ebx >> 6 & 0x3f : 0;
}

#endif
