/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's move takes the largest part of the bring-up: two processors share it. */
#include "boot/linux/moves.h"

#include "phases/log/log.h"
#include "phases/phase.h"

PHASE(linux_halves, bsp, linux_halves_init,
      .does = "divides the move of the kernel in two, where they can be done at the same time");
PHASE_NEEDS(linux_halves, linux_plan, "the move is in the plan");

static enum phase_result linux_halves_init(void)
{
	if (!linux_halve(&linux_plan) && linux_plan.kernel_moves.count == 1) {
		log_print(LOG_INFO,
			  "linux: the kernel's new place is over the old one: one processor "
			  "moves it all");
	}
	return PHASE_DONE;
}

PHASE(linux_kernel_half, parallel, linux_kernel_half_init,
      .does = "moves the second half of the kernel to where it goes", .vital = true);
PHASE_NEEDS(linux_kernel_half, linux_halves, "it says what the second half is, and where it goes");
PHASE_NEEDS(linux_kernel_half, physical_memory,
	    "the guest's memory is reached through the identity map");

static enum phase_result linux_kernel_half_init(void)
{
	linux_carry_out(&linux_plan.second_half);
	return PHASE_DONE;
}
