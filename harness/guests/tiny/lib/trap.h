/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions and interrupts: what a test expects is recorded or handled, the rest fails it. */
#ifndef TINY_LIB_TRAP_H
#define TINY_LIB_TRAP_H

#include <stdbool.h>
#include <stdint.h>

enum vector {
	VECTOR_DB = 1,
	VECTOR_NMI = 2,
	VECTOR_BP = 3,
	VECTOR_UD = 6,
	VECTOR_GP = 13,
	VECTOR_PF = 14,
	VECTOR_TIMER = 0x40,
	VECTOR_IPI = 0x50,
	VECTOR_USER_RETURN = 0x81,
	VECTOR_SPURIOUS = 0xff,
};
#define NO_VECTOR (-1)

struct frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

#define CODE64    0x08
#define DATA      0x10
#define CODE32    0x18
#define CODE16    0x20
#define DATA16    0x28
#define USER_CODE 0x33
#define USER_DATA 0x3b
#define TSS       0x40

/* Instructions of which a test wants to know the exception: see fault_vector(). */
#define TRY "771:\n\t"
#define TRY_END \
	"\n772:\n\t.pushsection .fixups, \"a\"\n\t.long 771b - ., 772b - .\n\t.popsection\n\t"

/* Loads this CPU's IDT; its GDT is loaded by cpu_init(). */
void idt_load(void);

/* The exception of the last TRY on this CPU since the last call, or NO_VECTOR. */
int fault_vector(void);

/* Runs f at CPL 3, on the user stack of this CPU. */
void user_run(void (*f)(void));

/* The C part of every vector. */
void trap(struct frame *frame);

#endif
