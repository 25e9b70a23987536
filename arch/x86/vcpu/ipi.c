/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/ipi.h"

#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/vcpu/apic_watch.h"
#include "arch/x86/vcpu/kick.h"
#include "phases/log/log.h"
#include "phases/machine.h"

#define START_MICROSECONDS 1000000

/* The command as the guest gave it. In xAPIC mode its high half is in the register already. */
static void pass_on(const struct icr_command *command)
{
	if (command->x2apic) {
		wrmsr(MSR_X2APIC_ICR, (uint64_t)command->destination << 32 | command->low);
	} else {
		apic_write(APIC_ICR_LOW, command->low);
	}
}

static bool names(const struct icr_command *command, const struct cpu *sender,
		  const struct cpu *target)
{
	struct icr_cpu view = {
		.apic_id = target->apic_id,
		.ldr = target->vcpu.logical_id,
		.dfr = target->vcpu.logical_format,
		.sender = target == sender,
	};

	return icr_names(command, &view);
}

/* A CPU that waits for a start-up IPI has the logical id 0, as INIT left it. */
static void learn_logical_ids(struct cpu *cpu)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		cpus[i]->vcpu.logical_id = 0;
		cpus[i]->vcpu.logical_format = 0xffffffff;
	}
	kick_others(cpu, MAIL_LOGICAL);
	kick_logical_id(cpu);
}

static void mark_waiting(struct cpu *target)
{
	static uint32_t last;
	uint32_t number;

	do {
		number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
	} while (number == 0);
	__atomic_store_n(&target->vcpu.runs, false, __ATOMIC_RELAXED);
	__atomic_store_n(&target->vcpu.waits, number, __ATOMIC_RELEASE);
}

static void send_init(struct cpu *cpu, const struct icr_command *command)
{
	bool self = false;

	apic_watch_sign();
	for (unsigned i = 0; i < cpu_count; i++) {
		if (!names(command, cpu, cpus[i])) {
			continue;
		}
		if (i == 0) {
			/* INIT makes the boot processor fetch firmware: the machine starts anew. */
			log_print(LOG_WARNING, "the guest sent INIT to the boot processor: reset");
			machine_reset();
		}
		self |= cpus[i] == cpu;
		mark_waiting(cpus[i]);
	}
	if (self) {
		/* It takes effect when the guest is entered again, or sooner: nothing may be held. */
		guest_unlock(cpu);
		pass_on(command);
		guest_lock(cpu);
		return;
	}
	pass_on(command);
}

static void send_startup(struct cpu *cpu, const struct icr_command *command)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *target = cpus[i];
		uint32_t waits = __atomic_load_n(&target->vcpu.waits, __ATOMIC_ACQUIRE);

		if (waits == 0 || !names(command, cpu, target)) {
			continue; /* one that runs ignores it */
		}
		target->vcpu.start_vector = command->low & ICR_VECTOR;
		if (!cpu_start(target, waits, START_MICROSECONDS, kick_relax)) {
			log_print(LOG_ERROR, "CPU %u does not come at a start-up IPI", i);
			continue;
		}
		__atomic_compare_exchange_n(&target->vcpu.waits, &waits, 0, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED);
	}
	apic_watch_sign();
}

/* A processor that waits for a start-up IPI keeps an NMI; nothing of ours may run on it meanwhile. */
static void send_nmi(struct cpu *cpu, const struct icr_command *command)
{
	if (!ipi_anyone_waits()) {
		pass_on(command);
		return;
	}
	for (unsigned i = 0; i < cpu_count; i++) {
		if (names(command, cpu, cpus[i]) &&
		    !__atomic_load_n(&cpus[i]->vcpu.waits, __ATOMIC_ACQUIRE)) {
			apic_send(cpus[i]->apic_id, ICR_DELIVERY_NMI | ICR_ASSERT);
		}
	}
}

void ipi_send(struct cpu *cpu, const struct icr_command *command)
{
	uint32_t delivery = command->low & ICR_DELIVERY;
	bool deassert = command->low & ICR_LEVEL && !(command->low & ICR_ASSERT);
	bool ours = (delivery == ICR_DELIVERY_INIT && !deassert) ||
		    delivery == ICR_DELIVERY_STARTUP || delivery == ICR_DELIVERY_NMI;

	if (!ours) {
		pass_on(command);
		return;
	}
	guest_lock(cpu);
	/* An NMI that is passed on as it is needs no answer to whom. */
	if (icr_is_logical(command) && !command->x2apic &&
	    (delivery != ICR_DELIVERY_NMI || ipi_anyone_waits())) {
		learn_logical_ids(cpu);
	}
	if (delivery == ICR_DELIVERY_INIT) {
		send_init(cpu, command);
	} else if (delivery == ICR_DELIVERY_STARTUP) {
		send_startup(cpu, command);
	} else {
		send_nmi(cpu, command);
	}
	guest_unlock(cpu);
}

bool ipi_anyone_waits(void)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		if (__atomic_load_n(&cpus[i]->vcpu.waits, __ATOMIC_ACQUIRE)) {
			return true;
		}
	}
	return false;
}

void ipi_init_arrived(struct cpu *cpu)
{
	if (cpu->index == 0) {
		log_print(LOG_WARNING, "the boot processor got INIT: reset");
		machine_reset();
	}
	if (__atomic_load_n(&cpu->vcpu.waits, __ATOMIC_ACQUIRE)) {
		return; /* it was seen: who sent it waits for this CPU to take it */
	}
	guest_lock(cpu);
	mark_waiting(cpu);
	apic_watch_arm(cpu);
	guest_unlock(cpu);
}
