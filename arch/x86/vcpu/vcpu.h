/* SPDX-License-Identifier: BSD-2-Clause */
/* What each CPU's guest side has, whatever the backend. */
#ifndef ARCH_X86_VCPU_VCPU_H
#define ARCH_X86_VCPU_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The guest's registers as the backend's exit stub leaves them on the stack. Of the others, RAX is
 * where the backend has it; RBX, RBP and R12 to R15 stay where they are, since C code gives them
 * back as it found them.
 */
struct guest_registers {
	uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx;
};

/*
 * A function for what is rare, called from a handler that runs often: out of line, so that the
 * handler does not save registers for it.
 */
#define RARE __attribute__((cold, noinline))

/* Why the guest was left: what a backend decodes its own codes into. */
enum exit_kind {
	EXIT_UNKNOWN,
	EXIT_NMI,             /* a kick, or the guest's own */
	EXIT_MSR,
	EXIT_NESTED_FAULT,
	EXIT_HIDDEN,          /* an instruction of the extension that the guest does not have */
	EXIT_SHUTDOWN,        /* triple fault */
	EXIT_INIT,
	EXIT_STEP,            /* the end of a single step */
	EXIT_NMI_RETURN,      /* the IRET of the guest's NMI handler */
	EXIT_BAD_STATE,       /* the guest's state is illegal */
	EXIT_CACHE,           /* INVD */
	EXIT_KINDS,
};

struct vcpu_exit {
	enum exit_kind kind;
	uint64_t code;                   /* the backend's own, for messages */
	struct guest_registers *registers;
	uint64_t *rax;
	uint64_t address;                /* EXIT_NESTED_FAULT: guest-physical */
	bool write;                      /* EXIT_NESTED_FAULT, EXIT_MSR */
	bool delivering;                 /* an event was being delivered when the exit came */
};

/* A message to a CPU: bits of vcpu.mailbox, sent with a kick (kick.h). */
#define MAIL_FLUSH 0x1   /* forget cached nested translations */
#define MAIL_LOGICAL 0x2 /* say your logical APIC id */
#define MAIL_STOP 0x4    /* stop for good: another CPU panics */

struct vcpu {
	/* Kicks: who, how many, what for. NMIs that are over were the guest's own (kick.c). */
	uint32_t nmis_taken; /* by the NMI handler */
	uint32_t kicks_sent; /* by senders, before they send */
	uint32_t nmis_of_guest; /* of those taken */
	uint32_t mailbox;
	uint32_t logical_id, logical_format; /* answer to MAIL_LOGICAL: LDR and DFR */

	/* A guest's start: see ipi.c. */
	uint32_t waits; /* the INIT that waits for a start-up IPI: its number, or 0 */
	uint8_t start_vector;
	bool runs;      /* the guest, so that it can be kicked */

	/* The access to the APIC's page that is let happen by a single step (apic_watch.c). */
	struct {
		bool active, written;
		uint32_t read_offset, write_offset; /* in the page */
		uint64_t *scratch;                  /* the page that stands in for it */
	} apic_access;

	/* For the panic and for who measures. */
	uint64_t exits[EXIT_KINDS];
	uint64_t last_code, last_rip;
};

#endif
