/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory as the hypervisor reaches it: all of it below 4 GiB while the bring-up runs,
 * its own block always, and any other page through a window.
 */
#ifndef ARCH_X86_CPU_PHYSICAL_H
#define ARCH_X86_CPU_PHYSICAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * While the bring-up runs: a pointer to physical memory, or NULL where it does not lie below 4 GiB
 * as a whole. After the phase `identity_map_dropped`: always NULL.
 */
void *physical_map(uint64_t base, uint64_t size);
void physical_map_end(void);

/*
 * Maps one page for the running CPU, until its next call with this slot, and gives back a pointer
 * to the byte at `address`. Write-back, writable. Slots: enum physical_window.
 */
enum physical_window { WINDOW_GUEST, WINDOW_GUEST_TABLE, WINDOW_SCREEN, WINDOWS_PER_CPU };
void *physical_window(enum physical_window slot, uint64_t address);

/* The local APIC's page, mapped uncached for good. */
#define APIC_WINDOW (WINDOW_BASE + 511 * 4096ull)

#endif
