/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/offsets.h"

/*
 * svm_run (struct svm_cpu *): from here on this CPU runs the guest. Never returns.
 *
 * Requires: on top of an empty stack, GIF = 0 (CLGI done), the VMCB filled in, the guest's other
 * registers in svm_cpu. The stack stays as it is between two exits:
 *
 *	48 bytes: svm_cpu, host VMCB, guest VMCB
 *	then, while the host runs, struct guest_registers
 *
 * VMSAVE and VMLOAD of the host's state bring FS, GS, TR and LDTR back before the first C
 * instruction, so that this_cpu() and the exception stacks work there (APM volume 2, 15.5).
 */
	.text
	.global svm_run
svm_run:
	push	%rdi
	push	SVM_CPU_HOST_VMCB(%rdi)
	push	SVM_CPU_VMCB_PHYSICAL(%rdi)
	mov	(%rsp), %rax
	lea	SVM_CPU_FIRST_REGISTERS(%rdi), %rsi
	sub	$GUEST_REGISTERS_SIZE, %rsp
	mov	%rsp, %rdi
	mov	$(GUEST_REGISTERS_SIZE / 8), %ecx
	rep movsq

	.balign 16
svm_enter:
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
	mov	(%rsp), %rax
	vmload	%rax
	vmrun	%rax
	vmsave	%rax
	push	%rax /* its place: the guest's RAX is in the VMCB */
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
	mov	(GUEST_REGISTERS_SIZE + 8)(%rsp), %rax
	vmload	%rax
	mov	(GUEST_REGISTERS_SIZE + 16)(%rsp), %rdi
	mov	%rsp, %rsi
	xor	%ebp, %ebp /* the end of a backtrace */
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

/* svm_disable_interrupts: CLGI, for C. */
	.global svm_clgi
svm_clgi:
	clgi
	ret

	.section .note.GNU-stack, "", @progbits
