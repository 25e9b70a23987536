/* SPDX-License-Identifier: BSD-2-Clause */
/* Model-specific registers: numbers in the manuals' order, and how to read and write them. */
#ifndef ARCH_X86_CPU_MSR_H
#define ARCH_X86_CPU_MSR_H

#define MSR_APIC_BASE 0x0000001b
#define MSR_DEBUGCTL 0x000001d9
#define MSR_PAT 0x00000277
#define MSR_X2APIC_BASE 0x00000800 /* + offset in the APIC page / 16 */
#define MSR_X2APIC_ICR 0x00000830
#define MSR_EFER 0xc0000080
#define MSR_GS_BASE 0xc0000101
#define MSR_SYSCFG 0xc0010010
#define MSR_IORR_BASE0 0xc0010016
#define MSR_IORR_MASK0 0xc0010017
#define MSR_IORR_BASE1 0xc0010018
#define MSR_IORR_MASK1 0xc0010019
#define MSR_TOP_MEM 0xc001001a
#define MSR_TOP_MEM2 0xc001001d
#define MSR_MMIO_CFG_BASE 0xc0010058
#define MSR_SMM_ADDR 0xc0010112
#define MSR_SMM_MASK 0xc0010113
#define MSR_VM_CR 0xc0010114
#define MSR_IGNNE 0xc0010115
#define MSR_SMM_CTL 0xc0010116
#define MSR_VM_HSAVE_PA 0xc0010117
#define MSR_SVM_KEY 0xc0010118

/* APIC base address register (APM volume 2, 16.3.1 and 16.9). */
#define APIC_BASE_BSC 0x00000100
#define APIC_BASE_EXTD 0x00000400
#define APIC_BASE_EN 0x00000800
#define APIC_BASE_ADDRESS 0x000ffffffffff000

/* DebugCtl (APM volume 2, 13.1.1.6). */
#define DEBUGCTL_BTF 0x00000002

/* SYSCFG (APM volume 2, 7.9.4 and 15.34.3): the bits that change what an address means. */
#define SYSCFG_ENCRYPTION 0x00800000
#define SYSCFG_ADDRESSES 0x07800000

/* VM_CR (APM volume 2, 15.30.1). */
#define VM_CR_LOCK 0x08
#define VM_CR_SVMDIS 0x10

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

/* The same for registers that may not exist: false where the processor answers with #GP. */
bool rdmsr_safe(uint32_t msr, uint64_t *value);
bool wrmsr_safe(uint32_t msr, uint64_t value);

#endif
#endif
