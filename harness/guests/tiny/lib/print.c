/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/asm.h"

#include <stdarg.h>

#define COM1              0x3f8
#define LINE_STATUS       (COM1 + 5)
#define TRANSMITTER_EMPTY 0x60 /* holding and shift register */

#define DEBUG_EXIT   0xf4  /* isa-debug-exit: QEMU's status is value << 1 | 1 */
#define PM1A_CONTROL 0x604 /* QEMU's ACPI power management, pc and q35 */
#define SLP_EN       0x2000
#define BOCHS_POWER  0x8900

enum exit_value { EXIT_PASS = 0x10, EXIT_FAIL = 0x11, EXIT_SKIP = 0x12 };

const char *test_name = "none";

void serial_init(void)
{
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x80); /* divisor latch: 115200 baud, 8n1 */
	outb(COM1 + 0, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 3);
	outb(COM1 + 2, 7);
	outb(COM1 + 4, 3);
}

static void put(char c)
{
	if (c == '\n') {
		put('\r');
	}
	for (int i = 0; i < 100000 && !(inb(LINE_STATUS) & 0x20); i++) {
		pause();
	}
	outb(COM1, (uint8_t)c);
}

static void put_number(uint64_t value, unsigned base, int width, char pad)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (width-- > n) {
		put(pad);
	}
	while (n) {
		put(digits[--n]);
	}
}

static void put_argument(char kind, uint64_t value, int width, char pad)
{
	switch (kind) {
	case 'd':
		if ((int64_t)value < 0) {
			put('-');
			value = -value;
		}
		put_number(value, 10, width, pad);
		break;
	case 'u':
		put_number(value, 10, width, pad);
		break;
	case 'x':
		put_number(value, 16, width, pad);
		break;
	case 'c':
		put((char)value);
		break;
	default:
		put(kind);
	}
}

static void vprint(const char *f, va_list arguments)
{
	for (; *f; f++) {
		int width = 0, wide = 0;
		char pad = ' ';

		if (*f != '%') {
			put(*f);
			continue;
		}
		f++;
		if (*f == '0') {
			pad = '0';
		}
		for (; *f >= '0' && *f <= '9'; f++) {
			width = width * 10 + *f - '0';
		}
		for (; *f == 'l'; f++) {
			wide = 1;
		}
		if (*f == 's') {
			for (const char *s = va_arg(arguments, const char *); *s; s++) {
				put(*s);
			}
		} else if (*f == '%') {
			put('%');
		} else if (wide) {
			put_argument(*f, va_arg(arguments, uint64_t), width, pad);
		} else if (*f == 'd') {
			put_argument(*f, (uint64_t)(int64_t)va_arg(arguments, int), width, pad);
		} else {
			put_argument(*f, va_arg(arguments, unsigned int), width, pad);
		}
	}
}

void print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprint(format, arguments);
	va_end(arguments);
}

/* Whichever of the machine's ways out is there. */
static _Noreturn void end(enum exit_value value)
{
	for (int i = 0; i < 100000 && (inb(LINE_STATUS) & TRANSMITTER_EMPTY) != TRANSMITTER_EMPTY;
	     i++) {
		pause();
	}
	outl(DEBUG_EXIT, value);
	outw(PM1A_CONTROL, SLP_EN);
	for (const char *s = "Shutdown"; *s; s++) {
		outb(BOCHS_POWER, (uint8_t)*s);
	}
	for (;;) {
		asm volatile("cli; hlt");
	}
}

static _Noreturn void end_with(const char *word, enum exit_value value, const char *format,
			       va_list arguments)
{
	print("\n%s %s: ", word, test_name);
	vprint(format, arguments);
	print("\n");
	end(value);
}

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	end_with("FAIL", EXIT_FAIL, format, arguments);
}

void skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	end_with("SKIP", EXIT_SKIP, format, arguments);
}

void pass(void)
{
	print("\nPASS %s\n", test_name);
	end(EXIT_PASS);
}
