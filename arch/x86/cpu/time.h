/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: machine_ticks() is the time-stamp counter, measured once against the 8254. */
#ifndef ARCH_X86_CPU_TIME_H
#define ARCH_X86_CPU_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* Ticks of that many microseconds. Usable after the phase `time_source`. */
uint64_t time_ticks(uint64_t microseconds);

/* Waits; other CPUs' requests are not answered meanwhile. */
void time_delay(uint64_t microseconds);

#endif
