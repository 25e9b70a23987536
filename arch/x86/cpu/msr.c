/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/msr.h"

/*
 * Each access that may fault leaves a line in .fixups: its own address and where to go on.
 * exceptions.c looks there on a #GP.
 */
#define FIXUP(from, to)                        \
	".pushsection .fixups, \"a\"\n\t"      \
	".balign 8\n\t"                        \
	".quad " from ", " to "\n\t"           \
	".popsection\n\t"

bool rdmsr_safe(uint32_t msr, uint64_t *value)
{
	uint32_t low, high, done;

	__asm__ volatile("xor %2, %2\n"
			 "1:\trdmsr\n\t"
			 "inc %2\n"
			 "2:\n\t" FIXUP("1b", "2b")
			 : "=a"(low), "=d"(high), "=&r"(done)
			 : "c"(msr), "0"(0), "1"(0));
	*value = (uint64_t)high << 32 | low;
	return done;
}

bool wrmsr_safe(uint32_t msr, uint64_t value)
{
	uint32_t done;

	__asm__ volatile("xor %0, %0\n"
			 "1:\twrmsr\n\t"
			 "inc %0\n"
			 "2:\n\t" FIXUP("1b", "2b")
			 : "=&r"(done)
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
	return done;
}
