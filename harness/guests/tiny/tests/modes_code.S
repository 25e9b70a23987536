/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From long mode through all that an x86 CPU was, and back: copied to a page below 1 MiB. 32-bit
 * segments are flat; 16-bit ones have the page as their base. Interrupts are off throughout.
 */
#define EFER 0xc0000080
#define CODE64 0x08
#define DATA 0x10
#define CODE32 0x18
#define CODE16 0x20
#define DATA16 0x28
#define PE 1
#define PG 0x80000000
#define PSE 0x10
#define PAE 0x20
#define OFF(symbol) (symbol - modes_code)
#define AT(symbol) OFF(symbol)(%ebp)		/* EBP: the page */

	.section .rodata.modes, "a"
	.balign	16
	.globl	modes_code, modes_code_end, modes_data
	.code64
modes_code:					/* RDI: the page */
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rdi, %rbp
	movq	%rsp, d_rsp(%rip)
	movq	%cr3, %rax
	movl	%eax, d_cr3(%rip)
	leaq	stack_top(%rip), %rsp
	pushq	$CODE32
	leaq	compat(%rip), %rax
	pushq	%rax
	lretq

	.code32
compat:						/* 32-bit code in long mode */
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$EFER, %ecx
	rdmsr
	movl	%eax, AT(d_efer_compat)
	movl	%cr0, %eax			/* out of long mode: PG, then LME */
	andl	$~PG, %eax
	movl	%eax, %cr0
	rdmsr
	andl	$~0x100, %eax
	wrmsr
	rdmsr
	movl	%eax, AT(d_efer_protected)

	ljmpl	*AT(d_far16)			/* 16-bit protected mode */

	.code16
protected16:
	movw	$DATA16, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$OFF(stack_top), %esp
	sidtl	OFF(d_idt)
	lidtl	OFF(real_idt)
	movl	%cr0, %eax
	andb	$~PE, %al
	movl	%eax, %cr0
	ljmpw	*OFF(d_far_real)
real:						/* real mode */
	movw	%cs, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$EFER, %ecx
	rdmsr					/* an exit in real mode, with and without prefixes */
	movl	%eax, OFF(d_efer_real)
	.byte	0x66, 0x67
	rdmsr
	movl	%eax, OFF(d_efer_real_prefix)
	wrmsr
	xorl	%eax, %eax
	cpuid
	movl	%ebx, OFF(d_cpuid_ebx)
	movb	OFF(d_bios), %al		/* memory size by the BIOS, if there is one */
	testb	%al, %al
	jz	1f
	pushl	%ebp
	int	$0x12
	cli
	popl	%ebp
	movw	%ax, OFF(d_int12)
1:	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	OFF(d_gdt)
	movl	%cr0, %eax
	orb	$PE, %al
	movl	%eax, %cr0
	ljmpl	*OFF(d_far32)

	.code32
protected32:
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	leal	AT(stack_top), %esp
	lidt	AT(d_idt)

	movl	AT(d_cr3_pae), %eax		/* PAE paging: CR4.PAE is on */
	movl	%eax, %cr3
	call	with_paging
	movl	%eax, AT(d_word_pae)
	movl	%edx, AT(d_efer_pae)

	movl	%cr4, %eax			/* 32-bit paging with 4 MiB pages */
	andl	$~PAE, %eax
	orl	$PSE, %eax
	movl	%eax, %cr4
	movl	AT(d_cr3_pse), %eax
	movl	%eax, %cr3
	call	with_paging
	movl	%eax, AT(d_word_pse)
	movl	%edx, AT(d_efer_pse)

	movl	%cr4, %eax			/* back to long mode */
	andl	$~PSE, %eax
	orl	$PAE, %eax
	movl	%eax, %cr4
	movl	AT(d_cr3), %eax
	movl	%eax, %cr3
	movl	$EFER, %ecx
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$PG, %eax
	movl	%eax, %cr0
	ljmpl	*AT(d_far64)

/* Reads, increments and reads the word at d_alias with paging on. EAX: the word, EDX: EFER. */
with_paging:
	movl	%cr0, %eax
	orl	$PG, %eax
	movl	%eax, %cr0
	jmp	1f
1:	movl	$EFER, %ecx
	rdmsr
	movl	%eax, %ebx
	movl	AT(d_alias), %ecx
	incl	(%ecx)
	movl	(%ecx), %edi
	movl	%cr0, %eax
	andl	$~PG, %eax
	movl	%eax, %cr0
	movl	%edi, %eax
	movl	%ebx, %edx
	ret

	.code64
long_mode:
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movq	d_rsp(%rip), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.balign	8
real_idt:
	.word	0x3ff
	.long	0
	.balign	8
modes_data:					/* struct modes_data in modes.c */
d_rsp:	.quad	0
d_cr3:	.long	0
d_cr3_pae: .long 0
d_cr3_pse: .long 0
d_alias: .long	0
d_far16: .long	OFF(protected16)
	.word	CODE16
d_far_real: .word OFF(real)
	.word	0				/* the page >> 4 */
d_far32: .long	OFF(protected32)		/* plus the page */
	.word	CODE32
d_far64: .long	OFF(long_mode)			/* plus the page */
	.word	CODE64
d_gdt:	.word	0
	.long	0
d_idt:	.word	0
	.long	0
d_bios:	.byte	0
	.byte	0
d_int12: .word	0
d_efer_compat: .long 0
d_efer_protected: .long 0
d_efer_real: .long 0
d_efer_real_prefix: .long 0
d_cpuid_ebx: .long 0
d_word_pae: .long 0
d_efer_pae: .long 0
d_word_pse: .long 0
d_efer_pse: .long 0
modes_code_end:
	.set	stack_top, modes_code + 0x1000
