/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guest is told of the machine. */
#ifndef BOOT_GUEST_MAP_H
#define BOOT_GUEST_MAP_H

#include "phases/memory/map.h"

/* The machine's memory map with what is ours as reserved memory: the phase `guest_map`. */
extern struct memory_map guest_map;

/* The address of the RSDP: the phase `guest_rsdp`. */
extern uint64_t guest_rsdp;

#endif
