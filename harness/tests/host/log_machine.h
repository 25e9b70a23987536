/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of the log and the runner: a machine whose CPUs are threads and whose time is at hand. */
#ifndef HARNESS_TESTS_HOST_LOG_MACHINE_H
#define HARNESS_TESTS_HOST_LOG_MACHINE_H

#include <sched.h>
#include <stdlib.h>

#include "phases/log/log.h"
#include "phases/machine.h"

const char build_id[] = "0123456789abcdef";

static __thread unsigned host_cpu;
static uint64_t host_ticks, host_ticks_per_ms;

unsigned machine_cpu(void)
{
	return host_cpu;
}

uint64_t machine_ticks(void)
{
	return __atomic_add_fetch(&host_ticks, 1, __ATOMIC_RELAXED);
}

uint64_t machine_ticks_per_ms(void)
{
	return host_ticks_per_ms;
}

void machine_halt(void)
{
	exit(3);
}

void machine_reset(void)
{
	exit(4);
}

#endif
