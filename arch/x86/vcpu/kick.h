/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reaching a CPU whose guest never exits. A sender puts a message into the target's mailbox and
 * sends an NMI; the target does what the message asks, in its exit handler, and takes the message
 * out, which is the answer.
 */
#ifndef ARCH_X86_VCPU_KICK_H
#define ARCH_X86_VCPU_KICK_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

/*
 * The one lock of the guest side: for kicks, INIT and start-up IPIs, and changes of the nested
 * tables. Who waits for it answers its own mailbox. No exit that comes often takes it.
 */
void guest_lock(struct cpu *cpu);
void guest_unlock(struct cpu *cpu);

/*
 * A CPU that starts again may have been reset while it held the lock (QEMU resets a CPU in the
 * middle of host code; a processor holds INIT back until the guest runs).
 */
void guest_lock_break(struct cpu *cpu);

/*
 * With the lock held: sends a message to every other CPU that runs the guest, and waits for the
 * answers; one that does not come is a panic: that CPU may still see what the guest no longer has. A CPU that waits for a start-up IPI, or is on its way to the guest, is left out: it
 * enters the guest with nothing cached.
 */
void kick_others(struct cpu *cpu, uint32_t mail);

/* Notes the running CPU's logical APIC id: the answer to MAIL_LOGICAL. */
void kick_logical_id(struct cpu *cpu);

/* Does what the running CPU's mailbox asks. */
void kick_answer(struct cpu *cpu);

/* For a panic: stops every other CPU that can be reached, without any lock and within a bound. */
void kick_stop_others(struct cpu *cpu);

/* Makes the running CPU exit again before the guest's next instruction. */
void kick_self(struct cpu *cpu);

/* After an NMI was taken: answers, and says whether there was one that nobody of us sent. */
bool kick_was_guests(struct cpu *cpu);

/* A CPU on its way to the guest is not kicked, and has no NMIs yet. */
void kick_unready(struct cpu *cpu);

/* Before the guest is entered for the first time since a start: from now on kicks are welcome. */
void kick_ready(struct cpu *cpu);

/* Waits a moment, and answers meanwhile. */
void kick_relax(void);

#endif
