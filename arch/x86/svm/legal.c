/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/svm/legal.h"

#include <stdbool.h>

#include "arch/x86/cpu/registers.h"

#define SEGMENT_L 0x200
#define SEGMENT_D 0x400

/* Bits that no processor defines (APM volume 2, 3.1.3 and 3.1.7). */
#define CR4_RESERVED (~0xf71fffull)
#define EFER_RESERVED (~0x36fd01ull)
#define S_CET_RESERVED (~0x3ull)

/* Bytes of the permission maps (15.10.1 and 15.11). */
#define IOPM_SIZE 0x3000
#define MSRPM_SIZE 0x2000

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
	if (vmcb->cr4 & CR4_CET && !(vmcb->cr0 & CR0_WP)) {
		return "CR4.CET is set and CR0.WP is not";
	}
	if (vmcb->s_cet & S_CET_RESERVED) {
		return "a reserved bit of S_CET is set";
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

static bool beyond(uint64_t base, uint64_t size, unsigned physical_bits)
{
	return base > (1ull << physical_bits) - size;
}

static const char *check_event(uint64_t event)
{
	uint64_t type = event & EVENT_TYPE;
	uint8_t vector = event & EVENT_VECTOR;

	if (!(event & EVENT_VALID)) {
		return NULL;
	}
	if (type == EVENT_TYPE_RESERVED || type > EVENT_TYPE_SOFTWARE) {
		return "EVENTINJ has a reserved type";
	}
	if (type == EVENT_TYPE_EXCEPTION && (vector > 31 || vector == VECTOR_NMI)) {
		return "EVENTINJ injects an exception that does not exist";
	}
	return NULL;
}

static const char *check_controls(const struct vmcb *vmcb, unsigned physical_bits)
{
	if (!(vmcb->intercept4 & INTERCEPT_VMRUN)) {
		return "VMRUN is not intercepted";
	}
	if (vmcb->asid == 0) {
		return "the ASID is zero";
	}
	if (beyond(vmcb->msrpm_base, MSRPM_SIZE, physical_bits) ||
	    beyond(vmcb->iopm_base, IOPM_SIZE, physical_bits)) {
		return "a permission map ends above the physical address width";
	}
	if (!(vmcb->nested_control & NESTED_PAGING_ENABLE)) {
		return NULL;
	}
	if (vmcb->nested_cr3 >> physical_bits) {
		return "the nested CR3 is above the physical address width";
	}
	return pat_legal(vmcb->g_pat) ? NULL : "G_PAT names a memory type that does not exist";
}

const char *svm_vmcb_illegal(const struct vmcb *vmcb, unsigned physical_bits)
{
	const char *rule = check_control_registers(vmcb, physical_bits);

	rule = rule ? rule : check_mode(vmcb);
	rule = rule ? rule : check_controls(vmcb, physical_bits);
	return rule ? rule : check_event(vmcb->eventinj);
}
