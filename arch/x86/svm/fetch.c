/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processors without NRIP save (and QEMU) do not say how long the instruction was that exited. For
 * RDMSR and WRMSR, the only ones that are skipped, it is read from the guest's memory: prefixes,
 * then two bytes.
 */
#include "arch/x86/svm/fetch.h"

#include "arch/x86/cpu/physical.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/vcpu/memory.h"

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

/* An entry outside of the guest's memory is one that is not present. */
static uint64_t read_entry(const struct paging *paging, uint64_t address)
{
	if (!memory_is_guests(address)) {
		return 0;
	}
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

/* The bytes at a linear address, up to the end of its page. NULL: not mapped. */
static const uint8_t *code_at(const struct vmcb *vmcb, uint64_t linear)
{
	uint64_t physical;

	if (!translate(vmcb, linear, &physical) || !memory_is_guests(physical)) {
		return NULL;
	}
	return physical_window(WINDOW_GUEST, physical);
}

/*
 * The page with the first byte stays in its window, for svm_msr_length(), which takes RIP's offset
 * in a page for that of the linear address.
 */
static const uint8_t *code_first(struct svm_cpu *svm, uint64_t linear)
{
	const uint8_t *code = code_at(svm->vmcb, linear);
	bool same_offset = (linear - svm->vmcb->rip) % PAGE_SIZE == 0;

	svm->fetch.code = code ? code - linear % PAGE_SIZE : NULL;
	svm->fetch.paging = svm_fetch_paging(svm->vmcb);
	svm->fetch.page = code && same_offset ? svm->vmcb->rip / PAGE_SIZE : SVM_FETCH_NOTHING;
	svm->fetch.base = svm->vmcb->cs.base;
	return code;
}

unsigned svm_msr_length_slow(struct svm_cpu *svm)
{
	const struct vmcb *vmcb = svm->vmcb;
	bool long_mode = vmcb->efer & EFER_LMA && vmcb->cs.attributes & SEGMENT_LONG;
	uint64_t linear = long_mode ? vmcb->rip : (uint32_t)(vmcb->cs.base + vmcb->rip);
	const uint8_t *code = code_first(svm, linear);

	for (unsigned i = 0; code && i < INSTRUCTION_MAX; i++) {
		if (!is_prefix(*code, long_mode)) {
			return *code == MSR_OPCODE_BYTE0 ? i + 2 : 0;
		}
		code++;
		linear = long_mode ? linear + 1 : (uint32_t)(linear + 1);
		if (linear % PAGE_SIZE == 0) {
			svm->fetch.page = SVM_FETCH_NOTHING; /* the window is needed for the next page */
			code = code_at(vmcb, linear);
		}
	}
	return 0;
}
