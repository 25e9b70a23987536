/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to reset the machine. The emulator ends (-no-reboot) or shows the firmware's start. */
#include "harness/guests/tiny/lib/apic.h"
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/smp.h"
#include "harness/guests/tiny/tests/tests.h"

#define RESET_US         5000000
#define KEYBOARD_COMMAND 0x64
#define PULSE_RESET      0xfe
#define CF9              0xcf9

static void expect_reset(void)
{
	print("RESET expected\n");
}

static void still_here(void)
{
	delay_us(RESET_US);
	fail("the machine goes on");
}

static void init_to_bsp(void)
{
	apic_send(ICR_INIT | ICR_ASSERT, cpus[0].apic_id);
}

void test_reset_init(void)
{
	need_cpus(2);
	cpu_start(&cpus[1], JOB_CLI_HLT, &(struct start){ .delay_us = 1000 });
	expect_reset();
	cpu_call(&cpus[1], init_to_bsp);
	still_here();
}

void test_reset_triple(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) empty;

	expect_reset();
	asm volatile("lidt %0; ud2" : : "m"(empty));
	still_here();
}

void test_reset_keyboard(void)
{
	expect_reset();
	outb(KEYBOARD_COMMAND, PULSE_RESET);
	still_here();
}

void test_reset_cf9(void)
{
	expect_reset();
	outb(CF9, 2);
	outb(CF9, 6);
	still_here();
}
