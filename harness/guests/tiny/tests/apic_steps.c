/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses to the local APIC's page where stepping over one is hard to get right. */
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/cpu.h"
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/tests/tests.h"

#define TIMER_VALUE (LVT_MASKED | VECTOR_TIMER)
#define OTHER_VALUE (LVT_MASKED | 0x82)
#define DR6_BS      (1UL << 14)

/* Per CPU: what its hook saw. */
static struct seen {
	unsigned steps, faults;
	uint64_t rip[8], cr2;
} seen[CPUS_MAX];

static bool note_step(struct frame *frame)
{
	struct seen *s = &seen[this_cpu()->index];

	if (frame->vector != VECTOR_DB) {
		return false;
	}
	EXPECT(READ_DR(6) & DR6_BS, "DR6.BS is not set in a step: %lx", READ_DR(6));
	WRITE_DR(6, 0xffff0ff0);
	s->rip[s->steps++ % 8] = frame->rip;
	return true;
}

/* The guest single-steps over a read, a write and a read-modify-write: one #DB behind each. */
static void single_stepped(void)
{
	struct cpu *cpu = this_cpu();
	struct seen *s = &seen[cpu->index];
	volatile uint32_t *reg = apic_register(APIC_LVT_TIMER);
	uint64_t behind[3];
	uint32_t value = 0;

	*reg = TIMER_VALUE;
	s->steps = 0;
	cpu->hook = note_step;
	asm volatile("pushfq; orq $0x100, (%%rsp); popfq\n\t"
		     "movl (%[reg]), %[value]\n"
		     "1:\tmovl %[other], (%[reg])\n"
		     "2:\torl $0x10, (%[reg])\n"
		     "3:\tpushfq; andq $~0x100, (%%rsp); popfq\n\t"
		     "leaq 1b(%%rip), %%rax; movq %%rax, (%[behind])\n\t"
		     "leaq 2b(%%rip), %%rax; movq %%rax, 8(%[behind])\n\t"
		     "leaq 3b(%%rip), %%rax; movq %%rax, 16(%[behind])"
		     : [value] "=&r"(value)
		     : [reg] "r"(reg), [other] "r"(OTHER_VALUE), [behind] "r"(behind)
		     : "rax", "memory", "cc");
	cpu->hook = 0;
	EXPECT_EQUAL("steps", s->steps, 6);
	for (unsigned i = 0; i < 3; i++) {
		EXPECT_EQUAL("RIP behind a stepped access", s->rip[i], behind[i]);
	}
	EXPECT_EQUAL("LVT timer read in a step", value, TIMER_VALUE);
	EXPECT_EQUAL("LVT timer written in a step", *reg, OTHER_VALUE | 0x10);
}

/* An interrupt waits while STI's shadow covers an access: it comes right behind the access. */
static void in_sti_shadow(void)
{
	struct cpu *cpu = this_cpu();
	volatile uint32_t *reg = apic_register(APIC_LVT_TIMER);
	uint32_t value = 0, before = cpu->ipis;
	uint64_t behind;

	*reg = TIMER_VALUE;
	apic_send(ICR_FIXED | ICR_ASSERT | VECTOR_IPI, cpu->apic_id);
	EXPECT(WAIT_FOR(apic_read(APIC_IRR + VECTOR_IPI / 32 * 16) & 1U << VECTOR_IPI % 32,
			LONG_US),
	       "an IPI to itself does not come");
	asm volatile("sti\n\tmovl %[reg], %[value]\n1:\tnop; nop; cli\n\tleaq 1b(%%rip), %[behind]"
		     : [value] "=&r"(value), [behind] "=r"(behind)
		     : [reg] "m"(*reg)
		     : "memory");
	EXPECT_EQUAL("interrupts behind STI", cpu->ipis, before + 1);
	EXPECT_EQUAL("RIP of the interrupt behind STI and an access", cpu->interrupted_rip, behind);
	EXPECT_EQUAL("LVT timer read in STI's shadow", value, TIMER_VALUE);
}

/* The same for an access in the shadow of MOV SS, with interrupts on. */
static void in_mov_ss_shadow(void)
{
	volatile uint32_t *reg = apic_register(APIC_LVT_TIMER);
	uint32_t value;

	*reg = OTHER_VALUE;
	asm volatile("movw %%ss, %%ax; movw %%ax, %%ss\n\tmovl %1, %0"
		     : "=r"(value)
		     : "m"(*reg)
		     : "rax");
	EXPECT_EQUAL("LVT timer read in MOV SS's shadow", value, OTHER_VALUE);
}

static void user_access(void)
{
	volatile uint32_t *reg = apic_register(APIC_LVT_TIMER);
	uint32_t value;

	asm volatile("movl %1, %0" : "=r"(value) : "m"(*reg));
	asm volatile("movl %1, %0" : "=m"(*reg) : "r"(value + 1));
}

static void at_cpl3(void)
{
	*apic_register(APIC_LVT_TIMER) = TIMER_VALUE;
	user_run(user_access);
	EXPECT_EQUAL("LVT timer written at CPL 3", *apic_register(APIC_LVT_TIMER), TIMER_VALUE + 1);
}

static uint8_t other_page[CPUS_MAX][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* The other operand's page comes in on demand, as in an operating system. */
static bool map_on_demand(struct frame *frame)
{
	struct cpu *cpu = this_cpu();
	struct seen *s = &seen[cpu->index];

	if (frame->vector != VECTOR_PF) {
		return false;
	}
	s->cr2 = READ_CR(2);
	s->rip[0] = frame->rip;
	s->faults++;
	window_map(cpu->index, (uint64_t)other_page[cpu->index] | PTE_P | PTE_W);
	return true;
}

static volatile uint32_t *unmapped_operand(struct cpu *cpu)
{
	seen[cpu->index].faults = 0;
	cpu->hook = map_on_demand;
	return (volatile uint32_t *)window_map(cpu->index, 0);
}

static void check_one_fault(volatile uint32_t *address, uint64_t rip)
{
	struct seen *s = &seen[this_cpu()->index];

	EXPECT_EQUAL("page faults", s->faults, 1);
	EXPECT_EQUAL("CR2", s->cr2, (uint64_t)address);
	EXPECT_EQUAL("RIP of the page fault", s->rip[0], rip);
	this_cpu()->hook = 0;
}

static void faulting_destination(void)
{
	volatile uint32_t *reg = apic_register(APIC_LVT_TIMER), *from = reg;
	volatile uint32_t *to = unmapped_operand(this_cpu()), *start = to;
	uint64_t rip;

	*reg = TIMER_VALUE;
	asm volatile("1:\tmovsl\n\tleaq 1b(%%rip), %2"
		     : "+S"(from), "+D"(to), "=r"(rip)
		     :
		     : "memory");
	check_one_fault(start, rip);
	EXPECT_EQUAL("what MOVSD read behind a page fault", *start, TIMER_VALUE);
	EXPECT_EQUAL("EDI behind MOVSD", (uint64_t)to, (uint64_t)(start + 1));
}

static void faulting_source(void)
{
	struct cpu *cpu = this_cpu();
	volatile uint32_t *reg = apic_register(APIC_LVT_TIMER), *to = reg;
	volatile uint32_t *from = unmapped_operand(cpu), *start = from;
	uint64_t rip;

	*reg = TIMER_VALUE;
	*(uint32_t *)other_page[cpu->index] = OTHER_VALUE;
	asm volatile("1:\tmovsl\n\tleaq 1b(%%rip), %2"
		     : "+S"(from), "+D"(to), "=r"(rip)
		     :
		     : "memory");
	check_one_fault(start, rip);
	EXPECT_EQUAL("what MOVSD wrote behind a page fault", *reg, OTHER_VALUE);
}

/* The page under another linear address, uncached. */
static void through_another_address(void)
{
	struct cpu *cpu = this_cpu();
	volatile uint8_t *page = window_map(cpu->index, APIC_PAGE | PTE_P | PTE_W | 0x18);
	volatile uint32_t *reg = (volatile uint32_t *)(page + APIC_LVT_TIMER);

	*reg = TIMER_VALUE;
	EXPECT_EQUAL("LVT timer at another address", *reg, TIMER_VALUE);
	EXPECT_EQUAL("LVT timer", *apic_register(APIC_LVT_TIMER), TIMER_VALUE);
	window_map(cpu->index, 0);
}

void apic_steps_here(void)
{
	single_stepped();
	in_sti_shadow();
	in_mov_ss_shadow();
	at_cpl3();
	faulting_destination();
	faulting_source();
	through_another_address();
	apic_write(APIC_LVT_TIMER, TIMER_VALUE);
}

void test_apic_steps(void)
{
	if (apic_x2()) {
		skip("the registers are no memory in x2APIC mode");
	}
	for (uint32_t i = 0; i < option_number("n", 20); i++) {
		announce_start();
		apic_steps_here();
	}
}

#define PERIOD 200000 /* at 1 GHz, as on the emulators: 200 us */

void apic_timer_here(unsigned count)
{
	struct cpu *cpu = this_cpu();
	volatile uint32_t *reg = apic_register(APIC_ICR_HIGH);
	uint32_t before = cpu->timers;

	apic_write(APIC_LVT_TIMER, LVT_PERIODIC | VECTOR_TIMER);
	apic_write(APIC_INITIAL_COUNT, PERIOD);
	irq_on();
	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = i << 24;

		*reg = value;
		EXPECT(*reg == value, "CPU %u: access %u under the timer is wrong", cpu->index, i);
	}
	EXPECT(WAIT_FOR(cpu->timers - before >= 10, LONG_US), "CPU %u: %u timer interrupts",
	       cpu->index, cpu->timers - before);
	irq_off();
	apic_write(APIC_INITIAL_COUNT, 0);
	apic_write(APIC_LVT_TIMER, TIMER_VALUE);
	EXPECT(!apic_read(APIC_ISR + VECTOR_TIMER / 32 * 16), "an interrupt is still in service");
}

void test_apic_timer(void)
{
	if (apic_x2()) {
		skip("the registers are no memory in x2APIC mode");
	}
	announce_start();
	apic_timer_here((unsigned)option_number("n", 10000));
	print("%u timer interrupts\n", this_cpu()->timers);
}
