/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/kick.h"

#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/cpu/time.h"
#include "arch/x86/vcpu/backend.h"
#include "arch/x86/vcpu/guest.h"
#include "phases/machine.h"
#include "phases/panic/panic.h"

/* On a loaded machine under an emulator an answer has taken 47 ms. */
#define ANSWER_MICROSECONDS 10000000
/* In a panic a CPU that does not answer is no surprise. */
#define STOP_MICROSECONDS 500000

static uint32_t lock_owner; /* a CPU's index + 1 */

void guest_lock(struct cpu *cpu)
{
	uint32_t nobody = 0;

	while (!__atomic_compare_exchange_n(&lock_owner, &nobody, cpu->index + 1, false,
					    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		nobody = 0;
		kick_relax();
	}
}

void guest_unlock(struct cpu *cpu)
{
	(void)cpu;
	__atomic_store_n(&lock_owner, 0, __ATOMIC_RELEASE);
}

void guest_lock_break(struct cpu *cpu)
{
	uint32_t me = cpu->index + 1;

	__atomic_compare_exchange_n(&lock_owner, &me, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static bool answered(const struct cpu *target, uint32_t mail)
{
	return !(__atomic_load_n(&target->vcpu.mailbox, __ATOMIC_ACQUIRE) & mail) ||
	       !__atomic_load_n(&target->vcpu.runs, __ATOMIC_RELAXED);
}

/*
 * An NMI that is still on its way makes the target look into its mailbox as well: no second one is
 * sent, which would merge with it and be missing in the count for good. The fence is against the
 * target's: it counts the NMI, then reads the mailbox.
 */
static void kick_send(struct cpu *target, uint32_t mail)
{
	struct vcpu *vcpu = &target->vcpu;

	__atomic_fetch_or(&vcpu->mailbox, mail, __ATOMIC_SEQ_CST);
	uint32_t taken = __atomic_load_n(&vcpu->nmis_taken, __ATOMIC_SEQ_CST);
	uint32_t ours = taken - __atomic_load_n(&vcpu->nmis_of_guest, __ATOMIC_SEQ_CST);

	if ((int32_t)(__atomic_load_n(&vcpu->kicks_sent, __ATOMIC_SEQ_CST) - ours) <= 0) {
		__atomic_fetch_add(&vcpu->kicks_sent, 1, __ATOMIC_SEQ_CST);
		apic_send(target->apic_id, ICR_DELIVERY_NMI | ICR_ASSERT);
	}
}

void kick_self(struct cpu *cpu)
{
	kick_send(cpu, 0);
}

static void kick_send_others(struct cpu *cpu, uint32_t mail)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* what changed before: see kick_ready() */
	for (unsigned i = 0; i < cpu_count; i++) {
		if (i != cpu->index && __atomic_load_n(&cpus[i]->vcpu.runs, __ATOMIC_ACQUIRE)) {
			kick_send(cpus[i], mail);
		}
	}
}

/* Waits for one CPU's answer until that many ticks have passed since `start`. */
static bool kick_wait(const struct cpu *target, uint32_t mail, uint64_t start, uint64_t ticks)
{
	while (!answered(target, mail)) {
		if (rdtsc() - start > ticks) {
			return false;
		}
		kick_relax();
	}
	return true;
}

void kick_others(struct cpu *cpu, uint32_t mail)
{
	uint64_t start = rdtsc();

	kick_send_others(cpu, mail);
	for (unsigned i = 0; i < cpu_count; i++) {
		if (i != cpu->index &&
		    !kick_wait(cpus[i], mail, start, time_ticks(ANSWER_MICROSECONDS))) {
			panic("CPU %u does not answer a kick", i);
		}
	}
}

void kick_stop_others(struct cpu *cpu)
{
	uint64_t start = rdtsc();

	__atomic_store_n(&cpu->vcpu.mailbox, 0, __ATOMIC_RELAXED);
	kick_send_others(cpu, MAIL_STOP);
	for (unsigned i = 0; i < cpu_count; i++) {
		if (i != cpu->index) {
			kick_wait(cpus[i], MAIL_STOP, start, time_ticks(STOP_MICROSECONDS));
		}
	}
}

void kick_logical_id(struct cpu *cpu)
{
	cpu->vcpu.logical_id = apic_read(APIC_LDR);
	cpu->vcpu.logical_format = apic_is_x2apic() ? 0 : apic_read(APIC_DFR);
}

void kick_answer(struct cpu *cpu)
{
	uint32_t mail = __atomic_load_n(&cpu->vcpu.mailbox, __ATOMIC_ACQUIRE);

	if (mail & MAIL_STOP) {
		/* Taken out last: the answer says that this CPU's log and state are at rest. */
		__atomic_store_n(&cpu->vcpu.mailbox, 0, __ATOMIC_RELEASE);
		machine_halt();
	}
	if (mail & MAIL_FLUSH) {
		guest_flush(cpu);
	}
	if (mail & MAIL_LOGICAL) {
		kick_logical_id(cpu);
	}
	__atomic_fetch_and(&cpu->vcpu.mailbox, ~mail, __ATOMIC_RELEASE);
}

bool kick_was_guests(struct cpu *cpu)
{
	struct vcpu *vcpu = &cpu->vcpu;

	kick_answer(cpu);
	/*
	 * One kick is under way to a CPU at a time, and is counted before it is sent: NMIs taken
	 * beyond that count are the guest's. One that arrives together with a kick merges with it
	 * in the CPU's one latch, as two NMIs do.
	 */
	uint32_t over = vcpu->nmis_taken - __atomic_load_n(&vcpu->kicks_sent, __ATOMIC_ACQUIRE);

	if ((int32_t)(over - vcpu->nmis_of_guest) <= 0) {
		return false;
	}
	vcpu->nmis_of_guest = over;
	return true;
}

void kick_unready(struct cpu *cpu)
{
	struct vcpu *vcpu = &cpu->vcpu;

	__atomic_store_n(&vcpu->runs, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vcpu->mailbox, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->kicks_sent, 0, __ATOMIC_RELAXED);
	vcpu->nmis_taken = 0;
	vcpu->nmis_of_guest = 0;
}

/* The tables are walked after `runs` is set, and it is read after they are changed. */
void kick_ready(struct cpu *cpu)
{
	__atomic_store_n(&cpu->vcpu.runs, true, __ATOMIC_SEQ_CST);
	guest_flush(cpu);
	if (kick_was_guests(cpu)) {
		guest_nmi_taken(cpu, true);
	}
}

void kick_relax(void)
{
	struct cpu *cpu = this_cpu();

	kick_answer(cpu);
	if (__atomic_load_n(&cpu->vcpu.waits, __ATOMIC_ACQUIRE)) {
		/* This CPU has got INIT: held back, it would make the start-up IPI be dropped. */
		backend_take_nmi();
	}
	cpu_pause();
}

void machine_relax(void)
{
	cpu_pause();
}
