/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/cpu.h"
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/tests/tests.h"

#define EFER_SCE        1UL
#define EFER_RESERVED   (1UL << 9)
#define VM_CR_LOCK      (1UL << 3)
#define VM_CR_SVMDIS    (1UL << 4)
#define MSR_OUTSIDE_MAP 0x12345678 /* in none of the permission map's three ranges */
#define PF_FETCH        0x10

static int write_fault(uint32_t index, uint64_t value)
{
	asm volatile(TRY "wrmsr" TRY_END
		     :
		     : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
		     : "memory");
	return fault_vector();
}

static int read_fault(uint32_t index, uint64_t *value)
{
	uint32_t low = 0, high = 0;

	asm volatile(TRY "rdmsr" TRY_END : "+a"(low), "+d"(high) : "c"(index) : "memory");
	*value = (uint64_t)high << 32 | low;
	return fault_vector();
}

/* A page that may not be executed faults with NXE, however it was used a moment before. */
static void check_nxe(uint64_t efer)
{
	static uint8_t code[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	volatile uint8_t *page;

	code[0] = 0xc3; /* ret */
	wrmsr(MSR_EFER, efer & ~EFER_NXE);
	page = window_map(0, (uint64_t)code | PTE_P | PTE_W);
	asm volatile("call *%0" : : "r"(page) : "memory");
	wrmsr(MSR_EFER, efer | EFER_NXE);
	page = window_map(0, (uint64_t)code | PTE_P | PTE_W | PTE_NX);
	asm volatile("push %%rbx; mov %%rsp, %%rbx\n\t"
		     "leaq 1f(%%rip), %%rax; push %%rax; jmp *%0\n"
		     "1: mov %%rbx, %%rsp; pop %%rbx"
		     :
		     : "r"(page)
		     : "rax", "memory");
	EXPECT(this_cpu()->fault.vector == VECTOR_PF, "fetch from a page with NX: no #PF");
	EXPECT(this_cpu()->fault.error & PF_FETCH, "fetch from a page with NX: error %lx",
	       this_cpu()->fault.error);
	this_cpu()->hook = 0;
	wrmsr(MSR_EFER, efer);
	window_map(0, 0);
}

/* Returns from the page as its RET would, and notes the fault. */
static bool return_from_page(struct frame *frame)
{
	if (frame->rip != WINDOW_BASE) {
		return false;
	}
	this_cpu()->fault = (struct fault){ (int)frame->vector, frame->error, frame->rip, 0 };
	frame->rip = *(uint64_t *)frame->rsp;
	frame->rsp += 8;
	return true;
}

void test_efer(void)
{
	uint64_t efer = rdmsr(MSR_EFER);

	EXPECT(!(efer & EFER_SVME), "EFER.SVME shows: %lx", efer);
	EXPECT_EQUAL("EFER", efer & (EFER_LME | EFER_LMA), EFER_LME | EFER_LMA);
	for (unsigned i = 0; i < 4; i++) {
		wrmsr(MSR_EFER, i & 1 ? efer | EFER_SCE : efer & ~EFER_SCE);
		EXPECT_EQUAL("EFER.SCE", rdmsr(MSR_EFER) & EFER_SCE, i & 1);
	}
	wrmsr(MSR_EFER, efer);
	this_cpu()->hook = return_from_page;
	check_nxe(efer);
	EXPECT_EQUAL("EFER written back", rdmsr(MSR_EFER), efer);
	if (above_hypervisor()) { /* the bare emulator has SVM and checks less */
		EXPECT(write_fault(MSR_EFER, efer | EFER_SVME) == VECTOR_GP,
		       "setting EFER.SVME gives no #GP");
		EXPECT(write_fault(MSR_EFER, efer | EFER_RESERVED) == VECTOR_GP,
		       "setting reserved bits of EFER gives no #GP");
		EXPECT(write_fault(MSR_EFER, efer | 1UL << 40) == VECTOR_GP,
		       "setting high bits of EFER gives no #GP");
		EXPECT(write_fault(MSR_EFER, efer & ~EFER_LME) == VECTOR_GP,
		       "clearing EFER.LME with paging on gives no #GP");
		EXPECT_EQUAL("EFER after refused writes", rdmsr(MSR_EFER), efer);
	}
}

static void check_hidden(void)
{
	uint64_t value;

	EXPECT(read_fault(MSR_VM_CR, &value) == NO_VECTOR, "reading VM_CR faults");
	EXPECT_EQUAL("VM_CR", value & (VM_CR_LOCK | VM_CR_SVMDIS), VM_CR_LOCK | VM_CR_SVMDIS);
	EXPECT(read_fault(MSR_VM_HSAVE_PA, &value) == NO_VECTOR, "reading VM_HSAVE_PA faults");
	EXPECT_EQUAL("VM_HSAVE_PA", value, 0);
	EXPECT(write_fault(MSR_VM_HSAVE_PA, 0x100000) == NO_VECTOR, "writing VM_HSAVE_PA faults");
	EXPECT(write_fault(MSR_VM_HSAVE_PA, 0) == NO_VECTOR, "writing 0 to VM_HSAVE_PA faults");
	EXPECT_EQUAL("VM_HSAVE_PA after a write", rdmsr(MSR_VM_HSAVE_PA), 0);
}

void test_msr(void)
{
	uint64_t value, base = rdmsr(MSR_APIC_BASE), star = rdmsr(MSR_STAR);

	if (above_hypervisor()) {
		check_hidden();
	}
	wrmsr(MSR_APIC_BASE, base);
	EXPECT_EQUAL("APIC_BASE written back", rdmsr(MSR_APIC_BASE), base);
	wrmsr(MSR_STAR, 0x123456789abcdef0);
	EXPECT_EQUAL("STAR", rdmsr(MSR_STAR), 0x123456789abcdef0);
	wrmsr(MSR_STAR, star);
	print("MSR %x: read %d", MSR_OUTSIDE_MAP, read_fault(MSR_OUTSIDE_MAP, &value));
	print(", value %lx, write %d\n", value, write_fault(MSR_OUTSIDE_MAP, 0));
}

/* RDMSR and WRMSR of EFER with prefixes: RIP must go past all of them. */
static void check_prefixes(void)
{
	uint64_t efer = rdmsr(MSR_EFER);
	uint32_t low, high;

#define PREFIXED(bytes)                                                                  \
	do {                                                                             \
		asm volatile(".byte " bytes ", 0x0f, 0x32"                               \
			     : "=a"(low), "=d"(high)                                     \
			     : "c"(MSR_EFER));                                           \
		EXPECT_EQUAL("EFER read with " bytes, (uint64_t)high << 32 | low, efer); \
		asm volatile(".byte " bytes ", 0x0f, 0x30"                               \
			     :                                                           \
			     : "a"(low), "d"(high), "c"(MSR_EFER));                      \
	} while (0)
	PREFIXED("0x66");
	PREFIXED("0x48");
	PREFIXED("0x67");
	PREFIXED("0x2e");
	PREFIXED("0x66, 0x48");
	PREFIXED("0x3e, 0x66, 0x67, 0x4f");
	PREFIXED("0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66");
	EXPECT_EQUAL("EFER", rdmsr(MSR_EFER), efer);
}

static volatile uint64_t step_rip[8];
static volatile unsigned steps;

static bool note_step(struct frame *frame)
{
	if (frame->vector != VECTOR_DB) {
		return false;
	}
	EXPECT(READ_DR(6) & 1UL << 14, "DR6.BS is not set: %lx", READ_DR(6));
	WRITE_DR(6, 0xffff0ff0);
	if (steps < 8) {
		step_rip[steps] = frame->rip;
	}
	steps++;
	return true;
}

void test_msr_step(void)
{
	uint64_t behind_read, behind_write, end;

	check_prefixes();
	this_cpu()->hook = note_step;
	asm volatile("movl %[efer], %%ecx; pushfq; orq $0x100, (%%rsp); popfq\n\t"
		     "rdmsr\n"
		     "1:\twrmsr\n"
		     "2:\tpushfq; andq $~0x100, (%%rsp); popfq\n"
		     "3:\tleaq 1b(%%rip), %0; leaq 2b(%%rip), %1; leaq 3b(%%rip), %2"
		     : "=r"(behind_read), "=r"(behind_write), "=r"(end)
		     : [efer] "i"(MSR_EFER)
		     : "rax", "rcx", "rdx", "memory", "cc");
	this_cpu()->hook = 0;
	EXPECT_EQUAL("steps", steps, 5);
	EXPECT_EQUAL("RIP of the step over RDMSR", step_rip[0], behind_read);
	EXPECT_EQUAL("RIP of the step over WRMSR", step_rip[1], behind_write);
	EXPECT_EQUAL("RIP of the last step", step_rip[4], end);
}

/* In xAPIC mode there is no such register; QEMU without x2APIC knows no unknown registers either. */
void test_x2apic_icr(void)
{
	static const uint64_t commands[] = { 0xfd, 0x4000000fd, 0x9000000fd, 0x1fd, 0x800000fd };

	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		int fault = write_fault(MSR_X2APIC + 0x30, commands[i]);

		EXPECT(fault == VECTOR_GP || !above_hypervisor(), "the write of %lx did not fault", commands[i]);
	}
}
