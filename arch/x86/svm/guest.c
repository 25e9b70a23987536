/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's state in the VMCB, for the vendor-neutral part. */
#include "arch/x86/vcpu/guest.h"

#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/fetch.h"

static void inject(struct vmcb *vmcb, uint64_t event)
{
	vmcb->eventinj = event | EVENT_VALID;
}

void guest_inject_exception(struct cpu *cpu, uint8_t vector)
{
	inject(cpu->svm->vmcb, EVENT_TYPE_EXCEPTION | vector);
}

void guest_inject_exception_code(struct cpu *cpu, uint8_t vector, uint32_t error_code)
{
	inject(cpu->svm->vmcb, (uint64_t)error_code << 32 | EVENT_TYPE_EXCEPTION |
				       EVENT_ERROR_VALID | vector);
}

/* Without NRIP save the length is found in the instruction itself. */
void guest_skip_instruction(struct cpu *cpu)
{
	struct vmcb *vmcb = cpu->svm->vmcb;

	if (svm_features.next_rip) {
		vmcb->rip = vmcb->next_rip;
	} else {
		vmcb->rip += svm_msr_length(cpu->svm);
	}
	vmcb->interrupt_shadow = 0;
	if (vmcb->rflags & RFLAGS_TF) {
		vmcb->dr6 |= DR6_BS;
		guest_inject_exception(cpu, VECTOR_DB);
	}
}

void guest_flush(struct cpu *cpu)
{
	/* Before the phases of `pcpu` have run there is nothing cached, and no VMCB. */
	if (cpu->svm && cpu->svm->vmcb) {
		svm_step_tables_changed(cpu->svm);
		cpu->svm->vmcb->tlb_control = TLB_CONTROL_FLUSH_ALL;
	}
}
