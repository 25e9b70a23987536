/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's NMIs. SVM does not say when the guest can take one: from each injection on, IRET is
 * intercepted, so that it is known when the handler has come to its end. The IRET runs as a single
 * step, and what waits is injected behind it, never at it.
 */
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/kick.h"

void svm_nmi_deliver(struct svm_cpu *svm)
{
	struct vmcb *vmcb = svm->vmcb;

	if (!svm->nmi.waits || svm->nmi.in_handler || svm->step.reason != STEP_NOT) {
		return;
	}
	if (vmcb->eventinj & EVENT_VALID) {
		/* An exception goes first, and an NMI of our own comes right behind it. */
		kick_self(svm->cpu);
		return;
	}
	svm->nmi.waits = false;
	svm->nmi.in_handler = true;
	vmcb->eventinj = EVENT_VALID | EVENT_TYPE_NMI | VECTOR_NMI;
	vmcb->intercept3 |= INTERCEPT_IRET;
}

void guest_nmi_taken(struct cpu *cpu, bool guests)
{
	cpu->svm->nmi.waits |= guests;
	svm_nmi_deliver(cpu->svm);
}

void guest_nmi_returns(struct cpu *cpu, const struct vcpu_exit *exit)
{
	struct svm_cpu *svm = cpu->svm;

	(void)exit;
	svm->vmcb->intercept3 &= ~INTERCEPT_IRET;
	if (svm->nmi.in_handler) {
		svm_step_nmi_return(svm);
		return;
	}
	svm_nmi_deliver(svm);
}
