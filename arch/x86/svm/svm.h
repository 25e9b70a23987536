/* SPDX-License-Identifier: BSD-2-Clause */
/* What each CPU has for SVM, and what the files of this folder share. */
#ifndef ARCH_X86_SVM_SVM_H
#define ARCH_X86_SVM_SVM_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86/svm/vmcb.h"
#include "arch/x86/vcpu/vcpu.h"

struct cpu;

/* Why the guest runs one instruction alone. */
enum svm_step { STEP_NOT, STEP_SCRATCH, STEP_PAGE0, STEP_NMI_RETURN };

struct svm_cpu {
	struct vmcb *vmcb;
	uint64_t vmcb_physical, host_vmcb, host_save;
	uint64_t found_efer, found_host_save; /* before SVM was turned on */
	struct guest_registers first_registers;
	struct cpu *cpu;
	struct {
		enum svm_step reason;
		uint64_t flags; /* the guest's TF and IF */
		uint64_t dr6;
		bool branches; /* the guest has set DebugCtl.BTF */
		uint64_t *tables;     /* root, page directory pointers, page directory, page table */
		uint64_t *entry;      /* of the APIC page in the last of them */
		uint64_t root, readable, writable; /* nested CR3, and values of that entry */
		uint32_t generation;  /* of the guest's tables that these are a copy of */
		uint32_t asid;
	} step;

	/* Where an instruction was read last: see fetch.h. */
	struct {
		uint64_t paging, page, base;
		const uint8_t *code;
	} fetch;

	struct {
		bool waits;      /* one is to be injected */
		bool in_handler; /* one was injected, and its IRET has not been seen */
	} nmi;
};

/* What the processor offers: CPUID 8000000ah (APM volume 3, E.4.9). */
struct svm_features {
	uint32_t asids;
	bool next_rip, flush_by_asid, invlpgb, pages_1g;
};
extern struct svm_features svm_features;

/* ASID 1 is the guest's; the others are for steps on scratch pages. */
#define SVM_ASID_GUEST 1

/* Physical address of the MSR permission map. */
extern uint64_t svm_msr_map;

/* run.S */
void svm_run(struct svm_cpu *svm) __attribute__((noreturn));
void svm_take_nmi(void);
void svm_clgi(void);

/* exit.c: called by run.S. */
void svm_exit(struct svm_cpu *svm, struct guest_registers *registers);

/* step.c: lets the IRET of the guest's NMI handler run alone, exceptions intercepted. */
void svm_step_nmi_return(struct svm_cpu *svm);
/* The guest's tables may have changed: a step that is under way goes by the new ones. */
void svm_step_tables_changed(struct svm_cpu *svm);
/* Allocate a CPU's second tables, and the third ones of all CPUs. False: no memory. */
bool svm_step_prepare_page0(void);
bool svm_step_prepare(struct svm_cpu *svm, struct cpu *cpu);

/* nmi.c: injects an NMI that waits, where that may be done now. */
void svm_nmi_deliver(struct svm_cpu *svm);

/* What VMCBs name as the guest's nested tables. */
extern uint64_t svm_guest_root;

#endif
