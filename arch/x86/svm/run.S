/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/offsets.h"

/*
 * svm_run (struct svm_cpu *): from here on this CPU runs the guest. Never returns.
 *
 * Requires: on top of an empty stack, GIF = 0 (CLGI done), the VMCB filled in, the guest's other
 * registers in svm_cpu (RAX in the VMCB). The stack stays as it is between two exits:
 *
 *	32 bytes: svm_cpu twice, host VMCB, guest VMCB
 *	then, while the host runs, struct guest_registers
 *
 * A backtrace ends in the guest's RBP, which panic_frame_readable() refuses.
 *
 * VMSAVE and VMLOAD of the host's state bring FS, GS, TR and LDTR back before the first C
 * instruction, so that this_cpu() and the exception stacks work there (APM volume 2, 15.5).
 */
	.text
	.global svm_run
svm_run:
	push	%rdi
	push	%rdi /* the stack is aligned to 16 at the call */
	push	SVM_CPU_HOST_VMCB(%rdi)
	push	SVM_CPU_VMCB_PHYSICAL(%rdi)
	lea	SVM_CPU_FIRST_REGISTERS(%rdi), %rsi
	sub	$GUEST_REGISTERS_SIZE, %rsp
	mov	%rsp, %rdi
	mov	$(GUEST_REGISTERS_SIZE / 8), %ecx
	rep movsq
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d

	.balign 16
	.global svm_enter
svm_enter:
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	mov	(%rsp), %rax
	vmload	%rax
	vmrun	%rax
	.global backend_behind_entry
backend_behind_entry:
	vmsave	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	mov	(GUEST_REGISTERS_SIZE + 8)(%rsp), %rax
	vmload	%rax
	mov	(GUEST_REGISTERS_SIZE + 16)(%rsp), %rdi
	mov	%rsp, %rsi
	call	svm_exit
	jmp	svm_enter

/*
 * svm_take_nmi: lets the NMI that made the guest exit come in, on its own stack, where it is
 * counted (exceptions_entry.S). Clobbers nothing.
 */
	.global svm_take_nmi
svm_take_nmi:
	stgi
	nop
	clgi
	ret

/* svm_clgi: CLGI, for C. */
	.global svm_clgi
svm_clgi:
	clgi
	ret

	.section .note.GNU-stack, "", @progbits
