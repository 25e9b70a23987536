/* SPDX-License-Identifier: BSD-2-Clause */
/* Each CPU's SVM record and VMCB, and the states that a guest begins with. */
#include "arch/x86/svm/vmcb.h"

#include "arch/x86/cpu/cpuid.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/pages.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/svm/fetch.h"
#include "arch/x86/vcpu/backend.h"
#include "arch/x86/vcpu/memory.h"
#include "arch/x86/vcpu/start.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

PHASE(svm_cpu, global, svm_cpu_init, .vital = true,
      .does = "gives each CPU its VMCBs, its page for the host's state, and its second nested tables");
PHASE_ONLY(svm_cpu, cpu_svm);
PHASE_NEEDS(svm_cpu, percpu, "the record of each CPU points to them");
PHASE_NEEDS(svm_cpu, hidden_memory, "the second tables are copies of the first");
PHASE_NEEDS(svm_cpu, svm_features, "nothing is prepared for a processor that is refused");

PHASE(svm_vmcb, pcpu, svm_vmcb_init, .vital = true,
      .does = "fills in the CPU's VMCB: the few intercepts, nested paging, and the host's state to "
	      "come back to");
PHASE_ONLY(svm_vmcb, cpu_svm);
PHASE_NEEDS(svm_vmcb, svm_enable, "VMSAVE needs EFER.SVME");
PHASE_NEEDS(svm_vmcb, exception_stacks, "the host's task register is saved as it is then");
PHASE_NEEDS(svm_vmcb, svm_msr_map, "the VMCB names the MSR permission map");

/* Segment attributes as the VMCB packs them (APM volume 2, 15.5.1). */
#define SEGMENT_CODE64 0xa9b
#define SEGMENT_DATA32 0xc93
#define SEGMENT_CODE16 0x09b
#define SEGMENT_DATA16 0x093
#define SEGMENT_LDT 0x082
#define SEGMENT_TSS_BUSY32 0x08b

uint64_t svm_guest_root;

static struct svm_cpu *svm_cpu_alloc(struct cpu *cpu)
{
	struct svm_cpu *svm = pages_alloc(1);
	uint8_t *vmcb = pages_alloc(1), *host_vmcb = pages_alloc(1), *save = pages_alloc(1);

	if (!svm || !vmcb || !host_vmcb || !save || !svm_step_prepare(svm, cpu)) {
		return NULL;
	}
	svm->cpu = cpu;
	svm->vmcb = (struct vmcb *)vmcb;
	svm->vmcb_physical = pages_physical(vmcb);
	svm->host_vmcb = pages_physical(host_vmcb);
	svm->host_save = pages_physical(save);
	return svm;
}

static enum phase_result svm_cpu_init(void)
{
	svm_guest_root = (uint64_t)guest_memory.root + guest_memory.to_physical;
	if (!svm_step_prepare_page0()) {
		return phase_failed("no memory for the tables of page 0; this is a bug: the reserved "
				    "block is too small");
	}
	for (unsigned i = 0; i < cpu_count; i++) {
		cpus[i]->svm = svm_cpu_alloc(cpus[i]);
		if (!cpus[i]->svm) {
			return phase_failed("no memory for the VMCB of CPU %u; this is a bug: the "
					    "reserved block is too small", i);
		}
	}
	return PHASE_DONE;
}

/* Everything that exits, with the reason. What is not here does not. */
static void set_intercepts(struct vmcb *vmcb)
{
	vmcb->intercept3 = INTERCEPT_NMI |       /* how a CPU whose guest never exits is reached */
			   INTERCEPT_INIT |      /* the CPU would leave the hypervisor */
			   INTERCEPT_MSR_PROT |  /* the registers of msr_rules */
			   INTERCEPT_INVD |      /* would drop what we wrote, too: WBINVD instead */
			   INTERCEPT_INVLPGA |   /* #UD: the guest has no SVM */
			   INTERCEPT_SHUTDOWN;   /* a triple fault resets the machine */
	vmcb->intercept4 = INTERCEPT_VMRUN |     /* must be set; #UD: the guest has no SVM */
			   INTERCEPT_VMMCALL |   /* #UD: there are no hypercalls */
			   INTERCEPT_VMLOAD |    /* #UD, here and below: the guest has no SVM */
			   INTERCEPT_VMSAVE | INTERCEPT_STGI | INTERCEPT_CLGI | INTERCEPT_SKINIT;
}

static enum phase_result svm_vmcb_init(void)
{
	struct svm_cpu *svm = this_cpu()->svm;
	struct vmcb *vmcb = svm->vmcb;

	memset(vmcb, 0, sizeof(*vmcb));
	memset(&svm->nmi, 0, sizeof(svm->nmi));
	svm->step.reason = STEP_NOT;
	svm->fetch.page = SVM_FETCH_NOTHING;
	svm->step.branches = false; /* INIT clears DebugCtl (APM volume 2, table 14-1) */
	this_cpu()->vcpu.apic_access.active = false;
	set_intercepts(vmcb);
	vmcb->msrpm_base = svm_msr_map;
	vmcb->asid = SVM_ASID_GUEST;
	/* Without its bit, INVLPGB gives #UD in a guest that CPUID promises it to (15.36.4). */
	vmcb->nested_control =
		NESTED_PAGING_ENABLE | (svm_features.invlpgb ? NESTED_INVLPGB_ENABLE : 0);
	vmcb->nested_cr3 = svm_guest_root;
	vmcb->g_pat = rdmsr(MSR_PAT);
	__asm__ volatile("vmsave %0" : : "a"(svm->host_vmcb) : "memory");
	/* What VMLOAD takes from the VMCB and the guest is not to find changed: SYSENTER's and
	 * SYSCALL's registers, KernelGSBase. */
	__asm__ volatile("vmsave %0" : : "a"(svm->vmcb_physical) : "memory");
	return PHASE_DONE;
}

static void set_common(struct svm_cpu *svm)
{
	struct vmcb *vmcb = svm->vmcb;

	vmcb->ldtr = (struct vmcb_segment){.attributes = SEGMENT_LDT, .limit = 0xffff};
	vmcb->tr = (struct vmcb_segment){.attributes = SEGMENT_TSS_BUSY32, .limit = 0xffff};
	vmcb->gdtr = (struct vmcb_segment){.limit = 0xffff};
	vmcb->idtr = (struct vmcb_segment){.limit = 0xffff};
	vmcb->rflags = RFLAGS_FIXED;
	vmcb->dr6 = DR6_INIT;
	vmcb->dr7 = DR7_INIT;
	memset(&svm->first_registers, 0, sizeof(svm->first_registers));
}

/* The state after INIT (APM volume 2, table 14-1), but for what a start-up IPI sets. */
void backend_set_startup(struct cpu *cpu, uint8_t vector)
{
	struct svm_cpu *svm = cpu->svm;
	struct vmcb *vmcb = svm->vmcb;
	struct vmcb_segment data = {.attributes = SEGMENT_DATA16, .limit = 0xffff};

	set_common(svm);
	vmcb->cs = (struct vmcb_segment){.selector = (uint16_t)(vector << 8),
					 .attributes = SEGMENT_CODE16,
					 .limit = 0xffff,
					 .base = (uint64_t)vector << 12};
	vmcb->ds = vmcb->es = vmcb->ss = vmcb->fs = vmcb->gs = data;
	vmcb->rip = 0;
	/* INIT leaves CD and NW as they were: on, on a CPU that never ran an operating system. */
	vmcb->cr0 = CR0_ET | CR0_CD | CR0_NW;
	vmcb->efer = EFER_SVME;
	svm->first_registers.rdx = cpuid(1, 0).eax;
}

INIT_TEXT void backend_set_start(struct cpu *cpu, const struct guest_start *start)
{
	struct svm_cpu *svm = cpu->svm;
	struct vmcb *vmcb = svm->vmcb;
	struct vmcb_segment data = {
		.selector = start->ds, .attributes = SEGMENT_DATA32, .limit = 0xffffffff};

	set_common(svm);
	vmcb->cs = (struct vmcb_segment){
		.selector = start->cs, .attributes = SEGMENT_CODE64, .limit = 0xffffffff};
	vmcb->ds = vmcb->es = vmcb->ss = vmcb->fs = vmcb->gs = data;
	vmcb->gdtr = (struct vmcb_segment){.base = start->gdt_base, .limit = start->gdt_limit};
	vmcb->idtr = (struct vmcb_segment){0};
	vmcb->rip = start->rip;
	vmcb->cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_PE;
	vmcb->cr3 = start->cr3;
	vmcb->cr4 = CR4_PAE;
	vmcb->efer = EFER_SVME | EFER_LME | EFER_LMA;
	svm->first_registers.rsi = start->rsi;
}
