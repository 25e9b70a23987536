/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/icr.h"

#include "arch/x86/cpu/apic.h"

#define DFR_FLAT 0xf
#define DFR_CLUSTER 0x0

static bool logical_xapic(uint8_t destination, const struct icr_cpu *cpu)
{
	uint8_t id = cpu->ldr >> 24;

	switch (cpu->dfr >> 28) {
	case DFR_FLAT:
		return id & destination;
	case DFR_CLUSTER:
		return destination == 0xff ||
		       (id >> 4 == destination >> 4 && (id & destination & 0x0f));
	default:
		return false;
	}
}

/* The logical id follows from the APIC id: cluster in the high half, one bit in the low half. */
static bool logical_x2apic(uint32_t destination, const struct icr_cpu *cpu)
{
	return destination == 0xffffffff || (destination >> 16 == cpu->apic_id >> 4 &&
					     destination & 1u << (cpu->apic_id & 0xf));
}

bool icr_is_logical(const struct icr_command *command)
{
	return !(command->low & ICR_SHORTHAND) && command->low & ICR_LOGICAL;
}

bool icr_names(const struct icr_command *command, const struct icr_cpu *cpu)
{
	switch (command->low & ICR_SHORTHAND) {
	case ICR_SHORTHAND_SELF:
		return cpu->sender;
	case ICR_SHORTHAND_ALL:
		return true;
	case ICR_SHORTHAND_OTHERS:
		return !cpu->sender;
	}
	if (icr_is_logical(command)) {
		return command->x2apic ? logical_x2apic(command->destination, cpu)
				       : logical_xapic((uint8_t)command->destination, cpu);
	}
	return command->destination == (command->x2apic ? 0xffffffff : 0xff) ||
	       command->destination == cpu->apic_id;
}
