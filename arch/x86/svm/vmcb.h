/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual machine control block, as in APM volume 2, appendix B. */
#ifndef ARCH_X86_SVM_VMCB_H
#define ARCH_X86_SVM_VMCB_H

#include <stddef.h>
#include <stdint.h>

/* Intercept vectors (table B-1): word 3 at 00ch, word 4 at 010h. */
#define INTERCEPT_NMI (1u << 1)
#define INTERCEPT_INIT (1u << 3)
#define INTERCEPT_IRET (1u << 20)
#define INTERCEPT_INVD (1u << 22)
#define INTERCEPT_INVLPGA (1u << 26)
#define INTERCEPT_MSR_PROT (1u << 28)
#define INTERCEPT_SHUTDOWN (1u << 31)
#define INTERCEPT_VMRUN (1u << 0)
#define INTERCEPT_VMMCALL (1u << 1)
#define INTERCEPT_VMLOAD (1u << 2)
#define INTERCEPT_VMSAVE (1u << 3)
#define INTERCEPT_STGI (1u << 4)
#define INTERCEPT_CLGI (1u << 5)
#define INTERCEPT_SKINIT (1u << 6)

#define TLB_CONTROL_NOTHING 0
#define TLB_CONTROL_FLUSH_ALL 1
#define TLB_CONTROL_FLUSH_GUEST 3

#define NESTED_PAGING_ENABLE 0x01
#define NESTED_INVLPGB_ENABLE 0x80

/* EVENTINJ and EXITINTINFO (15.20 and 15.7.2). */
#define EVENT_VECTOR 0xff
#define EVENT_TYPE 0x700
#define EVENT_TYPE_RESERVED 0x100
#define EVENT_TYPE_NMI 0x200
#define EVENT_TYPE_EXCEPTION 0x300
#define EVENT_TYPE_SOFTWARE 0x400
#define EVENT_ERROR_VALID 0x800
#define EVENT_VALID 0x80000000u

/* Exit codes (table C-1). */
#define VMEXIT_EXCEPTION 0x40 /* + vector, to 5fh */
#define VMEXIT_NMI 0x61
#define VMEXIT_INIT 0x63
#define VMEXIT_IRET 0x74
#define VMEXIT_INVD 0x76
#define VMEXIT_INVLPGA 0x7a
#define VMEXIT_MSR 0x7c
#define VMEXIT_SHUTDOWN 0x7f
#define VMEXIT_VMRUN 0x80
#define VMEXIT_VMMCALL 0x81
#define VMEXIT_VMLOAD 0x82
#define VMEXIT_VMSAVE 0x83
#define VMEXIT_STGI 0x84
#define VMEXIT_CLGI 0x85
#define VMEXIT_SKINIT 0x86
#define VMEXIT_NPF 0x400
#define VMEXIT_INVALID (-1ull)

struct vmcb_segment {
	uint16_t selector, attributes;
	uint32_t limit;
	uint64_t base;
};

struct vmcb {
	/* Control area (table B-1). */
	uint16_t intercept_cr_read, intercept_cr_write;
	uint16_t intercept_dr_read, intercept_dr_write;
	uint32_t intercept_exceptions;
	uint32_t intercept3, intercept4, intercept5;
	uint8_t reserved1[0x03c - 0x018];
	uint16_t pause_filter_threshold, pause_filter_count;
	uint64_t iopm_base, msrpm_base, tsc_offset;
	uint32_t asid;
	uint8_t tlb_control, reserved2[3];
	uint64_t virtual_interrupt;
	uint64_t interrupt_shadow;
	uint64_t exitcode, exitinfo1, exitinfo2, exitintinfo;
	uint64_t nested_control;
	uint64_t avic_apic_bar, ghcb;
	uint64_t eventinj;
	uint64_t nested_cr3;
	uint64_t lbr_control;
	uint32_t clean, reserved3;
	uint64_t next_rip;
	uint8_t instruction_length, instruction_bytes[15];
	uint8_t reserved4[0x400 - 0x0e0];
	/* State save area (table B-2). */
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t reserved5[0x4cb - 0x4a0];
	uint8_t cpl;
	uint32_t reserved6;
	uint64_t efer;
	uint8_t reserved7[0x548 - 0x4d8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t reserved8[0x5d8 - 0x580];
	uint64_t rsp;
	uint64_t s_cet, ssp, isst;
	uint64_t rax;
	uint64_t star, lstar, cstar, sfmask, kernel_gs_base;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
	uint64_t cr2;
	uint8_t reserved9[0x668 - 0x648];
	uint64_t g_pat;
	uint8_t reserved10[0x1000 - 0x670];
};

#define VMCB_AT(field, offset) \
	_Static_assert(offsetof(struct vmcb, field) == (offset), "VMCB: " #field)
VMCB_AT(iopm_base, 0x040);
VMCB_AT(asid, 0x058);
VMCB_AT(interrupt_shadow, 0x068);
VMCB_AT(exitcode, 0x070);
VMCB_AT(nested_control, 0x090);
VMCB_AT(eventinj, 0x0a8);
VMCB_AT(nested_cr3, 0x0b0);
VMCB_AT(next_rip, 0x0c8);
VMCB_AT(es, 0x400);
VMCB_AT(tr, 0x490);
VMCB_AT(cpl, 0x4cb);
VMCB_AT(efer, 0x4d0);
VMCB_AT(cr4, 0x548);
VMCB_AT(rip, 0x578);
VMCB_AT(rsp, 0x5d8);
VMCB_AT(rax, 0x5f8);
VMCB_AT(cr2, 0x640);
VMCB_AT(g_pat, 0x668);
_Static_assert(sizeof(struct vmcb) == 0x1000, "VMCB");

#endif
