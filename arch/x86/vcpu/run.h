/* SPDX-License-Identifier: BSD-2-Clause */
/* The last stretch of each journey: into the guest, for good. */
#ifndef ARCH_X86_VCPU_RUN_H
#define ARCH_X86_VCPU_RUN_H

/* The boot processor: begins with what the payload set (start.h). */
void vcpu_run_boot(void) __attribute__((noreturn));

/* Any other CPU: waits until the guest stops it by INIT, to start it. */
void vcpu_hold(void) __attribute__((noreturn));

/* A CPU that the guest has started: begins at the vector of the start-up IPI. */
void vcpu_run_started(void) __attribute__((noreturn));

#endif
