/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/exceptions.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/offsets.h"

	.text
	.balign EXCEPTION_ENTRY_SIZE
	.global exception_entries
exception_entries:
	.set vector, 0
	.rept 32
	.balign EXCEPTION_ENTRY_SIZE
	.if vector == VECTOR_NMI
	jmp	nmi_entry
	.elseif vector == VECTOR_DB
	jmp	debug_entry
	.elseif (EXCEPTIONS_WITH_ERROR_CODE >> vector) & 1
	push	$vector
	jmp	exception_common
	.else
	push	$0
	push	$vector
	jmp	exception_common
	.endif
	.set vector, vector + 1
	.endr

/* In: vector and error code on the stack. Out: everything as it was, but for what the handler changed. */
exception_common:
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	call	exception_handle
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

/*
 * A #DB of the guest's that comes here, at the instruction behind the guest's entry, when a single
 * step ends in another exit: AMD family 10h, erratum 246; Bochs. FS, GS and TR are the guest's there.
 */
debug_entry:
	cmpq	$backend_behind_entry, (%rsp)
	jne	1f
	iretq
1:	push	$0
	push	$VECTOR_DB
	jmp	exception_common

/*
 * An NMI: counted, and nothing else. Whether it was a kick or the guest's own is found out where
 * exits are handled, never here, in the middle of something. Requires GS; clobbers nothing.
 */
nmi_entry:
	lock incl %gs:CPU_NMIS_TAKEN
	iretq

	.section .note.GNU-stack, "", @progbits
