/* SPDX-License-Identifier: BSD-2-Clause */
/* The 16550 UART; registers and bits as in the PC16550D data sheet (National, 1995). */
#include "config/UART16550_PORT.h"
#include "config/UART16550_SPEED.h"

#include "arch/x86/cpu/io.h"
#include "phases/log/console.h"
#include "phases/phase.h"

#define CLOCK   115200 /* 1.8432 MHz / 16 */
#define DIVISOR (CLOCK / CONFIG_UART16550_SPEED)

_Static_assert(CLOCK % CONFIG_UART16550_SPEED == 0, "115200 is a multiple of UART16550_SPEED");

enum uart_register {
	THR = 0, /* transmitter holding */
	DLL = 0, /* divisor, with LCR.DLAB set */
	IER = 1,
	DLM = 1,
	FCR = 2,
	LCR = 3,
	MCR = 4,
	LSR = 5,
	MSR = 6,
	SCR = 7, /* scratch */
};

#define FCR_ENABLE_AND_CLEAR 0x07
#define LCR_8N1              0x03
#define LCR_DLAB             0x80
#define MCR_DTR_RTS          0x03
#define MCR_LOOP_RTS_OUT2    0x1a
#define LSR_THRE             0x20
#define LSR_TEMT             0x40
#define MSR_LINES            0xf0
#define MSR_CTS_DCD          0x90 /* what RTS and OUT2 come back as in loopback */

/*
 * Reads of a port take about 1 us: half a second. A byte takes 1 ms at 9600 baud, but what stands
 * in for a line (a management controller, an emulator) may hold it up for longer.
 */
#define WAIT_READS 500000

PHASE(uart16550, global, uart16550_init,
      .does = "opens the 16550 serial port, 8 bits, no parity, 1 stop bit");
PHASE_NEEDS(uart16550, log_ring, "what was logged before it opens is printed from the ring");
PHASE_PROVIDES(uart16550, console);

static uint8_t uart_in(enum uart_register reg)
{
	return in8((uint16_t)(CONFIG_UART16550_PORT + reg));
}

static void uart_out(enum uart_register reg, uint8_t value)
{
	out8((uint16_t)(CONFIG_UART16550_PORT + reg), value);
}

static bool uart_wait(uint8_t status, unsigned reads)
{
	while (!(uart_in(LSR) & status)) {
		if (!reads--) {
			return false;
		}
	}
	return true;
}

/* A port that takes no more bytes is waited for once; then its bytes are dropped until it does. */
static void uart_put(uint8_t byte)
{
	static bool stuck;

	stuck = !uart_wait(LSR_THRE, stuck ? 0 : WAIT_READS);
	if (!stuck) {
		uart_out(THR, byte);
	}
}

/* The guest may be about to set the speed: THR is reached with DLAB clear, which it then gets back. */
static void uart16550_write(const char *text, size_t length)
{
	uint8_t lcr = uart_in(LCR);

	if (lcr & LCR_DLAB) {
		uart_out(LCR, lcr & (uint8_t)~LCR_DLAB);
	}
	for (; length; length--, text++) {
		if (*text == '\n') {
			uart_put('\r');
		}
		uart_put((uint8_t)*text);
	}
	if (lcr & LCR_DLAB) {
		uart_out(LCR, lcr);
	}
}

static struct console uart16550 = {
	.name = "uart16550",
	.write = uart16550_write,
	.guest_level = LOG_WARNING,
};

/* Scratch register and loopback of the modem lines: both answer at once. */
static bool uart_present(void)
{
	bool present;

	uart_out(SCR, 0x5a);
	present = uart_in(SCR) == 0x5a;
	uart_out(SCR, 0xa5);
	present = present && uart_in(SCR) == 0xa5;
	if (!present) {
		return false;
	}
	uart_out(MCR, MCR_LOOP_RTS_OUT2);
	present = (uart_in(MSR) & MSR_LINES) == MSR_CTS_DCD;
	uart_out(MCR, MCR_DTR_RTS);
	return present;
}

static enum phase_result uart16550_init(void)
{
	if (!uart_present()) {
		return phase_absent("no 16550 answers at port 0x%x", CONFIG_UART16550_PORT);
	}
	uart_out(LCR, LCR_8N1);
	uart_wait(LSR_TEMT, WAIT_READS); /* what the loader still has to say */
	uart_out(IER, 0);
	uart_out(LCR, LCR_8N1 | LCR_DLAB);
	uart_out(DLL, DIVISOR & 0xff);
	uart_out(DLM, DIVISOR >> 8);
	uart_out(LCR, LCR_8N1);
	uart_out(FCR, FCR_ENABLE_AND_CLEAR);
	console_add(&uart16550);
	return PHASE_DONE;
}
