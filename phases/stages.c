/* SPDX-License-Identifier: BSD-2-Clause */
/* The stages of the bring-up: which CPUs run each, what it comes after, and why. */
#include "phases/phase.h"

STAGE(global, bsp,
      .does = "learns what the machine is and makes ready what all CPUs share");

STAGE(start_aps, bsp,
      .does = "wakes the other processors and brings them to their own stack");
STAGE_FOLLOWS(start_aps, global,
	      "a processor that wakes uses the memory, the tables and the log that are made there");

STAGE(bsp, bsp,
      .does = "does once what needs every processor up");
STAGE_FOLLOWS(bsp, start_aps, "only then is it known which processors came up");

STAGE(ap, aps,
      .does = "makes each other processor like the boot processor", .again = true);
STAGE_FOLLOWS(ap, start_aps, "a processor runs phases from when it is woken");

STAGE(parallel, any,
      .does = "prepares the guest's memory: each processor takes what can be done next");
STAGE_FOLLOWS(parallel, bsp, "what every processor may take part in waits for what one does alone");
STAGE_FOLLOWS(parallel, ap,
	      "where a processor cannot be used, nothing has been put into the guest's memory yet");

STAGE(pcpu, all,
      .does = "puts each processor into the state that it runs the guest in", .again = true);
STAGE_FOLLOWS(pcpu, bsp, "what all processors share is then complete and changes no more");
STAGE_FOLLOWS(pcpu, parallel,
	      "a processor that has come through it waits for the guest, and takes part no more");
STAGE_FOLLOWS(pcpu, ap, "a processor must be set up as such before it is virtualised");

STAGE(guest, bsp,
      .does = "makes the guest and hands it the boot processor");
STAGE_FOLLOWS(guest, pcpu, "no guest starts before every processor is virtualised");
