/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the kernel and its initrd go, and how they get there without one overwriting the other: the
 * initrd stays where it is if it can, or moves independently of the kernel if that can be. Pure.
 */
#ifndef BOOT_LINUX_PLACE_H
#define BOOT_LINUX_PLACE_H

#include "boot/linux/bzimage.h"
#include "phases/memory/map.h"

struct linux_request {
	const struct memory_map *map; /* what the guest will have: what is not ours is usable */
	const struct setup_header *header;
	struct memory_span kernel; /* the 64-bit kernel, behind the file's setup part */
	struct memory_span initrd; /* size 0: there is none */
	uint64_t boot_data_size;   /* for the zero page and the like */
};

struct linux_move {
	uint64_t from, to, size; /* the two may overlap */
};

#define LINUX_MOVES 3

struct linux_moves {
	unsigned count;
	struct linux_move moves[LINUX_MOVES]; /* to be done in this order */
};

/*
 * The two lists and the writing of the boot data touch none of each other's memory: they may be done
 * at the same time. Where memory is too tight for that, `kernel_moves` has the initrd's move as well.
 */
struct linux_plan {
	uint64_t kernel, initrd, boot_data; /* where each comes to lie */
	struct linux_moves kernel_moves, initrd_moves;
	struct linux_moves second_half; /* of the kernel: made by linux_halve() */
};

/* Gives back NULL, or one line that says what does not fit and what would help. */
const char *linux_place(const struct linux_request *request, struct linux_plan *plan);

#endif
