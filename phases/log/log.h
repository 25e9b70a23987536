/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: lines in a ring in memory, printed on every console that is open and reprinted by the
 * panic. Usable from the first C instruction on, from every CPU, in an exit handler, and in an NMI
 * handler: writing to the ring takes no lock; who finds the consoles busy leaves the printing to
 * the CPU that is at it.
 */
#ifndef PHASES_LOG_LOG_H
#define PHASES_LOG_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
	LOG_ERROR,   /* why it does not go on, or a guest's doing that an operator must know */
	LOG_WARNING, /* something is not as it should be; it goes on */
	LOG_NOTICE,  /* the boot summary */
	LOG_INFO,    /* each phase */
	LOG_DEBUG,
};

/* What this build is, as hexadecimal text: phases/phasegraph puts it into the image. */
extern const char build_id[];

#define LOG_LINE 248 /* bytes of a line at most; what is longer is cut */

/*
 * Logs one line; no newline at its end. Formats: see format.h. Lines up to CONFIG_LOG_LEVEL are
 * printed. Lines up to LOG_INFO are kept in the ring in any case, for the panic; a line that is
 * neither printed nor kept costs a call.
 */
void log_print(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_vprint(enum log_level level, const char *format, va_list arguments);

/* Prints what the ring holds and no console has shown yet. */
void log_flush(void);

/*
 * A CPU begins anew after a reset that nobody could foresee: what it held of the log at that moment
 * is given up. To be called before its first line.
 */
void log_cpu_restarts(unsigned cpu);

/* For a panic: gives the last `count` lines of the ring to `print`, oldest first. */
void log_tail(unsigned count, void (*print)(const char *text, size_t length));

#endif
