/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/linux/moves.h"

#include "phases/phase.h"

#define PAGE 4096ull

INIT_TEXT bool linux_halve(struct linux_plan *plan)
{
	struct linux_move *move = &plan->kernel_moves.moves[0];
	uint64_t apart = move->from < move->to ? move->to - move->from : move->from - move->to;
	uint64_t first = move->size / 2 & ~(PAGE - 1);

	if (plan->kernel_moves.count != 1 || apart < move->size) {
		return false;
	}
	plan->second_half = (struct linux_moves){
		.count = 1,
		.moves = { { move->from + first, move->to + first, move->size - first } },
	};
	move->size = first;
	return true;
}
