/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an AP runs first: copied to the start of a page below 1 MiB, entered in real mode with
 * CS = page >> 4 and IP = 0 by a start-up IPI. It keeps what it finds (struct start_state) before
 * it touches anything, and goes to long mode. APs that run it at once write the same values.
 */
#define EFER 0xc0000080
#define APIC_BASE 0x1b
#define OFF(symbol) (symbol - trampoline)

	.section .rodata.trampoline, "a"
	.code16
	.balign	16
	.globl	trampoline, trampoline_end, trampoline_state, trampoline_target
trampoline:
	movl	%eax, %cs:OFF(s_eax)
	movl	%ebx, %cs:OFF(s_ebx)
	movl	%ecx, %cs:OFF(s_ecx)
	movl	%edx, %cs:OFF(s_edx)
	movl	%esi, %cs:OFF(s_esi)
	movl	%edi, %cs:OFF(s_edi)
	movl	%ebp, %cs:OFF(s_ebp)
	movl	%esp, %cs:OFF(s_esp)
	movw	%ds, %cs:OFF(s_ds)
	movw	%es, %cs:OFF(s_es)
	movw	%fs, %cs:OFF(s_fs)
	movw	%gs, %cs:OFF(s_gs)
	movw	%ss, %cs:OFF(s_ss)
	movw	%cs, %ax
	movw	%ax, %cs:OFF(s_cs)
	movw	%ax, %ss
	movl	$OFF(stack_top), %esp
	movw	%ax, %ds
	pushfl
	popl	OFF(s_rflags)
	call	1f				/* pushes IP: how far it is from where it ought to be */
1:	popw	%ax
	subw	$OFF(1b), %ax
	movw	%ax, OFF(s_ip)
	movl	%cr0, %eax
	movl	%eax, OFF(s_cr0)
	movl	%cr2, %eax
	movl	%eax, OFF(s_cr2)
	movl	%cr3, %eax
	movl	%eax, OFF(s_cr3)
	movl	%cr4, %eax
	movl	%eax, OFF(s_cr4)
	movl	%dr6, %eax
	movl	%eax, OFF(s_dr6)
	movl	%dr7, %eax
	movl	%eax, OFF(s_dr7)
	sgdtl	OFF(s_gdt)
	sidtl	OFF(s_idt)
	movl	$EFER, %ecx
	rdmsr
	movl	%eax, OFF(s_efer)
	movl	%edx, OFF(s_efer) + 4
	movl	$APIC_BASE, %ecx
	rdmsr
	movl	%eax, OFF(s_apic_base)
	movl	%edx, OFF(s_apic_base) + 4

	lgdtl	OFF(t_gdt_pointer)
	movl	$0x20, %eax			/* CR4: PAE */
	movl	%eax, %cr4
	movl	OFF(t_cr3), %eax
	movl	%eax, %cr3
	movl	$EFER, %ecx
	rdmsr
	orl	$0x100, %eax			/* LME */
	wrmsr
	movl	$0x80000011, %eax		/* PG, ET, PE */
	movl	%eax, %cr0
	ljmpl	*OFF(t_far)

	.code64
in_long_mode:
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	jmp	*t_entry(%rip)

	.balign	8
trampoline_state:				/* struct start_state */
s_eax:	.long	0
s_ebx:	.long	0
s_ecx:	.long	0
s_edx:	.long	0
s_esi:	.long	0
s_edi:	.long	0
s_ebp:	.long	0
s_esp:	.long	0
s_cs:	.word	0
s_ip:	.word	0
s_ds:	.word	0
s_es:	.word	0
s_fs:	.word	0
s_gs:	.word	0
s_ss:	.word	0
s_pad:	.word	0
s_rflags: .long	0
s_cr0:	.long	0
s_cr2:	.long	0
s_cr3:	.long	0
s_cr4:	.long	0
s_dr6:	.long	0
s_dr7:	.long	0
s_pad2:	.long	0
s_efer:	.quad	0
s_apic_base: .quad 0
s_gdt:	.word	0
	.long	0
s_idt:	.word	0
	.long	0
	.balign	8
trampoline_target:				/* struct start_target: filled by smp.c */
t_entry: .quad	0
t_cr3:	.long	0
t_far:	.long	OFF(in_long_mode)		/* plus the page's address */
	.word	0x08
t_gdt_pointer:
	.word	3 * 8 - 1
	.long	OFF(t_gdt)			/* plus the page's address */
	.balign	8
t_gdt:	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
trampoline_end:
	.set	stack_top, trampoline + 0x1000
