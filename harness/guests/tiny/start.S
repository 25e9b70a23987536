/* SPDX-License-Identifier: BSD-2-Clause */
/* The protected-mode part's two entries. The image runs wherever it was loaded, below 4 GiB. */

#define PAGE 4096
#define EFER 0xc0000080

	.section .head.text, "ax"

/* 32-bit entry: flat segments, no paging, ESI: zero page. Goes on to the 64-bit entry. */
	.code32
	.globl	image_start
image_start:
	cld
	cli
	leal	0x1e8(%esi), %esp		/* boot_params.scratch is the one stack that is promised */
	call	1f
1:	popl	%ebp
	subl	$(1b - image_start), %ebp	/* where the image is */

	leal	(boot_tables - image_start)(%ebp), %edi
	pushl	%edi
	xorl	%eax, %eax
	movl	$6 * PAGE / 4, %ecx
	rep stosl
	popl	%edi
	leal	PAGE + 3(%edi), %eax		/* PML4 -> page directory pointers -> 4 directories */
	movl	%eax, (%edi)
	leal	2 * PAGE + 3(%edi), %eax
	xorl	%ecx, %ecx
1:	movl	%eax, PAGE(%edi, %ecx, 8)
	addl	$PAGE, %eax
	incl	%ecx
	cmpl	$4, %ecx
	jb	1b
	movl	$0x83, %eax			/* 2 MiB pages of 4 GiB, one to one */
	xorl	%ecx, %ecx
1:	movl	%eax, 2 * PAGE(%edi, %ecx, 8)
	addl	$0x200000, %eax
	incl	%ecx
	cmpl	$2048, %ecx
	jb	1b

	movl	$0x20, %eax			/* CR4: PAE alone */
	movl	%eax, %cr4
	movl	%edi, %cr3
	movl	$EFER, %ecx
	movl	$0x100, %eax			/* EFER: LME alone */
	xorl	%edx, %edx
	wrmsr
	leal	(boot_gdt - image_start)(%ebp), %eax
	movl	%eax, (boot_gdt_pointer + 2 - image_start)(%ebp)
	lgdt	(boot_gdt_pointer - image_start)(%ebp)
	leal	(entry64 - image_start)(%ebp), %eax
	leal	(boot_stack_top - image_start)(%ebp), %esp
	pushl	$0x10
	pushl	%eax
	movl	$0x80000001, %eax		/* CR0: PG, PE */
	movl	%eax, %cr0
	lretl

/* 64-bit entry: long mode, the image and the zero page mapped one to one, RSI: zero page. */
	.org	0x200
	.code64
	.globl	entry64
entry64:
	rdtsc
	cld
	cli
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, %r15
	leaq	bss_start(%rip), %rdi
	leaq	image_end(%rip), %rcx
	subq	%rdi, %rcx
	xorl	%eax, %eax
	rep stosb
	movq	%r15, first_tsc(%rip)

	leaq	image_start(%rip), %rbx		/* R_X86_64_RELATIVE: the only kind a PIE of ours has */
	leaq	rela_start(%rip), %rdi
	leaq	rela_end(%rip), %rcx
1:	cmpq	%rcx, %rdi
	jae	2f
	movq	(%rdi), %rdx
	movq	16(%rdi), %rax
	addq	%rbx, %rax
	movq	%rax, (%rbx, %rdx)
	addq	$24, %rdi
	jmp	1b
2:	leaq	cpu_stacks(%rip), %rsp
	addq	$0x4000, %rsp			/* STACK_SIZE: that of CPU 0 */
	movq	%rsi, %rdi
	xorl	%ebp, %ebp
	call	guest_main
	ud2

/*
 * An AP comes here from its trampoline: long mode, the guest's page tables. Finds its number by its
 * APIC id and goes to C on its own stack.
 */
	.text
	.globl	ap_entry
ap_entry:
	movl	$1, %eax
	cpuid
	shrl	$24, %ebx
	leaq	cpu_of_apic_id(%rip), %rax
	movzbl	(%rax, %rbx), %edi
	leal	1(%rdi), %eax
	shll	$14, %eax			/* STACK_SIZE */
	leaq	cpu_stacks(%rip), %rsp
	addq	%rax, %rsp
	xorl	%ebp, %ebp
	call	ap_main
	ud2

/* What the 32-bit entry uses must outlive the clearing of .bss. */
	.section .boot.data, "aw"
	.balign	8
boot_gdt:
	.quad	0, 0
	.quad	0x00af9b000000ffff		/* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff
boot_gdt_pointer:
	.word	boot_gdt_pointer - boot_gdt - 1
	.quad	0
	.globl	first_tsc
	.balign	8
first_tsc:
	.quad	0
	.section .boot.bss, "aw", @nobits
	.balign	PAGE
boot_tables:
	.skip	6 * PAGE
	.skip	64
boot_stack_top:
