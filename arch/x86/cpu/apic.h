/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC, in xAPIC and x2APIC mode (APM volume 2, chapter 16). */
#ifndef ARCH_X86_CPU_APIC_H
#define ARCH_X86_CPU_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Offsets in the APIC page (APM volume 2, table 16-2). */
#define APIC_ID 0x020
#define APIC_EOI 0x0b0
#define APIC_LDR 0x0d0
#define APIC_DFR 0x0e0
#define APIC_ICR_LOW 0x300
#define APIC_ICR_HIGH 0x310

/* Interrupt command register (APM volume 2, figure 16-18). */
#define ICR_VECTOR 0x000000ff
#define ICR_DELIVERY 0x00000700
#define ICR_DELIVERY_NMI 0x00000400
#define ICR_DELIVERY_INIT 0x00000500
#define ICR_DELIVERY_STARTUP 0x00000600
#define ICR_LOGICAL 0x00000800
#define ICR_PENDING 0x00001000
#define ICR_ASSERT 0x00004000
#define ICR_LEVEL 0x00008000
#define ICR_SHORTHAND 0x000c0000
#define ICR_SHORTHAND_SELF 0x00040000
#define ICR_SHORTHAND_ALL 0x00080000
#define ICR_SHORTHAND_OTHERS 0x000c0000

/* Bits that give #GP when they are set in the x2APIC's ICR. */
#define X2APIC_ICR_RESERVED 0xfff32000

/* The running CPU's APIC id, as CPUID tells it: usable before the APIC is. */
uint32_t apic_id_by_cpuid(void);

/* True while the running CPU's APIC is in x2APIC mode. */
bool apic_is_x2apic(void);

/* Registers by their offset in the APIC page, in either mode. Never read EOI. */
uint32_t apic_read(uint32_t offset);
void apic_write(uint32_t offset, uint32_t value);

/*
 * Sends an interrupt: `low` is the low half of the ICR, `id` an APIC id. What the guest may have
 * left in the high half of the ICR stays there.
 */
void apic_send(uint32_t id, uint32_t low);

/* The physical address of the APIC page. */
extern uint64_t apic_base;

#endif
