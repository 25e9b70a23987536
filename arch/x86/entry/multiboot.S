/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the boot loader to the first C function. A multiboot loader jumps here in 32-bit protected
 * mode with paging off, EAX = magic, EBX = physical address of its information, interrupts off
 * (multiboot 1, section 3.2; multiboot 2, section 3.3). CR4 and EFER may be anything: GRUB2 leaves
 * PAE and NXE set when it comes from 64-bit firmware.
 *
 * The code runs wherever it was loaded until its own page tables are in.
 */
#include "config/DEBUGCON.h"
#include "config/UART16550.h"
#include "config/UART16550_PORT.h"
#include "config/VGA_TEXT.h"

#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/entry/trail.h"
#include "arch/x86/offsets.h"
#include "phases/phase.h"

#define MULTIBOOT1_MAGIC 0x1badb002
#define MULTIBOOT1_FLAGS 0x00010003 /* page-aligned modules, memory map, address fields */
#define MULTIBOOT2_MAGIC 0xe85250d6
#define LOAD_BASE 0x100000
#define VGA_TEXT_BUFFER 0xb8000
#define LOADED(symbol) ((symbol) - IMAGE_BASE + LOAD_BASE)
/* A symbol's physical address, with EBP = load address of image_start. */
#define HERE(symbol) (symbol - IMAGE_BASE)(%ebp)
#define LINKED(symbol) symbol

	.section .multiboot, "ax"
	.balign 8
	.global multiboot1_header, multiboot1_header_end, multiboot2_header
multiboot1_header:
	.long MULTIBOOT1_MAGIC
	.long MULTIBOOT1_FLAGS
	.long -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)
	.long LOADED(multiboot1_header)
	.long LOADED(image_start)
	.long LOADED(data_end)
	.long LOADED(image_end)
	.long LOADED(multiboot_entry)
multiboot1_header_end:

	.balign 8
multiboot2_header:
	.long MULTIBOOT2_MAGIC
	.long 0 /* i386 */
	.long multiboot2_header_end - multiboot2_header
	.long -(MULTIBOOT2_MAGIC + 0 + (multiboot2_header_end - multiboot2_header))
	/* Tag 6: modules on page boundaries. */
	.balign 8
	.short 6, 0
	.long 8
	/* Tag 4: text mode will do. (Tag 5 makes GRUB2 switch to graphics on a BIOS machine.) */
	.balign 8
	.short 4, 1
	.long 12
	.long 2
	/* Tag 0: the end. */
	.balign 8
	.short 0, 0
	.long 8
multiboot2_header_end:

STEP(multiboot_entry, bsp, "32-bit protected, paging off", "none",
     "takes over from the boot loader: sets EFLAGS, finds out where the image was loaded, and keeps the time and the loader's magic and information address")
STEP_SETS(multiboot_entry, boot_multiboot)

	.section .entry.text, "ax"
	.code32
	.global multiboot_entry
multiboot_entry:
	cli
	cld
	/*
	 * Where am I? The multiboot magic is in EAX, which must live; a word of memory below the
	 * loader's ESP cannot be had (there may be no stack), so the boot stack at the linked load
	 * address serves for the one return address.
	 */
	mov	%eax, %esi
	rdtsc
	mov	%eax, %edi
	mov	$LOADED(boot_stack_top), %esp
	call	1f
1:	pop	%ebp
	sub	$(1b - IMAGE_BASE), %ebp
	lea	HERE(boot_stack_top), %esp
	mov	%esi, HERE(multiboot_magic)
	mov	%ebx, HERE(multiboot_info_address)
	mov	%edi, HERE(entry_ticks)
	mov	%edx, HERE(entry_ticks + 4)
	movb	$1, HERE(fact_boot_multiboot)
	TRAIL_BOOT(multiboot_entry, 1, HERE)

STEP(long_mode_check, bsp, "32-bit protected, paging off", "boot stack",
     "stops with a message on each console where the processor has no 64-bit mode")
STEP_NEEDS(long_mode_check, multiboot_entry, "it calls, so it needs the boot stack")

	TRAIL_BOOT(long_mode_check, 2, HERE)
	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	no_long_mode
	mov	$0x80000001, %eax
	cpuid
	/* EDX bit 29: long mode, bit 20: no-execute (APM volume 3, E.4.2). */
	and	$0x20100000, %edx
	cmp	$0x20100000, %edx
	jne	no_long_mode

STEP(early_tables, bsp, "32-bit protected, paging off", "boot stack",
     "builds page tables: physical memory below 4 GiB where it is, and the image where it was linked")
STEP_NEEDS(early_tables, multiboot_entry, "the image is mapped from where it was loaded")
STEP_NEEDS(early_tables, long_mode_check, "they are tables of long mode")

	TRAIL_BOOT(early_tables, 3, HERE)
	lea	HERE(early_pml4), %edi
	lea	HERE(early_pdpt), %eax
	or	$(PAGE_PRESENT | PAGE_WRITE), %eax
	mov	%eax, (%edi)
	lea	HERE(early_image_pdpt), %eax
	or	$(PAGE_PRESENT | PAGE_WRITE), %eax
	mov	%eax, 511 * 8(%edi)

	lea	HERE(early_image_pdpt), %edi
	lea	HERE(early_image_pd), %eax
	or	$(PAGE_PRESENT | PAGE_WRITE), %eax
	mov	%eax, 510 * 8(%edi)
	lea	HERE(early_image_pd), %edi
	lea	HERE(early_image_pt), %eax
	or	$(PAGE_PRESENT | PAGE_WRITE), %eax
	mov	%eax, (%edi)

	/* 4 page directories of 512 pages of 2 MiB. */
	lea	HERE(early_pdpt), %edi
	lea	HERE(early_pd), %eax
	or	$(PAGE_PRESENT | PAGE_WRITE), %eax
	mov	$4, %ecx
1:	mov	%eax, (%edi)
	add	$PAGE_SIZE, %eax
	add	$8, %edi
	loop	1b
	lea	HERE(early_pd), %edi
	mov	$(PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE), %eax
	mov	$2048, %ecx
1:	mov	%eax, (%edi)
	add	$PAGE_SIZE_2M, %eax
	add	$8, %edi
	loop	1b

	/* The image, page by page: it may have been loaded at any page. */
	lea	HERE(early_image_pt), %edi
	lea	(PAGE_PRESENT | PAGE_WRITE)(%ebp), %eax
	mov	$512, %ecx
1:	mov	%eax, (%edi)
	add	$PAGE_SIZE, %eax
	add	$8, %edi
	loop	1b

STEP(long_mode, bsp, "32-bit compatibility", "boot stack",
     "turns on PAE, no-execute, long mode and paging: CR4, EFER and CR0 are set outright")
STEP_NEEDS(long_mode, early_tables, "paging needs tables")
STEP_NEEDS(long_mode, long_mode_check, "EFER.LME exists only where long mode does")

	TRAIL_BOOT(long_mode, 4, HERE)
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	lea	HERE(early_pml4), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	mov	$(EFER_LME | EFER_NXE), %eax
	xor	%edx, %edx
	wrmsr
	mov	$(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
	mov	%eax, %cr0

	/* The GDT's own address, then the far jump through memory: no relocation is known yet. */
	lea	HERE(boot_gdt), %eax
	mov	%eax, HERE(boot_gdt_pointer + 2)
	lgdt	HERE(boot_gdt_pointer)
	lea	HERE(entry64), %eax
	push	$SELECTOR_CODE
	push	%eax
	lret

/* One line on every console; none of them is open yet, but a loader that uses them leaves them so. */
no_long_mode:
	lea	HERE(no_long_mode_text), %esi
	mov	$VGA_TEXT_BUFFER, %edi
1:	lodsb
	test	%al, %al
	jz	4f
	.if CONFIG_VGA_TEXT
	mov	$0x0f, %ah /* white on black */
	cmp	$' ', %al
	jb	2f
	stosw
2:
	.endif
	.if CONFIG_DEBUGCON
	out	%al, $0xe9
	.endif
	.if CONFIG_UART16550
	mov	%al, %bl
	mov	$500000, %ecx /* reads: half a second */
	mov	$(CONFIG_UART16550_PORT + 5), %edx
3:	in	(%dx), %al
	test	$0x20, %al /* LSR.THRE */
	loopz	3b
	mov	$CONFIG_UART16550_PORT, %edx
	mov	%bl, %al
	out	%al, (%dx)
	.endif
	jmp	1b
4:	cli
	hlt
	jmp	4b

STEP(image_jump, bsp, "64-bit", "boot stack",
     "jumps to the image where it was linked, and calls the first C function on the boot stack there")
STEP_NEEDS(image_jump, long_mode, "the linked address is above 4 GiB")

	.code64
entry64:
	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	movabs	$1f, %rax
	jmp	*%rax
1:	TRAIL_BOOT(image_jump, 5, LINKED)
	mov	$boot_stack_top, %rsp
	/* The same GDT, by its linked address: the place where it was loaded is given up later. */
	movabs	$boot_gdt, %rax
	mov	%rax, boot_gdt_pointer + 2
	lgdt	boot_gdt_pointer
	mov	%ebp, %edi /* image_load_address */
	xor	%ebp, %ebp
	call	journey_bsp
	ud2

	.section .init.rodata, "a"
no_long_mode_text:
	.ascii "phasevisor: the guest was not started: this processor has no 64-bit mode with "
	.asciz "no-execute; use another machine\r\n"

	.section .init.data, "aw"
	.balign 8
	.short 0
boot_gdt_pointer:
	.short boot_gdt_end - boot_gdt - 1
	.quad 0
	.balign 8
	.global boot_gdt
boot_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff /* 08: 32-bit code */
	.quad 0x00af9b000000ffff /* 10: 64-bit code */
	.quad 0x00cf93000000ffff /* 18: data */
boot_gdt_end:

	.global entry_ticks, multiboot_magic, multiboot_info_address
entry_ticks:
	.quad 0
multiboot_magic:
	.long 0
multiboot_info_address:
	.long 0

	.section .bss.init, "aw", @nobits
	.balign PAGE_SIZE
early_pml4:
	.skip PAGE_SIZE
early_pdpt:
	.skip PAGE_SIZE
early_pd:
	.skip 4 * PAGE_SIZE
early_image_pdpt:
	.skip PAGE_SIZE
early_image_pd:
	.skip PAGE_SIZE
early_image_pt:
	.skip PAGE_SIZE

	.section .note.GNU-stack, "", @progbits
