/* SPDX-License-Identifier: BSD-2-Clause */
/* Each kind of access to the local APIC's page has the result that it must have. */
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/cpu.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/smp.h"
#include "harness/guests/tiny/tests/apic_accesses.h"
#include "harness/guests/tiny/tests/tests.h"

/* Registers that do nothing by themselves, with values all of whose combinations they can hold. */
static const struct {
	unsigned reg;
	uint32_t a, b;
} registers[] = {
	{ APIC_ICR_HIGH, 0x11000000, 0x22000000 },
	{ APIC_LVT_TIMER, LVT_MASKED | 0x40, LVT_MASKED | 0x82 },
	{ APIC_INITIAL_COUNT, 0x11111111, 0x22222222 },
	{ APIC_LVT_ERROR, LVT_MASKED | 0x41, LVT_MASKED | 0x90 },
	{ APIC_TPR, 0x10, 0x20 },
};

static void run_form(unsigned form, unsigned i)
{
	struct access x = { apic_register(registers[i].reg),
			    registers[i].a,
			    registers[i].b,
			    registers[i].a,
			    0,
			    0 };
	uint32_t after;

	*x.reg = x.a;
	forms[form].run(&x);
	after = *x.reg;
	EXPECT(x.got == x.got_want, "CPU %u: %s of register %x gives %x, not %x", this_cpu()->index,
	       forms[form].name, registers[i].reg, x.got, x.got_want);
	/* bit 17 is the timer's mode; the others' LVTs have none */
	EXPECT(((after ^ x.want) & ~LVT_PERIODIC) == 0,
	       "CPU %u: %s leaves %x in register %x, not %x", this_cpu()->index, forms[form].name,
	       after, registers[i].reg, x.want);
}

/* Accesses with an address in the instruction: the timer's LVT. */
static void absolute_forms(void)
{
	volatile uint32_t *reg = apic_register(APIC_LVT_TIMER);
	uint32_t value;

	*reg = 0x10040;
	asm volatile("movabsl 0xfee00320, %0" : "=a"(value));
	EXPECT_EQUAL("LVT timer read by MOV moffs", value, 0x10040);
	asm volatile("movabsl %0, 0xfee00320" : : "a"(0x10082));
	EXPECT_EQUAL("LVT timer written by MOV moffs", *reg, 0x10082);
	asm volatile("movl $0x10055, %0" : "=m"(*reg));
	EXPECT_EQUAL("LVT timer written by MOV immediate", *reg, 0x10055);
}

/* What the manuals leave open may not crash or hurt what is near. */
static void odd_sizes(void)
{
	volatile uint32_t *reg = apic_register(APIC_ICR_HIGH);
	volatile uint8_t *bytes = (volatile uint8_t *)reg;
	uint32_t after, word;
	uint16_t stack_segment;

	*reg = 0x11000000;
	print("CPU %u: byte at +3 reads %x", this_cpu()->index, bytes[3]);
	bytes[3] = 0x22;
	after = *reg;
	print(", written: %x", after);
	EXPECT(after == 0x11000000 || after == 0x22000000 || after == 0x22, "byte write leaves %x",
	       after);
	*apic_register(APIC_TPR) = 0;
	asm volatile("movw %%ss, %0; movw %1, %%ss; nop; movw %0, %%ss"
		     : "=&r"(stack_segment)
		     : "m"(*apic_register(APIC_TPR)));
	asm volatile("movl %1, %0" : "=r"(word) : "m"(*(volatile uint32_t *)(APIC_PAGE + 0xffe)));
	print(", straddling its end: %x", word);
	asm volatile("movl %1, %0" : "=r"(word) : "m"(*(volatile uint32_t *)(APIC_PAGE - 2)));
	print(", its start: %x\n", word);
}

void apic_forms_here(void)
{
	for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		for (unsigned form = 0; form < form_count; form++) {
			run_form(form, i);
		}
		*apic_register(registers[i].reg) = registers[i].reg == APIC_TPR ? 0 : LVT_MASKED;
	}
	*apic_register(APIC_INITIAL_COUNT) = 0;
	absolute_forms();
}

void test_apic_forms(void)
{
	if (apic_x2()) {
		skip("the registers are no memory in x2APIC mode");
	}
	for (uint32_t i = 0; i < option_number("n", 5); i++) {
		announce_start();
		apic_forms_here();
	}
	odd_sizes();
	apic_forms_here();
}

void announce_start(void)
{
	warm_reset_set(0);
	warm_reset_clear();
}

void on_all_cpus(void (*f)(void))
{
	uint32_t before[CPUS_MAX];

	FOR_EACH_AP (cpu) {
		before[cpu->index] = cpu->calls;
		cpu->call = f;
		cpu_start(cpu, JOB_CALL, &(struct start){ .delay_us = 1000, .twice = true });
	}
	f();
	FOR_EACH_AP (cpu) {
		EXPECT(WAIT_FOR(cpu->calls == before[cpu->index] + 1, LONG_US),
		       "CPU %u does not end its work", cpu->index);
	}
}

static void everything(void)
{
	for (int i = 0; i < 10; i++) {
		apic_forms_here();
		apic_steps_here();
	}
	apic_timer_here(1000);
}

void test_apic_all_cpus(void)
{
	need_cpus(2);
	if (apic_x2()) {
		skip("the registers are no memory in x2APIC mode");
	}
	announce_start();
	on_all_cpus(everything);
}
