/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processors without NRIP save (and QEMU) do not say how long the instruction was that exited. For
 * RDMSR and WRMSR, the only ones that are skipped, it is read from the guest's memory: prefixes,
 * then two bytes.
 */
#include "arch/x86/cpu/physical.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/svm.h"

#define INSTRUCTION_MAX 15
#define SEGMENT_LONG 0x200 /* the L bit in a VMCB's segment attributes */

/* What the guest's page tables are, from its control registers (APM volume 2, 5.1). */
struct paging {
	unsigned levels; /* 0: paging is off */
	unsigned index_bits, entry_size;
	bool large_level2;
};

static struct paging paging_of(const struct vmcb *vmcb)
{
	if (!(vmcb->cr0 & CR0_PG)) {
		return (struct paging){0};
	}
	if (vmcb->efer & EFER_LMA) {
		return (struct paging){.levels = vmcb->cr4 & CR4_LA57 ? 5 : 4, .index_bits = 9,
				       .entry_size = 8, .large_level2 = true};
	}
	if (vmcb->cr4 & CR4_PAE) {
		return (struct paging){.levels = 3, .index_bits = 9, .entry_size = 8,
				       .large_level2 = true};
	}
	return (struct paging){.levels = 2, .index_bits = 10, .entry_size = 4,
			       .large_level2 = vmcb->cr4 & CR4_PSE};
}

static bool is_large(const struct paging *paging, unsigned level, uint64_t entry)
{
	return entry & PAGE_LARGE && ((level == 2 && paging->large_level2) ||
				      (level == 3 && paging->levels >= 4));
}

static uint64_t read_entry(const struct paging *paging, uint64_t address)
{
	const void *entry = physical_window(WINDOW_GUEST_TABLE, address);

	return paging->entry_size == 8 ? *(const volatile uint64_t *)entry
				       : *(const volatile uint32_t *)entry;
}

/* From a linear to a guest-physical address. False: not mapped. */
static bool translate(const struct vmcb *vmcb, uint64_t linear, uint64_t *physical)
{
	struct paging paging = paging_of(vmcb);
	uint64_t entry = vmcb->cr3;

	if (paging.levels == 0) {
		*physical = linear;
		return true;
	}
	uint64_t table = entry & (paging.levels == 3 ? 0xffffffe0ull : PAGE_ADDRESS);

	for (unsigned level = paging.levels;; level--) {
		unsigned shift = 12 + paging.index_bits * (level - 1);
		uint64_t index = linear >> shift & ((1u << paging.index_bits) - 1);

		entry = read_entry(&paging, table + index * paging.entry_size);
		if (!(entry & PAGE_PRESENT)) {
			return false;
		}
		if (level == 1 || is_large(&paging, level, entry)) {
			uint64_t mask = (1ull << shift) - 1;

			/* A 4 MiB page has address bits 32 to 39 in bits 13 to 20 of its entry. */
			if (paging.entry_size == 4 && level == 2) {
				entry = (entry & 0xffc00000) | (entry & 0x1fe000) << 19;
			}
			*physical = (entry & PAGE_ADDRESS & ~mask) | (linear & mask);
			return true;
		}
		table = entry & PAGE_ADDRESS;
	}
}

static bool is_prefix(uint8_t byte, bool long_mode)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64 ... 0x67:
	case 0xf0:
	case 0xf2:
	case 0xf3:
		return true;
	default:
		return long_mode && (byte & 0xf0) == 0x40; /* REX */
	}
}

unsigned svm_msr_instruction_length(const struct vmcb *vmcb)
{
	bool long_mode = vmcb->efer & EFER_LMA && vmcb->cs.attributes & SEGMENT_LONG;
	uint64_t linear = vmcb->rip + (long_mode ? 0 : vmcb->cs.base);
	const uint8_t *code = NULL;

	for (unsigned i = 0; i < INSTRUCTION_MAX; i++, linear++) {
		uint64_t physical;

		linear = long_mode ? linear : (uint32_t)linear;
		if (!code || linear % PAGE_SIZE == 0) {
			if (!translate(vmcb, linear, &physical)) {
				return 0;
			}
			code = physical_window(WINDOW_GUEST, physical);
		}
		if (!is_prefix(*code, long_mode)) {
			return *code == 0x0f ? i + 2 : 0;
		}
		code++;
	}
	return 0;
}
