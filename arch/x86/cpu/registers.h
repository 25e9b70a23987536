/* SPDX-License-Identifier: BSD-2-Clause */
/* Control registers, flags, selectors: the encodings, for C and assembly (AMD APM volume 2, 3.1). */
#ifndef ARCH_X86_CPU_REGISTERS_H
#define ARCH_X86_CPU_REGISTERS_H

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_ET 0x00000010
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000
#define CR0_NW 0x20000000
#define CR0_CD 0x40000000
#define CR0_PG 0x80000000

#define CR4_PSE 0x00000010
#define CR4_PAE 0x00000020
#define CR4_MCE 0x00000040
#define CR4_LA57 0x00001000
#define CR4_CET 0x00800000

#define RFLAGS_FIXED 0x00000002
#define RFLAGS_TF 0x00000100
#define RFLAGS_IF 0x00000200

#define DR6_INIT 0xffff0ff0
#define DR6_B0123 0x0000000f
#define DR6_BS 0x00004000
#define DR7_INIT 0x00000400

/* Extended feature enable register, MSR c0000080h (APM volume 2, 3.1.7). */
#define EFER_LME 0x00000100
#define EFER_LMA 0x00000400
#define EFER_NXE 0x00000800
#define EFER_SVME 0x00001000

/* Page table entries (APM volume 2, 5.3 and 5.4). */
#define PAGE_PRESENT 0x001
#define PAGE_WRITE 0x002
#define PAGE_USER 0x004
#define PAGE_PWT 0x008
#define PAGE_PCD 0x010
#define PAGE_ACCESSED 0x020
#define PAGE_DIRTY 0x040
#define PAGE_LARGE 0x080

#define PAGE_SIZE 4096
#define PAGE_SIZE_2M 0x200000

/* Exception vectors (APM volume 2, table 8-1). */
#define VECTOR_DB 1
#define VECTOR_NMI 2
#define VECTOR_BP 3
#define VECTOR_OF 4
#define VECTOR_UD 6
#define VECTOR_DF 8
#define VECTOR_GP 13
#define VECTOR_PF 14
#define VECTOR_MC 18

/* Bit n: vector n comes with an error code (APM volume 2, table 8-1). */
#define EXCEPTIONS_WITH_ERROR_CODE 0x60227d00

/* Selectors of our GDT (descriptors.c, and boot_gdt in entry/multiboot.S). */
#define SELECTOR_CODE32 0x08
#define SELECTOR_CODE 0x10
#define SELECTOR_DATA 0x18
#define SELECTOR_TSS 0x20

/*
 * Where the hypervisor lives: its image, then the pages that it allocates, as one stretch of
 * virtual memory over one stretch of physical memory (first where the loader put the image, then
 * the reserved block). The last 2 MiB of that GiB are windows to other physical memory.
 */
#define IMAGE_BASE 0xffffffff80000000
#define WINDOW_BASE 0xffffffffbfe00000

#ifndef __ASSEMBLER__

#include <stdint.h>

#define PAGE_NX (1ull << 63)
#define PAGE_ADDRESS 0x000ffffffffff000ull

static inline uint64_t read_cr0(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static inline uint64_t read_cr2(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline uint64_t read_cr3(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

static inline void write_cr3(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint64_t read_cr4(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline void write_cr4(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline void invlpg(const void *address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

#endif /* __ASSEMBLER__ */
#endif
