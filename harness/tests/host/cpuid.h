/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the place of arch/x86/cpu/cpuid.h, for programs that say what processor they are on:
 * flags: -include harness/tests/host/cpuid.h
 */
#ifndef ARCH_X86_CPU_CPUID_H
#define ARCH_X86_CPU_CPUID_H

unsigned cpu_physical_bits(void);
unsigned cpu_encryption_bits(void);

#endif
