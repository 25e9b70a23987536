/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/entry/journey.h"

#include "arch/x86/cpu/descriptors.h"
#include "arch/x86/cpu/image.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/vcpu/kick.h"
#include "arch/x86/vcpu/run.h"
#include "config/BOOT_SUMMARY.h"
#include "config/PANIC_REBOOT.h"
#include "phases/log/console.h"
#include "phases/log/log.h"
#include "phases/machine.h"
#include "phases/phase.h"
#include "phases/runner.h"

INIT_BSS uint64_t image_load_address;

/* The bring-up has stepped back. */
static INIT_TEXT void __attribute__((noreturn)) give_up(void)
{
	log_print(LOG_ERROR, "the guest was not started: %s", runner_failure());
	log_flush();
	if (CONFIG_PANIC_REBOOT) {
		machine_reset();
	}
	machine_halt();
}

INIT_TEXT void journey_bsp(uint32_t load_address)
{
	image_load_address = load_address;
	percpu_load(cpus[0]);
	if (!runner_run()) {
		give_up();
	}
	if (CONFIG_BOOT_SUMMARY) {
		runner_summary();
	}
	log_print(LOG_NOTICE, "the guest starts %llu us after our first instruction",
		  (unsigned long long)((machine_ticks() - entry_ticks) * 1000 /
				       machine_ticks_per_ms()));
	console_guest_starts();
	vcpu_run_boot();
}

void journey_ap(struct cpu *cpu)
{
	percpu_load(cpu);
	TRAIL_STEP(&cpu->trail, ap_tables);
	descriptors_load(&cpu->tables);
	uint32_t token = __atomic_load_n(&cpu->start.token, __ATOMIC_ACQUIRE);

	/* It may come here by an INIT that nobody of us saw. */
	kick_unready(cpu);
	__atomic_store_n(&cpu->start.arrived, token, __ATOMIC_RELEASE);
	if (!cpu->brought_up) {
		cpu->brought_up = true;
		if (!runner_run()) {
			machine_halt();
		}
		vcpu_hold();
	}
	guest_lock_break(cpu);
	log_cpu_restarts(cpu->index);
	if (!runner_again()) {
		machine_halt();
	}
	vcpu_run_started();
}
