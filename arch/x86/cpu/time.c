/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/time.h"

#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/registers.h"
#include "phases/machine.h"
#include "phases/phase.h"

PHASE(tsc_calibration, global, tsc_calibrate, .vital = true,
      .does = "measures the rate of the time-stamp counter against the 8254 timer");
PHASE_WANTS(tsc_calibration, console, "where it fails, somebody must read why");
PHASE_PROVIDES(tsc_calibration, time_source);
PHASE_GIVES(tsc_calibration, time_delay);

/* The 8254's channel 2 counts down at this rate; port 61h gates it and shows its output. */
#define PIT_HZ 1193182
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_CHANNEL2_MODE0 0xb0
#define PORT_B 0x61
#define PORT_B_GATE2 0x01
#define PORT_B_SPEAKER 0x02
#define PORT_B_OUT2 0x20

/*
 * Long enough for 1 part in 500, short enough for a boot that is counted in milliseconds. The
 * shortest of a few is taken: a virtual machine may be stopped in the middle of one.
 */
#define MEASURE_COUNTS (PIT_HZ / 2000)
#define MEASUREMENTS 3
/* A counter that does not end is no 8254: this is some 10 seconds. */
#define TICKS_LIMIT 30000000000ull

static uint64_t ticks_per_ms;

uint64_t machine_ticks(void)
{
	return rdtsc();
}

uint64_t machine_ticks_per_ms(void)
{
	return ticks_per_ms;
}

uint64_t time_ticks(uint64_t microseconds)
{
	return ticks_per_ms * microseconds / 1000;
}

INIT_TEXT void time_delay(uint64_t microseconds)
{
	uint64_t start = rdtsc(), ticks = time_ticks(microseconds);

	while (rdtsc() - start < ticks) {
		cpu_pause();
	}
}

/* Ticks while channel 2 counts down once, or TICKS_LIMIT. */
static INIT_TEXT uint64_t measure(void)
{
	uint64_t start, ticks;

	out8(PIT_COMMAND, PIT_CHANNEL2_MODE0);
	out8(PIT_CHANNEL2, MEASURE_COUNTS & 0xff);
	start = rdtsc();
	out8(PIT_CHANNEL2, MEASURE_COUNTS >> 8);
	do {
		ticks = rdtsc() - start;
	} while (!(in8(PORT_B) & PORT_B_OUT2) && ticks < TICKS_LIMIT);
	return ticks;
}

static enum phase_result tsc_calibrate(void)
{
	uint8_t port_b = in8(PORT_B);
	uint64_t shortest = TICKS_LIMIT;

	out8(PORT_B, (port_b & ~PORT_B_SPEAKER) | PORT_B_GATE2);
	for (unsigned i = 0; i < MEASUREMENTS; i++) {
		uint64_t ticks = measure();

		if (ticks >= TICKS_LIMIT) {
			break;
		}
		shortest = ticks < shortest ? ticks : shortest;
	}
	out8(PORT_B, port_b);
	if (shortest >= TICKS_LIMIT || shortest == 0) {
		return phase_failed("the 8254 timer does not count; turn it on in the firmware's set-up");
	}
	ticks_per_ms = shortest * PIT_HZ / MEASURE_COUNTS / 1000;
	return PHASE_DONE;
}
