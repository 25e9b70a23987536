/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The length of an RDMSR or WRMSR that exited, for processors without NRIP save (and QEMU): from
 * the guest's memory.
 */
#ifndef ARCH_X86_SVM_FETCH_H
#define ARCH_X86_SVM_FETCH_H

#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/svm.h"

#define MSR_OPCODE_BYTE0 0x0f

/* In fetch.page: no page is in the window. */
#define SVM_FETCH_NOTHING (~0ull)

/* By the guest's page tables; prefixes are counted. 0: the instruction is not there any more. */
unsigned svm_msr_length_slow(struct svm_cpu *svm);

/* What an address means depends on this much of the guest's state. */
static inline uint64_t svm_fetch_paging(const struct vmcb *vmcb)
{
	return vmcb->cr3 ^ (vmcb->cr0 & CR0_PG);
}

/*
 * The page that was read last is still in its window. It serves again while paging, code segment
 * and page are the same and the byte at RIP is no prefix. A guest that
 * has mapped another page there, without a new CR3, and has another form of the instruction at that
 * place, would go on at a wrong RIP of its own making.
 */
static inline unsigned svm_msr_length(struct svm_cpu *svm)
{
	const struct vmcb *vmcb = svm->vmcb;
	uint64_t rip = vmcb->rip, offset = rip % PAGE_SIZE;

	if (svm->fetch.page == rip / PAGE_SIZE &&
	    svm->fetch.paging == svm_fetch_paging(vmcb) && svm->fetch.base == vmcb->cs.base &&
	    svm->fetch.code[offset] == MSR_OPCODE_BYTE0) {
		return 2;
	}
	return svm_msr_length_slow(svm);
}

#endif
