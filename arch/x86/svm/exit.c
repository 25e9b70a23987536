/* SPDX-License-Identifier: BSD-2-Clause */
/* From SVM's exit codes to the neutral ones (APM volume 2, appendix C). */
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/exits.h"

/* EXITINFO1 of a nested fault is a page fault's error code; of an MSR exit, 1 for a write. */
#define NPF_WRITE 0x2

static enum exit_kind decode_exception(const struct svm_cpu *svm)
{
	return svm->step.reason == STEP_NOT ? EXIT_UNKNOWN : EXIT_STEP;
}

static enum exit_kind decode(const struct svm_cpu *svm)
{
	const struct vmcb *vmcb = svm->vmcb;

	switch (vmcb->exitcode) {
	case VMEXIT_NPF:
		return EXIT_NESTED_FAULT;
	case VMEXIT_MSR:
		return vmcb->exitinfo1 ? EXIT_MSR_WRITE : EXIT_MSR_READ;
	case VMEXIT_NMI:
		return EXIT_NMI;
	case VMEXIT_IRET:
		return EXIT_NMI_RETURN;
	case VMEXIT_EXCEPTION ... VMEXIT_EXCEPTION + 31:
		return decode_exception(svm);
	case VMEXIT_INVLPGA:
	case VMEXIT_VMRUN ... VMEXIT_SKINIT:
		return EXIT_HIDDEN;
	case VMEXIT_SHUTDOWN:
		return EXIT_SHUTDOWN;
	case VMEXIT_INIT:
		return EXIT_INIT;
	default:
		return EXIT_UNKNOWN;
	}
}

/*
 * An event whose delivery was cut short is delivered again, but for one that an instruction makes:
 * RIP is still at that instruction (INT n, INT3, INTO), which does it again (15.7.2, 15.20).
 */
static void deliver_again(struct vmcb *vmcb)
{
	uint64_t event = vmcb->exitintinfo, type = event & EVENT_TYPE;
	uint8_t vector = event & EVENT_VECTOR;
	bool by_instruction =
		type == EVENT_TYPE_SOFTWARE ||
		(type == EVENT_TYPE_EXCEPTION && (vector == VECTOR_BP || vector == VECTOR_OF));

	if (!by_instruction) {
		vmcb->eventinj = event;
	}
}

void svm_exit(struct svm_cpu *svm, struct guest_registers *registers)
{
	struct vmcb *vmcb = svm->vmcb;
	struct cpu *cpu = svm->cpu;
	struct vcpu_exit exit;

	vmcb->tlb_control = TLB_CONTROL_NOTHING;
	vmcb->eventinj = 0;
	exit.delivering = vmcb->exitintinfo & EVENT_VALID;
	if (exit.delivering) {
		deliver_again(vmcb);
	}
	cpu->vcpu.last_code = exit.code = vmcb->exitcode;
	cpu->vcpu.last_rip = vmcb->rip;
	exit.kind = decode(svm);
	exit.registers = registers;
	exit.address = vmcb->exitinfo2;
	exit.write = vmcb->exitinfo1 & NPF_WRITE;
	registers->rax = vmcb->rax;
	exit_handle(cpu, &exit);
	vmcb->rax = registers->rax;
}
