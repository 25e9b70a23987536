/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/apic_watch.h"

#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/physical.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/cpu/time.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/ipi.h"
#include "arch/x86/vcpu/kick.h"
#include "arch/x86/vcpu/memory.h"
#include "config/SVM_SIPI_WATCH_ALWAYS.h"
#include "phases/log/log.h"
#include "phases/machine.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

PHASE(apic_watch, guest, apic_watch_init, .vital = true,
      .does = "turns on the watch over the guest's start-up IPIs, before its first instruction");
PHASE_NEEDS(apic_watch, nested_paging, "the APIC's page is taken out of the nested tables");
PHASE_NEEDS(apic_watch, local_apic, "the page's address is the local APIC's");
PHASE_NEEDS(apic_watch, msr_exits, "in x2APIC mode the command register is an MSR");
PHASE_NEEDS(apic_watch, tsc_calibration, "how long the watch stays on is counted in its ticks");

/*
 * How long the watch stays on after the last sign that CPUs are started; and for how long while the
 * warm-reset vector says that one is about to be: operating systems clear it when the CPU has come.
 */
#define STAY_MICROSECONDS 200000
#define STAY_ANNOUNCED_MICROSECONDS 10000000
#define WARM_RESET_VECTOR 0x467

#define REGISTER_SIZE 16u /* an APIC register takes 16 bytes, of which the first 4 mean something */

static bool watching;
static bool page0_open; /* to every CPU: see apic_watch_page0() */
static uint64_t last_sign;
static int64_t stay_ticks;

static volatile uint32_t *register_at(uint32_t offset)
{
	return (volatile uint32_t *)(APIC_WINDOW + (offset & ~(REGISTER_SIZE - 1)));
}

static void set_watching(bool on)
{
	watching = on;
	memory_set_apic_page(!on);
	guest_watch_msr(MSR_X2APIC_ICR, false, on);
}

static enum phase_result apic_watch_init(void)
{
	stay_ticks = (int64_t)time_ticks(STAY_MICROSECONDS);
	apic_watch_sign();
	set_watching(true);
	/* A watch that never goes off needs no sign. */
	memory_set_page0_writable(CONFIG_SVM_SIPI_WATCH_ALWAYS);
	return PHASE_DONE;
}

void apic_watch_sign(void)
{
	last_sign = machine_ticks();
}

/*
 * Turns the watch on for this CPU: another may have turned it on before, and this one still have the
 * APIC's page in its caches.
 */
static void arm_here(struct cpu *cpu)
{
	apic_watch_sign();
	if (!watching) {
		set_watching(true);
	}
	guest_flush(cpu);
}

void apic_watch_arm(struct cpu *cpu)
{
	arm_here(cpu);
	kick_others(cpu, MAIL_FLUSH);
}

static bool is_announced(void)
{
	uint32_t vector;

	memcpy(&vector, physical_window(WINDOW_GUEST_TABLE, WARM_RESET_VECTOR), sizeof(vector));
	return vector;
}

/* Signed: another CPU's time-stamp counter may be ahead of this one's. */
static bool is_over(void)
{
	int64_t passed = (int64_t)(machine_ticks() - last_sign);

	return !ipi_anyone_waits() && passed >= stay_ticks &&
	       (!is_announced() || passed >= (int64_t)time_ticks(STAY_ANNOUNCED_MICROSECONDS));
}

/* Page 0 is closed on every CPU before the APIC's page opens on any. */
static RARE void disarm(struct cpu *cpu)
{
	guest_lock(cpu);
	if (watching && is_over()) {
		if (page0_open) {
			page0_open = false;
			memory_set_page0_writable(false);
			guest_flush(cpu);
			kick_others(cpu, MAIL_FLUSH);
		}
		set_watching(!is_over());
	}
	guest_unlock(cpu);
}

/* At an access while the watch is on: is it still worth it? */
static void disarm_if_over(struct cpu *cpu)
{
	if (!CONFIG_SVM_SIPI_WATCH_ALWAYS && (int64_t)(rdtsc() - last_sign) >= stay_ticks &&
	    !ipi_anyone_waits()) {
		disarm(cpu);
	}
}

/*
 * The write is the sign; it is let happen for this CPU alone. The others are not kicked: a kick wakes
 * a CPU that halts for good, and after kexec the code around its HLT is no longer there. So the CPU
 * that gives the sign is the one that is trusted to send INIT.
 */
void apic_watch_page0(struct cpu *cpu, const struct vcpu_exit *exit)
{
	guest_lock(cpu);
	arm_here(cpu);
	if (exit->delivering) {
		/* The frame of an interrupt: nothing to step. Page 0 is open until the watch goes off. */
		page0_open = true;
		memory_set_page0_writable(true);
		guest_flush(cpu);
	} else {
		guest_step_on_page0(cpu);
	}
	guest_unlock(cpu);
}

/*
 * What a read will find: the register in its place, zeroes behind it. EOI is write-only: reading
 * it is an error that the APIC would report to the guest.
 */
static void fill(struct vcpu *vcpu, uint32_t offset)
{
	uint64_t *scratch = &vcpu->apic_access.scratch[(size_t)offset / REGISTER_SIZE * 2];

	scratch[0] = offset / REGISTER_SIZE == APIC_EOI / REGISTER_SIZE ? 0 : *register_at(offset);
	scratch[1] = 0;
}

void apic_watch_fault(struct cpu *cpu, const struct vcpu_exit *exit)
{
	struct vcpu *vcpu = &cpu->vcpu;
	uint32_t offset = exit->address % PAGE_SIZE;
	bool first = !vcpu->apic_access.active;

	if (first) {
		if (exit->delivering) {
			/* A stack or a table of the guest's in the APIC's registers. */
			log_print(LOG_ERROR, "an event of the guest's was to be written to the "
				  "local APIC: reset");
			machine_reset();
		}
		if (!__atomic_load_n(&watching, __ATOMIC_ACQUIRE)) {
			return; /* switched off by another CPU meanwhile: try again */
		}
		vcpu->apic_access.active = true;
		vcpu->apic_access.written = false;
		vcpu->apic_access.read_offset = offset;
		fill(vcpu, offset);
	} else if (offset / REGISTER_SIZE != vcpu->apic_access.read_offset / REGISTER_SIZE) {
		/* Not where a read-modify-write has read already, and perhaps changed what is there. */
		fill(vcpu, offset);
	}
	if (exit->write) {
		vcpu->apic_access.written = true;
		vcpu->apic_access.write_offset = offset;
	}
	guest_step_on_scratch(cpu, exit->write);
}

static RARE void send_ipi(struct cpu *cpu, uint32_t low)
{
	struct icr_command command = {
		.low = low,
		.destination = *register_at(APIC_ICR_HIGH) >> 24,
	};

	/* In x2APIC mode the page means nothing. */
	if (!apic_is_x2apic()) {
		ipi_send(cpu, &command);
	}
}

static void commit(struct cpu *cpu, uint32_t offset)
{
	size_t number = offset / REGISTER_SIZE;
	uint32_t value = (uint32_t)cpu->vcpu.apic_access.scratch[number * 2];

	if (number == APIC_ICR_LOW / REGISTER_SIZE) {
		send_ipi(cpu, value);
	} else if (number != APIC_ID / REGISTER_SIZE) {
		/* The id is how the CPU is found, and writable on old processors only. */
		*register_at(offset) = value;
	}
}

void apic_access_done(struct cpu *cpu)
{
	cpu->vcpu.apic_access.active = false;
	/* What is behind a register's first 4 bytes means nothing. */
	if (cpu->vcpu.apic_access.written &&
	    cpu->vcpu.apic_access.write_offset % REGISTER_SIZE < sizeof(uint32_t)) {
		commit(cpu, cpu->vcpu.apic_access.write_offset);
	}
	disarm_if_over(cpu);
}

bool apic_watch_x2apic_icr(struct cpu *cpu, uint64_t value)
{
	struct icr_command command = {
		.low = (uint32_t)value & ~(uint32_t)ICR_PENDING, /* read-only */
		.destination = value >> 32,
		.x2apic = true,
	};

	if (!apic_is_x2apic() || value & X2APIC_ICR_RESERVED) {
		return false;
	}
	ipi_send(cpu, &command);
	disarm_if_over(cpu);
	return true;
}
