/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real-mode part of the bzImage: what a loader that follows the Linux boot protocol reads (the
 * header at 0x1f1), and the code behind it for loaders that enter in real mode, as QEMU's -kernel
 * does. It asks the BIOS for the memory map, fills a zero page and goes to the 32-bit entry.
 *
 * Linked at 0; IMAGE_PARAGRAPHS and IMAGE_INIT_SIZE come from the build.
 */

#define SETUP_SECTORS 4
#define ZERO_PAGE 0x1000 /* offset in the segment: behind our sectors, within what is promised us */
#define STACK_TOP 0x3000
#define E820_COUNT (ZERO_PAGE + 0x1e8)
#define E820_TABLE (ZERO_PAGE + 0x2d0)
#define E820_MAX 128
#define E820_SIZE 20
#define SMAP 0x534d4150

	.code16
	.text
	.globl	setup_start
setup_start:
	.org	0x1f1
	.byte	SETUP_SECTORS			/* setup_sects */
	.word	0				/* root_flags */
	.long	IMAGE_PARAGRAPHS		/* syssize */
	.word	0				/* ram_size */
	.word	0xffff				/* vid_mode: normal */
	.word	0				/* root_dev */
	.word	0xaa55				/* boot_flag */
	.byte	0xeb, setup_enter - 1f		/* jump */
1:	.ascii	"HdrS"
	.word	0x020f				/* version */
	.long	0				/* realmode_swtch */
	.word	0, 0				/* start_sys_seg, kernel_version: none */
	.byte	0				/* type_of_loader */
	.byte	0x81				/* loadflags: LOADED_HIGH, CAN_USE_HEAP */
	.word	0				/* setup_move_size */
	.long	0x100000			/* code32_start */
	.long	0, 0				/* ramdisk_image, ramdisk_size */
	.long	0				/* bootsect_kludge */
	.word	STACK_TOP - 0x200		/* heap_end_ptr */
	.byte	0, 0				/* ext_loader_ver, ext_loader_type */
	.long	0				/* cmd_line_ptr */
	.long	0x7fffffff			/* initrd_addr_max */
	.long	0x200000			/* kernel_alignment */
	.byte	1				/* relocatable_kernel */
	.byte	21				/* min_alignment: 2 MiB */
	.word	1				/* xloadflags: XLF_KERNEL_64 */
	.long	2047				/* cmdline_size */
	.long	0				/* hardware_subarch */
	.quad	0				/* hardware_subarch_data */
	.long	0, 0				/* payload_offset, payload_length: none */
	.quad	0				/* setup_data */
	.quad	0x1000000			/* pref_address */
	.long	IMAGE_INIT_SIZE			/* init_size */
	.long	0				/* handover_offset: none */
	.long	0				/* kernel_info_offset: none */
header_end:

setup_enter:
	cld
	cli
	movw	%cs, %ax			/* entered at segment + 0x20, offset 0 */
	subw	$0x20, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$STACK_TOP, %esp
	pushw	%ax
	pushw	$in_segment
	lretw

in_segment:
	movw	$ZERO_PAGE, %di			/* an empty zero page with our header in it */
	xorl	%eax, %eax
	movw	$1024, %cx
	rep stosl
	movw	$0x1f1, %si
	movw	$ZERO_PAGE + 0x1f1, %di
	movw	$header_end - 0x1f1, %cx
	rep movsb

	xorl	%ebx, %ebx			/* INT 15h, E820: continuation in EBX */
	movw	$E820_TABLE, %di
e820_next:
	movl	$0xe820, %eax
	movl	$SMAP, %edx
	movl	$E820_SIZE, %ecx
	int	$0x15
	jc	e820_done
	cmpl	$SMAP, %eax
	jne	e820_done
	incb	E820_COUNT
	addw	$E820_SIZE, %di
	testl	%ebx, %ebx
	jz	e820_done
	cmpb	$E820_MAX, E820_COUNT
	jb	e820_next
e820_done:
	cli
	inb	$0x92, %al			/* A20 by the system control port */
	orb	$2, %al
	andb	$0xfe, %al
	outb	%al, $0x92

	xorl	%ebx, %ebx			/* our segment's base: linear addresses from here on */
	movw	%ds, %bx
	shll	$4, %ebx
	leal	gdt(%ebx), %eax
	movl	%eax, gdt_pointer + 2
	leal	flat(%ebx), %eax
	movl	%eax, flat_pointer
	lgdtl	gdt_pointer
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpl	*flat_pointer

	.code32
flat:
	movw	$0x18, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movw	%ax, %ss
	leal	STACK_TOP(%ebx), %esp
	leal	ZERO_PAGE(%ebx), %esi
	movl	0x214(%ebx), %eax		/* code32_start */
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	xorl	%edi, %edi
	jmp	*%eax

	.balign	8
gdt:						/* selectors as the boot protocol names them */
	.quad	0, 0
	.quad	0x00cf9b000000ffff		/* 0x10: __BOOT_CS */
	.quad	0x00cf93000000ffff		/* 0x18: __BOOT_DS */
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	0
flat_pointer:
	.long	0
	.word	0x10
	.org	(SETUP_SECTORS + 1) * 512
