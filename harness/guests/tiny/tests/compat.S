/* SPDX-License-Identifier: BSD-2-Clause */
/* PUSH from and POP to memory in 32-bit code. Code and stack lie below 4 GiB. */

#define CODE32 0x18

/* Far call to 32-bit code and back: EDI, ESI, EAX pass through. */
	.macro	in_compat target
	pushq	%rbx
	subq	$16, %rsp
	leaq	\target(%rip), %rbx
	movl	%ebx, (%rsp)
	movl	$CODE32, 4(%rsp)
	lcall	*(%rsp)
	addq	$16, %rsp
	popq	%rbx
	ret
	.endm

	.text
/* uint32_t compat_push (RDI: register) */
	.globl	compat_push
compat_push:
	in_compat push32

/* void compat_pop (RDI: register, ESI: value) */
	.globl	compat_pop
compat_pop:
	in_compat pop32

	.code32
push32:
	pushl	(%edi)
	popl	%eax
	lretl
pop32:
	pushl	%esi
	popl	(%edi)
	lretl
