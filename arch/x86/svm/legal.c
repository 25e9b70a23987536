/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/svm/legal.h"

#include <stdbool.h>

#include "arch/x86/cpu/registers.h"

#define SEGMENT_L 0x200
#define SEGMENT_D 0x400

/* Bits that no processor defines (APM volume 2, 3.1.3 and 3.1.7). */
#define CR4_RESERVED 0xffffffffff000000ull
#define EFER_RESERVED (~0x36fd01ull)

static const char *check_control_registers(const struct vmcb *vmcb, unsigned physical_bits)
{
	if (vmcb->cr0 & CR0_NW && !(vmcb->cr0 & CR0_CD)) {
		return "CR0.NW is set and CR0.CD is not";
	}
	if (vmcb->cr0 >> 32) {
		return "bits 63:32 of CR0 are not zero";
	}
	if (vmcb->cr3 >> physical_bits) {
		return "CR3 is above the physical address width";
	}
	if (vmcb->cr4 & CR4_RESERVED) {
		return "a reserved bit of CR4 is set";
	}
	if (vmcb->dr6 >> 32 || vmcb->dr7 >> 32) {
		return "bits 63:32 of DR6 or DR7 are not zero";
	}
	return NULL;
}

static const char *check_mode(const struct vmcb *vmcb)
{
	bool long_paging = vmcb->efer & EFER_LME && vmcb->cr0 & CR0_PG;

	if (!(vmcb->efer & EFER_SVME)) {
		return "EFER.SVME is zero";
	}
	if (vmcb->efer & EFER_RESERVED) {
		return "a reserved bit of EFER is set";
	}
	if (long_paging && !(vmcb->cr4 & CR4_PAE)) {
		return "long mode paging without CR4.PAE";
	}
	if (long_paging && !(vmcb->cr0 & CR0_PE)) {
		return "long mode paging without CR0.PE";
	}
	if (long_paging && vmcb->cs.attributes & SEGMENT_L && vmcb->cs.attributes & SEGMENT_D) {
		return "CS.L and CS.D are both set";
	}
	return NULL;
}

/* Memory types as PAT entries name them: 2 and 3 are reserved (APM volume 2, 7.8.1). */
static bool pat_legal(uint64_t pat)
{
	for (unsigned i = 0; i < 8; i++, pat >>= 8) {
		uint8_t type = pat & 0xff;

		if (type > 7 || type == 2 || type == 3) {
			return false;
		}
	}
	return true;
}

static const char *check_controls(const struct vmcb *vmcb, unsigned physical_bits)
{
	uint64_t type = vmcb->eventinj & EVENT_TYPE;
	uint8_t vector = vmcb->eventinj & EVENT_VECTOR;

	if (!(vmcb->intercept4 & INTERCEPT_VMRUN)) {
		return "VMRUN is not intercepted";
	}
	if (vmcb->asid == 0) {
		return "the ASID is zero";
	}
	if (vmcb->msrpm_base >> physical_bits || vmcb->nested_cr3 >> physical_bits) {
		return "a table's address is above the physical address width";
	}
	if (vmcb->nested_control & NESTED_PAGING_ENABLE && !pat_legal(vmcb->g_pat)) {
		return "G_PAT names a memory type that does not exist";
	}
	if (!(vmcb->eventinj & EVENT_VALID)) {
		return NULL;
	}
	if (type == 0x100 || type > EVENT_TYPE_SOFTWARE) {
		return "EVENTINJ has a reserved type";
	}
	if (type == EVENT_TYPE_EXCEPTION && (vector > 31 || vector == VECTOR_NMI)) {
		return "EVENTINJ injects an exception that does not exist";
	}
	return NULL;
}

const char *svm_vmcb_illegal(const struct vmcb *vmcb, unsigned physical_bits)
{
	const char *rule = check_control_registers(vmcb, physical_bits);

	rule = rule ? rule : check_mode(vmcb);
	return rule ? rule : check_controls(vmcb, physical_bits);
}
