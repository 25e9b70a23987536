/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/panic/panic.h"

#include "config/MAX_CPUS.h"
#include "config/PANIC_REBOOT.h"
#include "phases/log/console.h"
#include "phases/log/format.h"
#include "phases/machine.h"
#include "phases/memory/string.h"
#include "phases/runner.h"

#define TAIL 12 /* lines of the log */

static const char prefix[] = "phasevisor: ";
#define PREFIX (sizeof(prefix) - 1)

static unsigned panicking;   /* the CPU that panics, + 1 */
static unsigned panic_depth; /* how often it did */

static void print(const char *text, size_t length)
{
	char line[PREFIX + LOG_LINE + 1];

	if (length > LOG_LINE) {
		length = LOG_LINE;
	}
	memcpy(line, prefix, PREFIX);
	memcpy(line + PREFIX, text, length);
	line[PREFIX + length] = '\n';
	console_panic_write(line, PREFIX + length + 1);
}

static void vprint(const char *format, va_list arguments)
{
	char text[LOG_LINE + 1];

	print(text, format_vtext(text, sizeof(text), format, arguments));
}

void panic_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprint(format, arguments);
	va_end(arguments);
}

/* A panic on the way through a panic: once it says so, as that may be what went wrong. */
static void stop_nested(void)
{
	if (++panic_depth == 2) {
		panic_print("panic: another one on the way through it; CPU %u halts",
			    machine_cpu());
	}
	machine_halt();
}

void panic_begin(void)
{
	unsigned nobody = 0, cpu = machine_cpu();

	if (!__atomic_compare_exchange_n(&panicking, &nobody, cpu + 1, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		if (nobody == cpu + 1) {
			stop_nested();
		}
		machine_halt();
	}
	panic_depth = 1;
	panic_print("panic: the last lines of the log:");
	log_tail(TAIL, print);
	panic_print("panic: on CPU %u", cpu);
}

static void print_phases(void)
{
	bool none = true;

	for (unsigned cpu = 0; cpu < CONFIG_MAX_CPUS; cpu++) {
		const struct runner_cpu *records = runner_cpu(cpu);
		const struct phase *phase =
			records ? __atomic_load_n(&records->running, __ATOMIC_RELAXED) : NULL;

		if (phase) {
			panic_print("CPU %u is in phase %s: %s", cpu, phase->name, phase->does);
			none = false;
		}
	}
	if (none) {
		panic_print("no CPU is in a phase");
	}
}

void panic_end(void)
{
	print_phases();
	panic_other_cpus();
	if (CONFIG_PANIC_REBOOT) {
		panic_print("panic: the machine is reset");
		machine_reset();
	}
	panic_print("panic: the machine is halted");
	machine_halt();
}

void panic(const char *format, ...)
{
	va_list arguments;

	panic_begin();
	va_start(arguments, format);
	vprint(format, arguments);
	va_end(arguments);
	/* From the call of this function on: its address is behind what may be its caller's end. */
	panic_backtrace((uintptr_t)__builtin_return_address(0) - 1,
			*(const uintptr_t *)__builtin_frame_address(0));
	panic_end();
}
