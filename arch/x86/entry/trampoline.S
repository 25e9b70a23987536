/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resident trampoline: one page below 1 MiB, where a CPU begins that a start-up IPI starts:
 * at first for the bring-up, later whenever the guest starts a CPU that it has stopped by INIT.
 * CS = page >> 4, IP = 0, real mode, everything else as INIT left it (APM volume 2, table 14-1).
 *
 * The phase `trampoline` copies this code into the page and fills in the words at its end. The
 * code finds itself by CS, so that it runs in any page. ESI keeps the CPU's trail; whoever waits for
 * the CPU sees its last step in the page, or in the image once paging is on (the page may not be
 * written to then).
 */
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/entry/trail.h"
#include "arch/x86/offsets.h"
#include "phases/phase.h"

#define LOCAL(label) (label - trampoline_code)

STEP(trampoline_real, aps, "16-bit real", "none",
     "begins at the start-up IPI in the resident low page, and goes to protected mode")

	.section .trampoline, "a"
	.balign 16
	.global trampoline_code
	.code16
trampoline_code:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	TRAIL_KEEP(trampoline_real, %esi, LOCAL(trampoline_last))
	movzwl	%ax, %ebp
	shl	$4, %ebp /* physical address of the page: a register that nothing below changes */
	lgdtl	LOCAL(trampoline_gdt_pointer)
	mov	$(CR0_PE | CR0_ET | CR0_NE | CR0_MP), %eax
	mov	%eax, %cr0
	ljmpl	*LOCAL(trampoline_jump32)

STEP(trampoline_long, aps, "32-bit protected", "none",
     "turns on PAE, no-execute, long mode and paging with the hypervisor's own page tables")
STEP_NEEDS(trampoline_long, trampoline_real, "long mode is entered from protected mode")

	.code32
trampoline32:
	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	TRAIL_KEEP(trampoline_long, %esi, LOCAL(trampoline_last)(%ebp))
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	LOCAL(trampoline_cr3)(%ebp), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	mov	$(EFER_LME | EFER_NXE), %eax
	xor	%edx, %edx
	wrmsr
	mov	$(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
	mov	%eax, %cr0
	ljmpl	*LOCAL(trampoline_jump64)(%ebp)

STEP(trampoline_jump, aps, "64-bit", "none",
     "leaves the low page for the image")
STEP_NEEDS(trampoline_jump, trampoline_long, "the image is above 4 GiB")

	.code64
trampoline64:
	TRAIL_KEEP(trampoline_jump, %esi, restart_last)
	movabs	$restart_entry, %rax
	jmp	*%rax

	.balign 8
trampoline_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
trampoline_gdt_pointer:
	.short . - trampoline_gdt - 1
	.global trampoline_gdt_address, trampoline_jump32, trampoline_jump64, trampoline_cr3
	.global trampoline_offset32, trampoline_offset64, trampoline_gdt_offset, trampoline_last
trampoline_gdt_address:
	.long 0
	/* Far pointers and the page tables' address, which the phase fills in. */
trampoline_jump32:
	.long 0
	.short SELECTOR_CODE32
trampoline_jump64:
	.long 0
	.short SELECTOR_CODE
trampoline_cr3:
	.long 0
trampoline_last:
	.byte 0

	/* What the words above are made of: offsets in the page. */
	.section .rodata
	.balign 4
trampoline_offset32:
	.long LOCAL(trampoline32)
trampoline_offset64:
	.long LOCAL(trampoline64)
trampoline_gdt_offset:
	.long LOCAL(trampoline_gdt)

STEP(percpu_stack, aps, "64-bit", "own stack",
     "finds out by its APIC id which CPU it is, and calls C on that CPU's own stack")
STEP_NEEDS(percpu_stack, trampoline_jump, "the list of CPUs is in the image's data")

	/*
	 * Which CPU am I? CPUID's initial APIC id (leaf 0bh where it is there: 32 bits) is looked
	 * up in cpus[].
	 */
	.text
restart_entry:
	xor	%eax, %eax
	cpuid
	cmp	$0x0b, %eax
	jb	1f
	mov	$0x0b, %eax
	xor	%ecx, %ecx
	cpuid
	test	%ebx, %ebx
	jnz	2f
1:	mov	$1, %eax
	cpuid
	shr	$24, %ebx
	mov	%ebx, %edx
2:	xor	%ecx, %ecx
3:	cmp	cpu_count(%rip), %ecx
	jae	restart_stranger
	mov	cpus(, %rcx, 8), %rdi
	cmp	%edx, CPU_APIC_ID(%rdi)
	je	4f
	inc	%ecx
	jmp	3b
4:	mov	CPU_STACK_TOP(%rdi), %rsp
	TRAIL_KEEP(percpu_stack, %esi, restart_last)
	TRAIL_STORE(%esi, %rdi)
	xor	%ebp, %ebp
	call	journey_ap
	ud2

	/* A CPU that is in no table. It has no stack; all that it can do is to stay here. */
restart_stranger:
	cli
	hlt
	jmp	restart_stranger

	.section .note.GNU-stack, "", @progbits
