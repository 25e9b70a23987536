/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/svm/step.c arch/x86/vcpu/nested.c */
/*
 * The second tables of a step: everything is as in the guest's own, but for the APIC's page. And
 * the flags, exceptions and address space ids of steps.
 */
#define _GNU_SOURCE
#include "arch/x86/cpu/pages.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/svm/svm.h"
#include "arch/x86/vcpu/apic_watch.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/memory.h"

#include "harness/tests/host/privileged.h"

#define POOL_PAGES (NESTED_PAGES + 9)
#include "harness/tests/host/nested_walk.h"

#define TF 0x100
#define IF 0x200
#define BS 0x4000

struct nested guest_memory;
uint64_t apic_base = 0xfee00000, svm_guest_root;
struct svm_features svm_features;

static struct vmcb vmcb;
static struct svm_cpu svm;
static struct cpu cpu;
static size_t pool_used = NESTED_PAGES;
static unsigned accesses_done;
static int injected;
static uint32_t injected_code;

void *pages_alloc(size_t count)
{
	void *pages = (uint8_t *)pool + pool_used * PAGE;

	pool_used += count;
	CHECK(pool_used <= POOL_PAGES);
	return pages;
}

uint64_t pages_physical(const void *address)
{
	return (uint64_t)address - (uint64_t)pool + pool_physical;
}

void apic_access_done(struct cpu *of)
{
	CHECK(of == &cpu);
	accesses_done++;
}

void guest_inject_exception(struct cpu *of, uint8_t vector)
{
	CHECK(of == &cpu);
	injected = vector;
}

void guest_inject_exception_code(struct cpu *of, uint8_t vector, uint32_t code)
{
	guest_inject_exception(of, vector);
	injected_code = code;
}

void svm_nmi_deliver(struct svm_cpu *of)
{
	CHECK(of == &svm);
}

/* As apic_watch_fault() does. */
static void step_on_scratch(bool writable)
{
	cpu.vcpu.apic_access.active = true;
	guest_step_on_scratch(&cpu, writable);
}

static void start(const struct nested_bits *bits)
{
	memset(pool, 0, sizeof(pool));
	pool_used = NESTED_PAGES;
	nested_init(&guest_memory, bits, pool, pool_physical);
	CHECK(nested_map(&guest_memory, 0, 6 * GIB));
	CHECK(nested_entry(&guest_memory, apic_base));
	*nested_entry(&guest_memory, apic_base) = 0;
	svm_guest_root = pool_physical;
	svm = (struct svm_cpu){ .vmcb = &vmcb, .cpu = &cpu };
	vmcb = (struct vmcb){ .nested_cr3 = svm_guest_root, .asid = SVM_ASID_GUEST };
	cpu.svm = &svm;
	CHECK(svm_step_prepare_page0() && svm_step_prepare(&svm, &cpu));
	svm_features = (struct svm_features){ .asids = 8 };
}

/* Everything but the APIC's page is as in the guest's tables. */
static void check_tables(bool writable)
{
	const struct nested_bits *bits = guest_memory.bits;
	uint64_t scratch = pages_physical(cpu.vcpu.apic_access.scratch);

	CHECK_PAGE(walk(vmcb.nested_cr3, bits, apic_base), scratch, writable);
	CHECK_EQ(walk(svm_guest_root, bits, apic_base).page_size, 0);
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t address = check_random(2) ? check_random(700 * GIB)
						   : apic_base - MIB2 + check_random(2 * MIB2);
		struct walked ours = walk(vmcb.nested_cr3, bits, address);
		struct walked guests = walk(svm_guest_root, bits, address);

		if (address / PAGE != apic_base / PAGE) {
			CHECK_EQ(ours.page_size, guests.page_size);
			CHECK_EQ(ours.physical, guests.physical);
			CHECK_EQ(ours.writable, guests.writable);
		}
	}
}

static void end_step(uint8_t vector)
{
	struct vcpu_exit exit = { .kind = EXIT_STEP, .code = 0x40 + vector };

	injected = -1;
	guest_step_ended(&cpu, &exit);
	CHECK_EQ(vmcb.nested_cr3, svm_guest_root);
	CHECK_EQ(vmcb.asid, SVM_ASID_GUEST);
	CHECK_EQ(vmcb.intercept_exceptions, 0);
	CHECK_EQ(svm.step.reason, STEP_NOT);
}

static void tables_of_steps(const struct nested_bits *bits)
{
	start(bits);
	svm_step_tables_changed(&svm);
	step_on_scratch(false);
	check_tables(false);
	step_on_scratch(true);
	check_tables(true);

	/* A first touch while the step is under way, near and far; and all of it forgotten. */
	struct nested_mark mark = nested_mark(&guest_memory);

	CHECK(nested_map(&guest_memory, 600 * GIB, GIB));
	svm_step_tables_changed(&svm);
	CHECK(walk(vmcb.nested_cr3, bits, 600 * GIB).page_size);
	check_tables(true);
	CHECK(nested_map(&guest_memory, 100 * GIB, 3 * GIB));
	svm_step_tables_changed(&svm);
	check_tables(true);
	nested_forget(&guest_memory, mark);
	svm_step_tables_changed(&svm);
	check_tables(true);
	end_step(1);

	/* Between steps nothing is copied; the next one has it. */
	CHECK(nested_map(&guest_memory, 200 * GIB, GIB));
	svm_step_tables_changed(&svm);
	CHECK_EQ(vmcb.nested_cr3, svm_guest_root);
	step_on_scratch(false);
	check_tables(false);
	end_step(1);
	CHECK_EQ(accesses_done, 2);
	accesses_done = 0;
}

/* Interrupts are held; the guest finds its own TF and IF again, and its own debug exceptions. */
static void flags_of_steps(void)
{
	start(&walk_bits[0]);
	for (unsigned flags = 0; flags <= (TF | IF); flags += TF) {
		vmcb.rflags = 0x2 | flags;
		vmcb.dr6 = 0xffff0ff0;
		check_round = flags;
		step_on_scratch(false);
		CHECK_EQ(vmcb.rflags, 0x2 | TF);
		CHECK_EQ(vmcb.intercept_exceptions, 0xffffffff);
		step_on_scratch(true);
		vmcb.rflags |= 0x40; /* ZF, by the instruction */
		vmcb.dr6 |= BS;
		end_step(1);
		CHECK_EQ(vmcb.rflags, 0x42 | flags);
		CHECK_EQ(vmcb.dr6, 0xffff0ff0 | (flags & TF ? BS : 0));
		CHECK_EQ(injected, flags & TF ? 1 : -1);

		/* A data breakpoint of the guest's was hit too. */
		step_on_scratch(false);
		vmcb.dr6 |= BS | 0x2;
		end_step(1);
		CHECK_EQ(injected, 1);
		CHECK_EQ(vmcb.dr6 & 0xf, 0x2);
	}
}

/* An instruction that ends in an exception did nothing: the guest gets that, with its own flags. */
static void exceptions_of_steps(void)
{
	start(&walk_bits[0]);
	for (unsigned vector = 0; vector < 32; vector++) {
		bool has_code = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 ||
				vector == 21 || vector == 29 || vector == 30;

		if (vector == 1) {
			continue;
		}
		check_round = vector;
		vmcb.rflags = 0x2 | IF;
		vmcb.cr2 = 0;
		cpu.vcpu.apic_access.active = true;
		step_on_scratch(false);
		vmcb.exitinfo1 = 0x15;
		vmcb.exitinfo2 = 0xdead000;
		injected_code = 0;
		end_step((uint8_t)vector);
		CHECK_EQ(injected, vector);
		CHECK_EQ(injected_code, has_code ? 0x15 : 0);
		CHECK_EQ(vmcb.cr2, vector == 14 ? 0xdead000 : 0);
		CHECK_EQ(vmcb.rflags, 0x2 | IF);
		CHECK(!cpu.vcpu.apic_access.active);
	}
	CHECK_EQ(accesses_done, 4 * 2);
}

/* No step finds a cached translation: its id is flushed, or was not used since all were. */
static void ids_of_steps(bool flush_by_asid)
{
	bool used[8] = { false };

	start(&walk_bits[0]);
	svm_features.flush_by_asid = flush_by_asid;
	for (unsigned i = 0; i < 100; i++) {
		vmcb.tlb_control = TLB_CONTROL_NOTHING;
		step_on_scratch(i % 2);
		CHECK(vmcb.asid > SVM_ASID_GUEST && vmcb.asid < svm_features.asids);
		if (vmcb.tlb_control == TLB_CONTROL_FLUSH_ALL) {
			memset(used, 0, sizeof(used));
		}
		CHECK(!used[vmcb.asid] || vmcb.tlb_control == TLB_CONTROL_FLUSH_GUEST);
		CHECK_EQ(vmcb.tlb_control == TLB_CONTROL_FLUSH_GUEST, flush_by_asid);
		used[vmcb.asid] = true;
		end_step(1);
	}
}

/* Branch steps would end a step too late: they are off during it, and then as the guest has them. */
static void branch_steps(void)
{
	uint64_t *debugctl = &privileged_msrs[0].value;

	start(&walk_bits[0]);
	for (*debugctl = 0; *debugctl < 4; ++*debugctl) {
		uint64_t guests = *debugctl;

		svm.step.branches = guests & 2;
		step_on_scratch(false);
		step_on_scratch(true);
		CHECK_EQ(*debugctl, guests & ~2ull);
		end_step(1);
		CHECK_EQ(*debugctl, guests);
	}
}

/* Page 0 is writable under the third tables, and everything else as in the guest's. */
static void page0_steps(const struct nested_bits *bits)
{
	unsigned accesses = accesses_done;

	start(bits);
	cpu.vcpu.apic_access.active = false;
	*nested_entry(&guest_memory, 0) = bits->read_only;
	vmcb.rflags = 0x202;
	guest_step_on_page0(&cpu);
	CHECK_EQ(svm.step.reason, STEP_PAGE0);
	CHECK(!(vmcb.rflags & 0x200) && vmcb.rflags & 0x100);
	CHECK_PAGE(walk(vmcb.nested_cr3, bits, 0), 0, true);
	CHECK_PAGE(walk(svm_guest_root, bits, 0), 0, false);
	CHECK(!walk(vmcb.nested_cr3, bits, apic_base).page_size);
	CHECK_EQ(walk(vmcb.nested_cr3, bits, 5 * GIB).physical, 5 * GIB);

	/* A first touch while the step is under way. */
	CHECK(nested_map(&guest_memory, 600 * GIB, GIB));
	svm_step_tables_changed(&svm);
	CHECK(walk(vmcb.nested_cr3, bits, 600 * GIB).page_size);
	CHECK_PAGE(walk(vmcb.nested_cr3, bits, 0), 0, true);
	end_step(1);
	CHECK_EQ(vmcb.rflags, 0x202);

	/* From the APIC's page to page 0: both are there, in this step only. */
	step_on_scratch(false);
	CHECK_PAGE(walk(vmcb.nested_cr3, bits, 0), 0, false);
	guest_step_on_page0(&cpu);
	CHECK_PAGE(walk(vmcb.nested_cr3, bits, 0), 0, true);
	CHECK(walk(vmcb.nested_cr3, bits, apic_base).page_size);
	end_step(1);
	step_on_scratch(false);
	CHECK_PAGE(walk(vmcb.nested_cr3, bits, 0), 0, false);
	end_step(1);
	CHECK_EQ(accesses_done, accesses + 2);
	accesses_done = accesses;
}

int main(void)
{
	privileged_begin(&cpu);
	privileged_msrs[0] = (struct privileged_msr){ 0x1d9, 0 };
	branch_steps();
	accesses_done = 0;
	for (unsigned i = 0; i < 4; i++) {
		tables_of_steps(&walk_bits[i]);
		page0_steps(&walk_bits[i]);
	}
	flags_of_steps();
	exceptions_of_steps();
	ids_of_steps(false);
	ids_of_steps(true);
	return 0;
}
