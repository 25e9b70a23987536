/* SPDX-License-Identifier: BSD-2-Clause */
/* Resetting the machine, and stopping a CPU. */
#include "arch/x86/acpi/fadt.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/physical.h"
#include "arch/x86/cpu/registers.h"
#include "phases/machine.h"

#define RESET_CONTROL_PORT 0xcf9 /* PCI-ISA bridges: 02h selects a hard reset, 06h does it */
#define KEYBOARD_COMMAND_PORT 0x64
#define KEYBOARD_INPUT_FULL 0x02
#define KEYBOARD_PULSE_RESET 0xfe

/* What a reset may take before the next way is tried: some 10 ms of port reads. */
static void settle(void)
{
	for (unsigned i = 0; i < 10000; i++) {
		in8(0x80);
	}
}

/* ACPI 6.5, section 4.8.3.6: an 8-bit register in I/O or memory space. */
static void reset_by_fadt(void)
{
	if (acpi_reset.space == ACPI_RESET_IO) {
		out8((uint16_t)acpi_reset.address, acpi_reset.value);
		settle();
	} else if (acpi_reset.space == ACPI_RESET_MEMORY) {
		*(volatile uint8_t *)physical_window(WINDOW_GUEST, acpi_reset.address) =
			acpi_reset.value;
		settle();
	}
}

static void reset_by_bridge(void)
{
	out8(RESET_CONTROL_PORT, 0x02);
	out8(RESET_CONTROL_PORT, 0x06);
	settle();
}

static void reset_by_keyboard_controller(void)
{
	for (unsigned i = 0; i < 1000 && in8(KEYBOARD_COMMAND_PORT) & KEYBOARD_INPUT_FULL; i++) {
	}
	out8(KEYBOARD_COMMAND_PORT, KEYBOARD_PULSE_RESET);
	settle();
}

/* An exception with no IDT is a double fault, which then is a triple fault. */
static void reset_by_triple_fault(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) nothing = {0, 0};

	__asm__ volatile("lidt %0\n\tud2" : : "m"(nothing));
}

void machine_reset(void)
{
	reset_by_fadt();
	reset_by_bridge();
	reset_by_keyboard_controller();
	reset_by_triple_fault();
	machine_halt();
}

void machine_halt(void)
{
	for (;;) {
		__asm__ volatile("cli\n\thlt");
	}
}
