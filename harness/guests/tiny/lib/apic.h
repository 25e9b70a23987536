/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC, in xAPIC or x2APIC mode: registers by their xAPIC offsets. */
#ifndef TINY_LIB_APIC_H
#define TINY_LIB_APIC_H

#include <stdbool.h>
#include <stdint.h>

#define APIC_PAGE 0xfee00000UL

#define APIC_ID            0x20
#define APIC_VERSION       0x30
#define APIC_TPR           0x80
#define APIC_EOI           0xb0
#define APIC_LDR           0xd0
#define APIC_DFR           0xe0
#define APIC_SVR           0xf0
#define APIC_ISR           0x100
#define APIC_TMR           0x180
#define APIC_IRR           0x200
#define APIC_ESR           0x280
#define APIC_ICR_LOW       0x300
#define APIC_ICR_HIGH      0x310
#define APIC_LVT_TIMER     0x320
#define APIC_LVT_LINT0     0x350
#define APIC_LVT_LINT1     0x360
#define APIC_LVT_ERROR     0x370
#define APIC_INITIAL_COUNT 0x380
#define APIC_CURRENT_COUNT 0x390
#define APIC_DIVIDE        0x3e0

#define LVT_MASKED   (1U << 16)
#define LVT_PERIODIC (1U << 17)
#define DFR_FLAT     0xffffffffU
#define DFR_CLUSTER  0x0fffffffU

/* ICR low: AMD APM volume 2, 16.5 */
#define ICR_FIXED        0x000
#define ICR_NMI          0x400
#define ICR_INIT         0x500
#define ICR_STARTUP      0x600
#define ICR_LOGICAL      0x800
#define ICR_PENDING      0x1000
#define ICR_ASSERT       0x4000
#define ICR_LEVEL        0x8000
#define ICR_SELF         0x40000
#define ICR_ALL_BUT_SELF 0xc0000

/* Enables this CPU's local APIC, everything masked; in x2APIC mode with the option `apic=x2`. */
void apic_init(void);
bool apic_x2(void);

uint32_t apic_read(unsigned reg);
void apic_write(unsigned reg, uint32_t value);

/* Sends; waits first until the last one is on its way. Destination: an APIC id, or logical bits. */
void apic_send(uint32_t icr_low, uint32_t destination);

/* Sets the logical id for a model (DFR_FLAT, DFR_CLUSTER), gives it back; x2APIC's is fixed. */
uint32_t apic_logical_id(uint32_t model, unsigned index);

static inline volatile uint32_t *apic_register(unsigned reg)
{
	return (volatile uint32_t *)(APIC_PAGE + reg);
}

#endif
