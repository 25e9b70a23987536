/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/run.h"

#include "arch/x86/cpu/host_tables.h"
#include "arch/x86/cpu/image.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/vcpu/backend.h"
#include "arch/x86/vcpu/kick.h"
#include "arch/x86/vcpu/start.h"
#include "phases/phase.h"

STEP(guest_entry_bsp, bsp, "64-bit", "own stack, empty",
     "after all stages: holds back NMIs, and enters the guest from the top of the CPU's own stack");
STEP_NEEDS(guest_entry_bsp, image_jump, "until then the CPU runs on the boot stack");
STEP(guest_entry_ap, aps, "64-bit", "own stack, empty",
     "after its stages and the guest's start-up IPI: as on the boot processor");
STEP_NEEDS(guest_entry_ap, ap_tables, "what goes wrong on the way is handled");

static void __attribute__((noreturn)) enter_guest(void)
{
	struct cpu *cpu = this_cpu();

	kick_ready(cpu);
	backend_run(cpu);
}

/* Leaves the stack of the bring-up for an empty one, where every exit begins. */
static void __attribute__((noreturn)) on_own_stack(void (*function)(void))
{
	__asm__ volatile("mov %0, %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call *%1\n\t"
			 "ud2"
			 :
			 : "r"(this_cpu()->stack_top), "r"(function)
			 : "memory");
	__builtin_unreachable();
}

/*
 * The boot processor's first entry: what ran once goes, with the stack that it ran on. The runner has
 * seen every other CPU leave it.
 */
static void __attribute__((noreturn)) enter_first(void)
{
	host_tables_discard(init_text_begin, init_text_end);
	host_tables_discard(init_rodata_begin, init_rodata_end);
	host_tables_discard(init_data_begin, init_data_end);
	enter_guest();
}

INIT_TEXT void vcpu_run_boot(void)
{
	TRAIL_STEP(&this_cpu()->trail, guest_entry_bsp);
	backend_hold_nmis();
	backend_set_start(this_cpu(), &guest_start);
	on_own_stack(enter_first);
}

void vcpu_run_started(void)
{
	struct cpu *cpu = this_cpu();

	TRAIL_STEP(&cpu->trail, guest_entry_ap);
	backend_hold_nmis();
	backend_set_startup(cpu, cpu->vcpu.start_vector);
	on_own_stack(enter_guest);
}

/* With NMIs let in: a processor that holds them back holds INIT back as well. */
void vcpu_hold(void)
{
	for (;;) {
		__asm__ volatile("hlt");
	}
}
