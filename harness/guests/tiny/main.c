/* SPDX-License-Identifier: BSD-2-Clause */
/* The tiny guest: brings itself up, runs the test that `test=NAME` on its command line names. */
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/smp.h"
#include "harness/guests/tiny/tests/tests.h"

#define ZERO_PAGE_RSDP     0x70
#define ZERO_PAGE_CMD_LINE 0x228
#define PIC1_DATA          0x21
#define PIC2_DATA          0xa1

extern uint64_t first_tsc;

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "hello", test_hello },
	{ "cpus", test_cpus },
	{ "twice", test_twice },
	{ "broadcast", test_broadcast },
	{ "logical", test_logical },
	{ "restart", test_restart },
	{ "sipi_running", test_sipi_running },
	{ "init_twice", test_init_twice },
	{ "stop", test_stop },
	{ "linux_like", test_linux_like },
	{ "late", test_late },
	{ "ipi", test_ipi },
	{ "nmi", test_nmi },
	{ "nmi_nested", test_nmi_nested },
	{ "nmi_self", test_nmi_self },
	{ "reset_init", test_reset_init },
	{ "reset_triple", test_reset_triple },
	{ "reset_keyboard", test_reset_keyboard },
	{ "reset_cf9", test_reset_cf9 },
	{ "efer", test_efer },
	{ "msr", test_msr },
	{ "msr_step", test_msr_step },
	{ "x2apic_icr", test_x2apic_icr },
	{ "svm", test_svm },
	{ "apic_forms", test_apic_forms },
	{ "apic_steps", test_apic_steps },
	{ "apic_timer", test_apic_timer },
	{ "apic_all_cpus", test_apic_all_cpus },
	{ "block", test_block },
	{ "block_all_cpus", test_block_all_cpus },
	{ "memory", test_memory },
	{ "modes", test_modes },
	{ "ticks", test_ticks },
};

static const struct test *find_test(const char *name)
{
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (same_text(name, tests[i].name)) {
			test_name = tests[i].name;
			return &tests[i];
		}
	}
	fail("there is no test %s", name);
}

void guest_main(const uint8_t *zero_page);
void guest_main(const uint8_t *zero_page)
{
	uint32_t command_line = *(const uint32_t *)(zero_page + ZERO_PAGE_CMD_LINE);
	const struct test *test;

	serial_init();
	options_init((const char *)(uint64_t)command_line);
	test = find_test(option_text("test", "hello"));
	memory_init(zero_page);
	outb(PIC1_DATA, 0xff);
	outb(PIC2_DATA, 0xff);
	cpu_init(0);
	clock_init();
	smp_init(*(const uint64_t *)(zero_page + ZERO_PAGE_RSDP));
	print("\nTSC first=%lu\nCPUS %u\nTEST %s\n", first_tsc, cpu_count, test->name);
	test->run();
	pass();
}
