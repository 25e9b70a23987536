/* SPDX-License-Identifier: BSD-2-Clause */
/* From SVM's exit codes to the neutral ones (APM volume 2, appendix C). */
#include "arch/x86/cpu/cpuid.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/legal.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/exits.h"
#include "arch/x86/vcpu/guest.h"
#include "config/SVM_CHECK_VMCB.h"
#include "phases/panic/panic.h"

/* EXITINFO1 of a nested fault is a page fault's error code; of an MSR exit, 1 for a write. */
#define NPF_WRITE 0x2
#define MSR_WRITE 0x1

static const uint8_t kinds[] = {
	/* Exceptions are intercepted only during a step. */
	[VMEXIT_EXCEPTION ... VMEXIT_EXCEPTION + 31] = EXIT_STEP,
	[VMEXIT_NMI] = EXIT_NMI,
	[VMEXIT_INIT] = EXIT_INIT,
	[VMEXIT_IRET] = EXIT_NMI_RETURN,
	[VMEXIT_INVD] = EXIT_CACHE,
	[VMEXIT_INVLPGA] = EXIT_HIDDEN,
	[VMEXIT_MSR] = EXIT_MSR,
	[VMEXIT_SHUTDOWN] = EXIT_SHUTDOWN,
	[VMEXIT_VMRUN ... VMEXIT_SKINIT] = EXIT_HIDDEN,
};

static void decode(const struct vmcb *vmcb, struct vcpu_exit *exit)
{
	uint64_t code = vmcb->exitcode, info = vmcb->exitinfo1;

	exit->code = code;
	if (code == VMEXIT_NPF) {
		exit->kind = EXIT_NESTED_FAULT;
		exit->write = info & NPF_WRITE;
	} else if (code < sizeof(kinds)) {
		exit->kind = kinds[code];
		exit->write = info & MSR_WRITE;
	} else {
		/* QEMU 7.2 stores the code in 32 bits. */
		exit->kind = (uint32_t)code == (uint32_t)VMEXIT_INVALID ? EXIT_BAD_STATE : EXIT_UNKNOWN;
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
	decode(vmcb, &exit);
	cpu->vcpu.last_code = exit.code;
	cpu->vcpu.last_rip = vmcb->rip;
	exit.registers = registers;
	exit.rax = &vmcb->rax;
	exit.address = vmcb->exitinfo2;
	exit_handle(cpu, &exit);
}

/*
 * VMRUN refuses an illegal state, which only a bug of ours can make: the guest's own writes give it
 * #GP before they take effect. QEMU does not give #GP for a CR4 with reserved bits, or a CR3 above
 * the physical address width: the guest that ran until then ends with this code, at that instruction
 * and with the old state. Where the state is legal, it is the guest's bad write, and gets its #GP;
 * where nobody can say (SVM_CHECK_VMCB), it is taken for what it is on a processor.
 */
void guest_bad_state(struct cpu *cpu, const struct vcpu_exit *exit)
{
	const char *rule = "which rule it breaks, SVM_CHECK_VMCB would say";

	if (CONFIG_SVM_CHECK_VMCB) {
		rule = svm_vmcb_illegal(cpu->svm->vmcb, cpu_physical_bits());
	}
	if (rule) {
		panic("CPU %u: VMRUN refuses the guest's state: %s (exit code %#llx, guest rip %#llx)",
		      cpu->index, rule, (unsigned long long)exit->code,
		      (unsigned long long)cpu->svm->vmcb->rip);
	}
	guest_inject_exception_code(cpu, VECTOR_GP, 0);
}
