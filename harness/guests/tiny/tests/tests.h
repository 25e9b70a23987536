/* SPDX-License-Identifier: BSD-2-Clause */
/* The tests. Each returns when all is as it should be; the table in main.c gives their names. */
#ifndef TINY_TESTS_TESTS_H
#define TINY_TESTS_TESTS_H

/* start.c: how APs start */
void test_hello(void);      /* comes up, prints the memory map */
void test_cpus(void);       /* each AP starts; its state at its first instruction */
void test_twice(void);      /* two starts in a row, from two pages */
void test_broadcast(void);  /* all but self */
void test_logical(void);    /* INIT and start-up IPI to logical ids, flat and cluster */
void test_x2apic_icr(void);  /* writes to its MSR in xAPIC mode */
void test_late(void);       /* not started for 2 s, then started */
void test_linux_like(void); /* the way and the pauses of Linux, n= times */

/* restart.c: stopping and starting again */
void test_restart(void);      /* n= times out of each kind of work, with several delays */
void test_sipi_running(void); /* a start-up IPI to a running CPU does nothing */
void test_init_twice(void);   /* INIT, INIT, start-up IPI */
void test_stop(void);         /* INIT alone stops a CPU for good */

/* nmi.c */
void test_ipi(void);        /* n= fixed interrupts to an AP */
void test_nmi(void);        /* n= NMIs to an AP in each kind of work, none lost */
void test_nmi_nested(void); /* one that comes in the handler waits for its IRET */
void test_nmi_self(void);   /* a CPU's own */

/* reset.c: the line RESET is the last one */
void test_reset_init(void); /* INIT to the BSP */
void test_reset_triple(void);
void test_reset_keyboard(void);
void test_reset_cf9(void);

/* msr.c, svm.c */
void test_efer(void);     /* reads, writes, what may not be set, what NXE does */
void test_msr(void);      /* the others that are ours, and unknown ones */
void test_msr_step(void); /* prefixes, and single-stepping */
void test_svm(void);      /* SVM's instructions give #UD */

/* apic_forms.c, apic_steps.c */
void test_apic_forms(void);    /* each kind of access, with the right result */
void test_apic_steps(void);    /* accesses with TF, in shadows, from CPL 3, that fault */
void test_apic_timer(void);    /* n= accesses under a running timer */
void test_apic_all_cpus(void); /* all that on every CPU at once */

/* block.c, memory.c, modes.c, ticks.c */
void test_block(void); /* what is not the guest's: ones, and writes that do nothing */
void test_block_all_cpus(void);
void test_memory(void); /* all usable memory is there */
void test_modes(void);  /* real mode, PAE and PSE paging, and back */
void test_ticks(void);  /* instructions that single operations cost, under icount */

/* Shared by tests for one and for all CPUs. */
void apic_forms_here(void);
void apic_steps_here(void);
void apic_timer_here(unsigned count);

/*
 * Writes the sign of a start-up: a hypervisor that watches the local APIC only around start-ups
 * does so for a while from here on.
 */
void announce_start(void);

/* Has each AP do f at the same time as this CPU; returns when all are done. */
void on_all_cpus(void (*f)(void));

#endif
