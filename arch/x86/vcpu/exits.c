/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/exits.h"

#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/vcpu/backend.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/ipi.h"
#include "arch/x86/vcpu/kick.h"
#include "arch/x86/vcpu/memory.h"
#include "arch/x86/vcpu/msr.h"
#include "phases/log/log.h"
#include "phases/machine.h"
#include "phases/panic/panic.h"

static void exit_unknown(struct cpu *cpu, const struct vcpu_exit *exit)
{
	panic("CPU %u left the guest and nobody knows why: exit code %#llx at guest rip %#llx",
	      cpu->index, (unsigned long long)exit->code,
	      (unsigned long long)cpu->vcpu.last_rip);
}

static void exit_nmi(struct cpu *cpu, const struct vcpu_exit *exit)
{
	(void)exit;
	backend_take_nmi();
	guest_nmi_taken(cpu, kick_was_guests(cpu));
}

static void exit_hidden(struct cpu *cpu, const struct vcpu_exit *exit)
{
	(void)exit;
	guest_inject_exception(cpu, VECTOR_UD);
}

static void exit_cache(struct cpu *cpu, const struct vcpu_exit *exit)
{
	(void)exit;
	__asm__ volatile("wbinvd" : : : "memory");
	guest_skip_instruction(cpu);
}

static void exit_shutdown(struct cpu *cpu, const struct vcpu_exit *exit)
{
	(void)exit;
	log_print(LOG_WARNING, "triple fault of the guest on CPU %u: reset", cpu->index);
	log_flush();
	machine_reset();
}

static void exit_init(struct cpu *cpu, const struct vcpu_exit *exit)
{
	(void)exit;
	ipi_init_arrived(cpu);
	backend_take_init();
}

void (*const exit_handlers[EXIT_KINDS])(struct cpu *, const struct vcpu_exit *) = {
	[EXIT_UNKNOWN] = exit_unknown,
	[EXIT_NMI] = exit_nmi,
	[EXIT_MSR] = msr_exit,
	[EXIT_NESTED_FAULT] = memory_fault,
	[EXIT_HIDDEN] = exit_hidden,
	[EXIT_SHUTDOWN] = exit_shutdown,
	[EXIT_INIT] = exit_init,
	[EXIT_STEP] = guest_step_ended,
	[EXIT_NMI_RETURN] = guest_nmi_returns,
	[EXIT_BAD_STATE] = guest_bad_state,
	[EXIT_CACHE] = exit_cache,
};
