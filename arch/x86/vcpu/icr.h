/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom an interrupt command names (APM volume 2, 16.5 and 16.6.1; x2APIC: 16.13). Pure. */
#ifndef ARCH_X86_VCPU_ICR_H
#define ARCH_X86_VCPU_ICR_H

#include <stdbool.h>
#include <stdint.h>

struct icr_command {
	uint32_t low;         /* the ICR's low half */
	uint32_t destination; /* 8 bits in xAPIC mode, 32 in x2APIC mode */
	bool x2apic;
};

/* What the answer depends on, of a CPU that may be named. */
struct icr_cpu {
	uint32_t apic_id;
	uint32_t ldr, dfr; /* as in the xAPIC's registers; not used in x2APIC mode */
	bool sender;
};

bool icr_names(const struct icr_command *command, const struct icr_cpu *cpu);

/* True where the answer needs the logical ids. */
bool icr_is_logical(const struct icr_command *command);

#endif
