/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/io.h"
#include "phases/log/console.h"
#include "phases/phase.h"

#define PORT 0xe9 /* reads as its own number where an emulator listens */

PHASE(debugcon, global, debugcon_init, .does = "opens the emulator's debug console at port 0xe9");
PHASE_NEEDS(debugcon, log_ring, "what was logged before it opens is printed from the ring");
PHASE_PROVIDES(debugcon, console);

static void debugcon_write(const char *text, size_t length)
{
	while (length--) {
		out8(PORT, (uint8_t)*text++);
	}
}

static struct console debugcon = {
	.name = "debugcon",
	.write = debugcon_write,
	.guest_level = LOG_DEBUG,
};

static enum phase_result debugcon_init(void)
{
	if (in8(PORT) != PORT) {
		return phase_absent("port 0xe9 does not read 0xe9: no emulator listens there");
	}
	console_add(&debugcon);
	return PHASE_DONE;
}
