/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/startup.h"

#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/host_tables.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/physical.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/cpu/reserved.h"
#include "arch/x86/cpu/time.h"
#include "phases/machine.h"
#include "phases/memory/string.h"
#include "phases/phase.h"
#include "phases/runner.h"

PHASE(trampoline, global, trampoline_init, .vital = true,
      .does = "puts the code that brings a CPU to 64-bit mode into the low page");
PHASE_NEEDS(trampoline, low_page, "it is where the code goes");
PHASE_NEEDS(trampoline, relocation, "the code turns on the hypervisor's own page tables");

/* Each waits for a start-up IPI then, with nothing of ours in it. */
static INIT_TEXT void ap_send_init(void)
{
	for (unsigned i = 1; i < cpu_count; i++) {
		apic_send(cpus[i]->apic_id, ICR_DELIVERY_INIT | ICR_ASSERT);
	}
}

PHASE(ap_start, start_aps, ap_start_init, .vital = true, .undo = ap_send_init,
      .does = "starts every other CPU that the MADT lists, and waits until each has come");
PHASE_NEEDS(ap_start, trampoline, "it is where the CPUs begin");
PHASE_NEEDS(ap_start, percpu, "a CPU finds its stack in its record");
PHASE_NEEDS(ap_start, local_apic, "INIT and start-up IPIs are sent by it");
PHASE_NEEDS(ap_start, time_source, "a CPU that does not come is noticed by the time that passes");

/* After INIT a processor needs a moment until it takes a start-up IPI. */
#define INIT_MICROSECONDS 200
/* How often a start-up IPI is sent again. */
#define RESEND_MICROSECONDS 1000
#define FIRST_START_MICROSECONDS 5000000 /* an emulator on a busy machine may take seconds */
#define FIRST_TOKEN 0xffffffff
#define XAPIC_BROADCAST 0xff

/* The code, and the words in it that are filled in (entry/trampoline.S). */
extern const uint8_t trampoline_begin[], trampoline_end[], trampoline_code[];
extern const uint8_t trampoline_gdt_address[], trampoline_jump32[], trampoline_jump64[],
	trampoline_cr3[], trampoline_last[];
extern const uint32_t trampoline_offset32, trampoline_offset64, trampoline_gdt_offset;

static void set_word(uint8_t *page, const uint8_t *word, uint32_t value)
{
	memcpy(page + (word - trampoline_code), &value, sizeof(value));
}

static enum phase_result trampoline_init(void)
{
	uint32_t base = (uint32_t)reserved_memory.low_page;
	uint8_t *page = physical_map(base, PAGE_SIZE);

	memcpy(page, trampoline_code, (size_t)(trampoline_end - trampoline_code));
	set_word(page, trampoline_gdt_address, base + trampoline_gdt_offset);
	set_word(page, trampoline_jump32, base + trampoline_offset32);
	set_word(page, trampoline_jump64, base + trampoline_offset64);
	set_word(page, trampoline_cr3, (uint32_t)host_tables_root());
	return PHASE_DONE;
}

bool cpu_start(struct cpu *target, uint32_t token, uint64_t microseconds, void (*relax)(void))
{
	uint32_t vector = (uint32_t)(reserved_memory.low_page / PAGE_SIZE);
	uint64_t start = machine_ticks(), sent = start - time_ticks(RESEND_MICROSECONDS);

	__atomic_store_n(&target->start.token, token, __ATOMIC_RELEASE);
	while (__atomic_load_n(&target->start.arrived, __ATOMIC_ACQUIRE) != token) {
		uint64_t now = machine_ticks();

		if (now - start > time_ticks(microseconds)) {
			return false;
		}
		/* A processor whose GIF is 0 holds INIT back and drops what comes right behind it. */
		if (now - sent >= time_ticks(RESEND_MICROSECONDS)) {
			apic_send(target->apic_id, ICR_DELIVERY_STARTUP | vector);
			sent = now;
		}
		relax();
	}
	return true;
}

uint8_t restart_last;

/* The place of the last step's number while the CPU knows only where it is: in the low page. */
static INIT_TEXT uint8_t *page_last(void)
{
	return (uint8_t *)physical_map(reserved_memory.low_page, PAGE_SIZE) +
	       (trampoline_last - trampoline_code);
}

/* How far a CPU came that does not arrive; NULL: it took no step. */
static INIT_TEXT const char *last_step(const struct trail *trail)
{
	uint8_t paged = trail->count ? trail->steps[trail->count - 1] : restart_last;
	uint8_t last = paged ? paged : *page_last();

	return last && last <= runner_step_count ? runner_step_names[last] : NULL;
}

static enum phase_result ap_start_init(void)
{
	for (unsigned i = 1; i < cpu_count; i++) {
		if (cpus[i]->apic_id >= XAPIC_BROADCAST && !apic_is_x2apic()) {
			return phase_failed("CPU %u has APIC id %u, which xAPIC mode cannot name; "
					    "turn on x2APIC in the firmware's set-up", i,
					    cpus[i]->apic_id);
		}
	}
	ap_send_init();
	if (cpu_count > 1) {
		time_delay(INIT_MICROSECONDS);
	}
	for (unsigned i = 1; i < cpu_count; i++) {
		*page_last() = restart_last = 0;
		if (!cpu_start(cpus[i], FIRST_TOKEN, FIRST_START_MICROSECONDS, machine_relax)) {
			const char *last = last_step(&cpus[i]->trail);

			return phase_failed("CPU %u (APIC id %u) does not start, %s%s; no guest may "
					    "run while a CPU is outside: turn it off in the "
					    "firmware's set-up", i, cpus[i]->apic_id,
					    last ? "its last step was " : "it took no step",
					    last ? last : "");
		}
	}
	return PHASE_DONE;
}
