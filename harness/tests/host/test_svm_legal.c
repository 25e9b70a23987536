/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/svm/legal.c arch/x86/svm/vmcb.c */
/*
 * The states that guests begin with are legal, and each rule of the manual is noticed when it alone
 * is broken. The VMCB is the one that vmcb.c makes.
 */
#define _GNU_SOURCE
#include "arch/x86/svm/legal.h"

#include "arch/x86/cpu/pages.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/backend.h"
#include "arch/x86/vcpu/memory.h"
#include "arch/x86/vcpu/start.h"
#include "harness/tests/host/privileged.h"
#include "phases/phase.h"

#define PAT_AT_RESET 0x0007040600070406
#define BITS         40 /* the physical address width */

extern const struct phase phase_svm_cpu, phase_svm_vmcb;
const struct phase_links phase_links_svm_cpu, phase_links_svm_vmcb;

static struct cpu cpu = { .self = &cpu };
struct cpu *cpus[] = { &cpu };
unsigned cpu_count = 1;
struct nested guest_memory;
uint64_t svm_msr_map = 0x7fe12000;
struct svm_features svm_features;

static uint8_t pool[8][4096] __attribute__((aligned(4096)));
static size_t pool_used;

void *pages_alloc(size_t count)
{
	void *pages = pool[pool_used];

	pool_used += count;
	CHECK(pool_used <= 8);
	return pages;
}

uint64_t pages_physical(const void *address)
{
	return (uint64_t)address - (uint64_t)pool + 0x7fe80000;
}

bool svm_step_prepare_page0(void)
{
	return true;
}

bool svm_step_prepare(struct svm_cpu *svm, struct cpu *of)
{
	CHECK(svm && of == &cpu);
	return true;
}

enum phase_result phase_reason(enum phase_result result, const char *format, ...)
{
	(void)format;
	return result;
}

static void make_vmcb(void)
{
	privileged_begin(&cpu);
	privileged_msrs[0] = (struct privileged_msr){ 0x277, PAT_AT_RESET };
	guest_memory.root = (uint64_t *)pool;
	guest_memory.to_physical = pages_physical(NULL);
	CHECK_EQ(phase_svm_cpu.init(), PHASE_DONE);
	memset(cpu.svm->vmcb, 0xff, sizeof(struct vmcb));
	CHECK_EQ(phase_svm_vmcb.init(), PHASE_DONE);
	CHECK_EQ(privileged_vmsaves, 2);
	CHECK_EQ(cpu.svm->vmcb->g_pat, PAT_AT_RESET);
	CHECK_EQ(cpu.svm->vmcb->nested_cr3, 0x7fe80000);
}

/* The VMCB with one field set to something else must break the rule that holds these words. */
#define BROKEN(field_, value_, words)                                \
	do {                                                         \
		struct vmcb broken = *cpu.svm->vmcb;                 \
		check_case = #field_ " = " #value_;                  \
		broken.field_ = (value_);                            \
		CHECK_ERROR(svm_vmcb_illegal(&broken, BITS), words); \
	} while (0)
#define LEGAL(field_, value_) BROKEN(field_, value_, NULL)

/* Both start states go by these (APM volume 2, 15.5.1). */
static void rules_of_every_state(void)
{
	const struct vmcb *vmcb = cpu.svm->vmcb;

	CHECK_OK(svm_vmcb_illegal(vmcb, BITS));
	CHECK_OK(svm_vmcb_illegal(vmcb, 32));
	CHECK_OK(svm_vmcb_illegal(vmcb, 52));
	BROKEN(efer, vmcb->efer & ~0x1000ull, "EFER.SVME");
	BROKEN(cr0, (vmcb->cr0 & ~0x40000000ull) | 0x20000000, "CR0.NW");
	LEGAL(cr0, (vmcb->cr0 & ~0x20000000ull) | 0x40000000);
	for (unsigned bit = 32; bit < 64; bit++) {
		check_round = bit;
		BROKEN(cr0, vmcb->cr0 | 1ull << bit, "CR0");
		BROKEN(dr6, vmcb->dr6 | 1ull << bit, "DR6 or DR7");
		BROKEN(dr7, vmcb->dr7 | 1ull << bit, "DR6 or DR7");
	}
	for (unsigned bit = BITS; bit < 64; bit++) {
		check_round = bit;
		BROKEN(cr3, vmcb->cr3 | 1ull << bit, "CR3 is above");
		BROKEN(nested_cr3, vmcb->nested_cr3 | 1ull << bit, "nested CR3");
	}
	LEGAL(cr3, 1ull << (BITS - 1));
	LEGAL(nested_cr3, 1ull << (BITS - 1));
	BROKEN(intercept4, vmcb->intercept4 & ~1u, "VMRUN is not intercepted");
	BROKEN(asid, 0, "ASID");
	LEGAL(asid, 0xffffffff);
}

/* Each bit of CR4 and EFER, by the names that the manual has (3.1.3 and 3.1.7). */
static void reserved_bits(void)
{
	static const char cr4[64] = "VPTDPPMPPOOUL   FPX SSPC", efer[64] = "S       L LNSLFT MI UA";
	const struct vmcb *vmcb = cpu.svm->vmcb;

	for (unsigned bit = 0; bit < 64; bit++) {
		bool defined = cr4[bit] && cr4[bit] != ' ';

		check_round = bit;
		if (bit != 5 && !(bit == 23 && !(vmcb->cr0 & 0x10000))) {
			BROKEN(cr4, vmcb->cr4 | 1ull << bit,
			       defined ? NULL : "reserved bit of CR4");
		}
		defined = efer[bit] && efer[bit] != ' ';
		if (bit != 8) {
			BROKEN(efer, vmcb->efer | 1ull << bit,
			       defined ? NULL : "reserved bit of EFER");
		}
		BROKEN(s_cet, 1ull << bit, bit < 2 ? NULL : "reserved bit of S_CET");
	}
}

static void tables(void)
{
	BROKEN(msrpm_base, (1ull << BITS) - 0x1000, "permission map");
	LEGAL(msrpm_base, (1ull << BITS) - 0x2000);
	BROKEN(msrpm_base, 1ull << BITS, "permission map");
	BROKEN(msrpm_base, UINT64_MAX - 0xfff, "permission map");
	BROKEN(iopm_base, (1ull << BITS) - 0x2000, "permission map");
	LEGAL(iopm_base, (1ull << BITS) - 0x3000);
	BROKEN(iopm_base, UINT64_MAX - 0xfff, "permission map");
	for (unsigned i = 0; i < 8; i++) {
		for (unsigned type = 0; type < 256; type++) {
			uint64_t pat = (PAT_AT_RESET & ~(0xffull << i * 8)) | (uint64_t)type
										      << i * 8;
			bool legal = type < 8 && type != 2 && type != 3;

			check_round = type;
			BROKEN(g_pat, pat, legal ? NULL : "G_PAT");
		}
	}
}

/* Section 15.20: types 0, 2, 3 and 4; vectors of exceptions are 0 to 31, and NMI is none. */
static void events(void)
{
	for (unsigned type = 0; type < 8; type++) {
		for (unsigned vector = 0; vector < 256; vector++) {
			uint64_t event = 0xffff000000000800 | type << 8 | vector;
			const char *words = NULL;

			check_round = type << 8 | vector;
			if (type == 1 || type > 4) {
				words = "reserved type";
			} else if (type == 3 && (vector > 31 || vector == 2)) {
				words = "exception that does not exist";
			}
			LEGAL(eventinj, event);
			BROKEN(eventinj, event | 0x80000000, words);
		}
	}
}

/* A CPU after a start-up IPI: real mode, caches off. */
static void started(void)
{
	const struct vmcb *vmcb = cpu.svm->vmcb;

	check_case = "started";
	backend_set_startup(&cpu, 0x9a);
	CHECK_EQ(vmcb->cs.selector, 0x9a00);
	CHECK_EQ(vmcb->cs.base, 0x9a000);
	CHECK_EQ(vmcb->cr0 & 0x80000001, 0);
	rules_of_every_state();
	reserved_bits();
	BROKEN(cr4, 0x800000, "CR4.CET");
	LEGAL(cs.attributes, 0x69b);
	/* Paging in long mode with nothing that it needs. */
	LEGAL(efer, vmcb->efer | 0x100);
	LEGAL(cr0, vmcb->cr0 | 0x80000000);
}

/* The boot processor: 64-bit mode. */
static void payload(void)
{
	struct guest_start start = { .rip = 0x1000200,
				     .rsi = 0x90000,
				     .cr3 = 0x91000,
				     .gdt_base = 0x92000,
				     .gdt_limit = 31,
				     .cs = 0x10,
				     .ds = 0x18 };
	const struct vmcb *vmcb = cpu.svm->vmcb;

	check_case = "payload";
	backend_set_start(&cpu, &start);
	CHECK_EQ(vmcb->rip, start.rip);
	CHECK_EQ(cpu.svm->first_registers.rsi, start.rsi);
	rules_of_every_state();
	reserved_bits();
	tables();
	events();
	LEGAL(cr4, vmcb->cr4 | 0x800000);
	BROKEN(cr4, vmcb->cr4 & ~0x20ull, "without CR4.PAE");
	BROKEN(cr0, vmcb->cr0 & ~1ull, "without CR0.PE");
	LEGAL(cr0, vmcb->cr0 & ~0x80000001ull);
	BROKEN(cs.attributes, vmcb->cs.attributes | 0x400, "CS.L and CS.D");
	LEGAL(cs.attributes, (vmcb->cs.attributes & ~0x200) | 0x400);
}

int main(void)
{
	make_vmcb();
	started();
	payload();
	return 0;
}
