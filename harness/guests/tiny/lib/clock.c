/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/clock.h"
#include "harness/guests/tiny/lib/asm.h"

#define PIT_HZ       1193182
#define PIT_TICKS    (PIT_HZ / 100)
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PORT_B       0x61 /* bit 0: gate of channel 2, bit 1: speaker, bit 5: output of channel 2 */

static uint64_t ticks_per_ms;

void clock_init(void)
{
	uint64_t start;

	outb(PORT_B, (inb(PORT_B) & 0xfc) | 1);
	outb(PIT_COMMAND, 0xb0); /* channel 2, both bytes, mode 0: output high at the end */
	outb(PIT_CHANNEL2, PIT_TICKS & 0xff);
	outb(PIT_CHANNEL2, PIT_TICKS >> 8);
	start = rdtsc();
	while (!(inb(PORT_B) & 0x20)) {
		pause();
	}
	ticks_per_ms = (rdtsc() - start) / 10;
}

uint64_t now_us(void)
{
	uint64_t tsc = rdtsc();

	return tsc / ticks_per_ms * 1000 + tsc % ticks_per_ms * 1000 / ticks_per_ms;
}

void delay_us(uint64_t us)
{
	uint64_t end = now_us() + us;

	while (now_us() < end) {
		pause();
	}
}
