/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions in the hypervisor itself: NMIs are counted, a fixed-up #GP goes on, all else panics. */
#ifndef ARCH_X86_CPU_EXCEPTIONS_H
#define ARCH_X86_CPU_EXCEPTIONS_H

/* The entry of vector n is at exception_entries + n * EXCEPTION_ENTRY_SIZE (exceptions_entry.S). */
#define EXCEPTION_ENTRY_SIZE 16

#ifndef __ASSEMBLER__

#include <stdint.h>

/* What the entry code leaves on the stack. */
struct exception_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss; /* pushed by the processor */
};

extern const uint8_t exception_entries[];

/* Called by the entry code for every exception but NMI. */
void exception_handle(struct exception_frame *frame);

#endif
#endif
