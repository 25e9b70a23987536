/* SPDX-License-Identifier: BSD-2-Clause */
/* The screen in VGA text mode (IBM VGA/XGA technical reference, 1992, chapter 2). */
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/physical.h"
#include "phases/log/console.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

#define COLUMNS      80
#define ROWS         25
#define FRAME_BUFFER 0xb8000
#define BLANK        0x0720 /* light grey on black */

#define MISC_OUTPUT_READ   0x3cc
#define MISC_OUTPUT_COLOR  0x03 /* CRT controller at 0x3d4, RAM enabled */
#define GRAPHICS_INDEX     0x3ce
#define GRAPHICS_MISC      0x06
#define GRAPHICS_MISC_MODE 0x0d /* graphics mode, and where the memory is */
#define GRAPHICS_MISC_TEXT 0x0c /* text, at 0xb8000 */
#define CRTC_INDEX         0x3d4
#define CRTC_CURSOR_HIGH   0x0e
#define CRTC_CURSOR_LOW    0x0f

PHASE(vga_text, global, vga_text_init,
      .does = "opens the screen, where the firmware left it in text mode");
PHASE_NEEDS(vga_text, log_ring, "what was logged before it opens is printed from the ring");
PHASE_NEEDS(vga_text, physical_memory, "video memory is reached through the identity map");
PHASE_PROVIDES(vga_text, console);

static unsigned cursor; /* rows * COLUMNS + column */

/* Index registers are left as they were: in an error the guest may be between its two accesses. */
static uint8_t indexed_in(uint16_t port, uint8_t index)
{
	uint8_t old = in8(port), value;

	out8(port, index);
	value = in8(port + 1);
	out8(port, old);
	return value;
}

static void indexed_out(uint16_t port, uint8_t index, uint8_t value)
{
	uint8_t old = in8(port);

	out8(port, index);
	out8(port + 1, value);
	out8(port, old);
}

static bool text_mode(void)
{
	uint8_t misc = in8(MISC_OUTPUT_READ);

	return misc != 0xff && (misc & MISC_OUTPUT_COLOR) == MISC_OUTPUT_COLOR &&
	       (indexed_in(GRAPHICS_INDEX, GRAPHICS_MISC) & GRAPHICS_MISC_MODE) ==
		       GRAPHICS_MISC_TEXT;
}

static void scroll(uint16_t *cells)
{
	memmove(cells, cells + COLUMNS, sizeof(*cells) * COLUMNS * (ROWS - 1));
	for (unsigned i = 0; i < COLUMNS; i++) {
		cells[(ROWS - 1) * COLUMNS + i] = BLANK;
	}
	cursor -= COLUMNS;
}

static void put(uint16_t *cells, char c)
{
	if (c == '\n') {
		cursor += COLUMNS - cursor % COLUMNS;
	} else {
		cells[cursor++] = (uint16_t)((BLANK & 0xff00) | (uint8_t)c);
	}
	if (cursor >= ROWS * COLUMNS) {
		scroll(cells);
	}
}

/* While the bring-up runs all memory is mapped; afterwards the screen, of one page, has a window. */
static uint16_t *frame_buffer(void)
{
	_Static_assert(sizeof(uint16_t) * ROWS * COLUMNS <= 4096, "a window is one page");
	uint16_t *cells = physical_map(FRAME_BUFFER, sizeof(*cells) * ROWS * COLUMNS);

	return cells ? cells : physical_window(WINDOW_SCREEN, FRAME_BUFFER);
}

/* The mode is looked at each time: the guest changes it. */
static void vga_text_write(const char *text, size_t length)
{
	if (!text_mode()) {
		return;
	}
	uint16_t *cells = frame_buffer();

	for (; length; length--) {
		put(cells, *text++);
	}
	indexed_out(CRTC_INDEX, CRTC_CURSOR_HIGH, (uint8_t)(cursor >> 8));
	indexed_out(CRTC_INDEX, CRTC_CURSOR_LOW, (uint8_t)cursor);
}

static struct console vga_text = {
	.name = "vga_text",
	.write = vga_text_write,
	.guest_level = LOG_ERROR,
};

static enum phase_result vga_text_init(void)
{
	if (!text_mode()) {
		return phase_absent("the screen is not a VGA in text mode");
	}
	cursor = (unsigned)indexed_in(CRTC_INDEX, CRTC_CURSOR_HIGH) << 8 |
		 indexed_in(CRTC_INDEX, CRTC_CURSOR_LOW);
	if (cursor >= ROWS * COLUMNS) {
		cursor = (ROWS - 1) * COLUMNS;
	}
	if (cursor % COLUMNS) {
		vga_text_write("\n", 1);
	}
	console_add(&vga_text);
	return PHASE_DONE;
}
