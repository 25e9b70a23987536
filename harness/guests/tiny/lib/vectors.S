/* SPDX-License-Identifier: BSD-2-Clause */
/* The stubs of the 256 vectors, and the way to CPL 3 and back. */

#define USER_DATA 0x3b
#define USER_CODE 0x33
#define KERNEL_RSP %gs:8		/* struct cpu, kernel_rsp */

	.text
	.balign	16
	.globl	trap_stubs
trap_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21
	pushq	$0			/* the CPU pushes no error code for these */
	.endif
	pushq	$vector
	jmp	trap_common
	.set	vector, vector + 1
	.endr

/* Saves struct frame's registers; nothing is lost. */
trap_common:
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbp
	andq	$~15, %rsp
	call	trap
	movq	%rbp, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	addq	$16, %rsp
	iretq

/* void user_run (RDI: f): calls f at CPL 3. Keeps what the ABI keeps. The user's stack is ours. */
	.globl	user_run
user_run:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, KERNEL_RSP
	leaq	-256(%rsp), %rax
	andq	$~15, %rax
	pushq	$USER_DATA
	pushq	%rax
	pushfq
	pushq	$USER_CODE
	leaq	1f(%rip), %rax
	pushq	%rax
	iretq
1:	call	*%rdi
	int	$0x81

/* The gate of INT 81h, reached from user_run's end alone: back to its caller. */
	.globl	user_return
user_return:
	movq	KERNEL_RSP, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
