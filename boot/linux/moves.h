/* SPDX-License-Identifier: BSD-2-Clause */
/* How the plan for kernel and initrd is carried out. */
#ifndef BOOT_LINUX_MOVES_H
#define BOOT_LINUX_MOVES_H

#include "boot/linux/place.h"

/* Made by the phase `linux_plan`; gone when the guest runs. */
extern struct linux_plan linux_plan;

/*
 * Does these moves of the plan. All memory of the plan lies below 4 GiB, and must be mapped where
 * it is.
 */
void linux_carry_out(const struct linux_moves *moves);

/*
 * Makes two moves of the kernel's one, `second_half` and what is left, where they can be done at the
 * same time. False: it is not moved alone, or its new place is over the old one. Pure.
 */
bool linux_halve(struct linux_plan *plan);

#endif
