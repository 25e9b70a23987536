/* SPDX-License-Identifier: BSD-2-Clause */
/* What a panic says of the CPUs: the steps of this one, and the last exits of all; others are stopped. */
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/vcpu/kick.h"
#include "phases/log/format.h"
#include "phases/log/log.h"
#include "phases/panic/panic.h"
#include "phases/runner.h"

static void print_trail(const struct cpu *cpu)
{
	char text[LOG_LINE + 1] = "";
	size_t length = 0;

	for (unsigned i = 0; i < cpu->trail.count && i < TRAIL_STEPS && length < sizeof(text); i++) {
		uint8_t step = cpu->trail.steps[i];

		length += format_text(text + length, sizeof(text) - length, " %s",
				      step <= runner_step_count ? runner_step_names[step] : "?");
	}
	panic_print("CPU %u has taken the steps%s", cpu->index, text);
}

void panic_other_cpus(void)
{
	struct cpu *cpu = this_cpu();

	kick_stop_others(cpu);
	print_trail(cpu);
	for (unsigned i = 0; i < cpu_count; i++) {
		const struct vcpu *vcpu = &cpus[i]->vcpu;
		uint64_t exits = 0;

		for (unsigned kind = 0; kind < EXIT_KINDS; kind++) {
			exits += vcpu->exits[kind];
		}
		if (exits == 0) {
			panic_print("CPU %u: no exit yet%s", i,
				    vcpu->runs ? ", the guest runs" : "");
		} else {
			panic_print("CPU %u: %llu exits, the last: code %#llx at guest rip %#llx%s", i,
				    (unsigned long long)exits, (unsigned long long)vcpu->last_code,
				    (unsigned long long)vcpu->last_rip,
				    vcpu->waits ? ", waits for a start-up IPI" : "");
		}
	}
}
