/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of code with instructions that no program may use: RDMSR, WRMSR and VMSAVE are caught
 * where they fault, and done here. And the GS base, by which a CPU finds its record.
 */
#ifndef HARNESS_TESTS_HOST_PRIVILEGED_H
#define HARNESS_TESTS_HOST_PRIVILEGED_H

#ifndef _GNU_SOURCE
#error "define _GNU_SOURCE before the first header: the names of registers need it"
#endif

#include <asm/prctl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "harness/tests/host/check.h"

/* The registers that a test knows; others must not be touched. */
static struct privileged_msr {
	uint32_t number;
	uint64_t value;
} privileged_msrs[8];
static unsigned privileged_vmsaves;

static uint64_t *privileged_msr(uint32_t number)
{
	for (unsigned i = 0; i < sizeof(privileged_msrs) / sizeof(privileged_msrs[0]); i++) {
		if (privileged_msrs[i].number == number) {
			return &privileged_msrs[i].value;
		}
	}
	CHECK(!"an MSR that the test knows");
	return NULL;
}

static void privileged_fault(int signal, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *code = (const uint8_t *)registers[REG_RIP];
	uint64_t high = (uint64_t)registers[REG_RDX] << 32;

	(void)signal;
	(void)info;
	if (!memcmp(code, "\x0f\x32", 2)) {
		uint64_t value = *privileged_msr((uint32_t)registers[REG_RCX]);

		registers[REG_RAX] = (uint32_t)value;
		registers[REG_RDX] = value >> 32;
		registers[REG_RIP] += 2;
	} else if (!memcmp(code, "\x0f\x30", 2)) {
		*privileged_msr((uint32_t)registers[REG_RCX]) = high | (uint32_t)registers[REG_RAX];
		registers[REG_RIP] += 2;
	} else {
		CHECK(!memcmp(code, "\x0f\x01\xdb", 3));
		privileged_vmsaves++;
		registers[REG_RIP] += 3;
	}
}

/* From here on; `record` is what GS points to. */
static void privileged_begin(const void *record)
{
	struct sigaction action = { .sa_sigaction = privileged_fault, .sa_flags = SA_SIGINFO };

	CHECK(!sigaction(SIGSEGV, &action, NULL) && !sigaction(SIGILL, &action, NULL));
	CHECK(!syscall(SYS_arch_prctl, ARCH_SET_GS, record));
}

#endif
