/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/multiboot/parse.h"

#include "phases/memory/string.h"
#include "phases/phase.h"

INIT_TEXT const char *parse_string(char *to, size_t to_size, const char *from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (i == to_size) {
			to[i - 1] = '\0';
			return STRING_TOO_LONG;
		}
		to[i] = from[i];
		if (!from[i]) {
			return NULL;
		}
	}
	to[0] = '\0';
	return "a string of the loader does not end; try another loader";
}

INIT_TEXT const char *parse_memory(struct boot_info *boot, uint64_t base, uint64_t size,
				   uint32_t type)
{
	/* Every type that the specification does not name is reserved memory; so is nonsense. */
	if (!memory_map_add(&boot->map, base, size, type ? type : MEMORY_RESERVED)) {
		return "the loader's memory map has more than 128 ranges; try another loader";
	}
	return NULL;
}

INIT_TEXT const char *parse_module(struct boot_info *boot, uint64_t start, uint64_t end)
{
	if (end <= start) {
		return "a module of the loader is empty or ends before it starts; check the files "
		       "that its menu names";
	}
	if (boot->module_count == BOOT_MODULES) {
		return "the loader gives more than 8 modules; a kernel and an initrd are enough";
	}
	boot->modules[boot->module_count].base = start;
	boot->modules[boot->module_count].size = end - start;
	boot->module_count++;
	return NULL;
}

static INIT_TEXT bool colour_fits(uint8_t position, uint8_t size, uint8_t bits_per_pixel)
{
	return size && size <= 8 && position + size <= bits_per_pixel;
}

INIT_TEXT void parse_screen(struct boot_info *boot, const struct boot_screen *screen,
			    const struct framebuffer_colours *colours)
{
	uint8_t bits = screen->bits_per_pixel;

	if (!screen->width || !screen->height || !screen->base ||
	    (uint64_t)screen->pitch * 8 < (uint64_t)screen->width * bits) {
		return;
	}
	if (screen->kind == BOOT_SCREEN_RGB &&
	    (bits < 15 || bits > 32 ||
	     !colour_fits(colours->red_position, colours->red_size, bits) ||
	     !colour_fits(colours->green_position, colours->green_size, bits) ||
	     !colour_fits(colours->blue_position, colours->blue_size, bits))) {
		return;
	}
	boot->screen = *screen;
	if (screen->kind == BOOT_SCREEN_RGB) {
		boot->screen.red.position = colours->red_position;
		boot->screen.red.size = colours->red_size;
		boot->screen.green.position = colours->green_position;
		boot->screen.green.size = colours->green_size;
		boot->screen.blue.position = colours->blue_position;
		boot->screen.blue.size = colours->blue_size;
	}
}

/*
 * GRUB2 gives what stands behind the file's name, which is what we keep; QEMU gives the file's
 * name too.
 */
static INIT_TEXT void drop_file_names(struct boot_info *boot)
{
	if (memcmp(boot->loader, "qemu", 4) != 0) {
		return;
	}
	for (size_t i = 0; i < boot->module_count; i++) {
		char *line = boot->modules[i].cmdline, *rest = line;

		while (*rest && *rest != ' ') {
			rest++;
		}
		rest += *rest == ' ';
		memmove(line, rest, strlen(rest) + 1);
	}
}

/* A loader that does not look writes a large module over what else there is, or to nowhere. */
static INIT_TEXT bool modules_in_memory(const struct boot_info *boot)
{
	for (size_t i = 0; i < boot->module_count; i++) {
		if (!memory_map_is(&boot->map, boot->modules[i].base, boot->modules[i].size,
				   MEMORY_USABLE)) {
			return false;
		}
	}
	return true;
}

INIT_TEXT const char *parse_finish(struct boot_info *boot)
{
	if (!boot->map.count) {
		return "the loader gives no memory map; use GRUB2, or QEMU with -kernel";
	}
	if (!memory_map_usable(&boot->map)) {
		return "the loader's memory map has no usable memory; try another loader";
	}
	if (!modules_in_memory(boot)) {
		return "a module of the loader does not lie in usable memory; give the machine more "
		       "memory or make the initrd smaller";
	}
	drop_file_names(boot);
	return NULL;
}
