/* SPDX-License-Identifier: BSD-2-Clause */
/* A console is a device that shows the log. Its phase adds it (`PHASE_PROVIDES(x, console)`). */
#ifndef PHASES_LOG_CONSOLE_H
#define PHASES_LOG_CONSOLE_H

#include <stddef.h>

#include "phases/log/log.h"

struct console {
	const char *name;
	void (*write)(const char *text, size_t length); /* newlines as \n; bounded in time */
	enum log_level guest_level; /* while the guest runs: the last level that is shown on it */
	struct console *next;
};

/* Opens a console: everything in the ring is printed on it, then each line as it comes. */
void console_add(struct console *console);

/* From here on the guest owns the machine: each console shows lines up to its guest_level only. */
void console_guest_starts(void);

/* For a panic: takes the consoles from whoever holds them and writes text to all of them. */
void console_panic_write(const char *text, size_t length);

#endif
