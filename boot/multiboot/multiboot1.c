/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot Specification 0.6.96, section 3.3: boot information format. */
#include "boot/multiboot/multiboot.h"

#include "boot/multiboot/parse.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

enum {
	INFO_MODS = 1 << 3,
	INFO_MMAP = 1 << 6,
	INFO_BOOT_LOADER_NAME = 1 << 9,
	INFO_FRAMEBUFFER = 1 << 12,
};

struct info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4],
		mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name,
		apm_table, vbe_control_info, vbe_mode_info;
	uint16_t vbe_mode, vbe_interface_seg, vbe_interface_off, vbe_interface_len;
	uint64_t framebuffer_addr;
	uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
	uint8_t framebuffer_bpp, framebuffer_type;
	struct framebuffer_colours colours;
} __attribute__((packed));

struct module {
	uint32_t mod_start, mod_end, string, reserved;
} __attribute__((packed));

/* `size` does not count itself. */
struct mmap_entry {
	uint32_t size;
	uint64_t base_addr, length;
	uint32_t type;
} __attribute__((packed));

/* A buffer that is larger than this is a mistake of the loader. */
#define MMAP_MAX 0x10000

/* Copies the string at an address; what fits if it is too long. */
static INIT_TEXT const char *read_string(memory_view *view, uint64_t address, char *to, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const char *from = view(address + i, 1);

		if (!from) {
			to[0] = '\0';
			return "a string of the loader does not lie below 4 GiB; try another loader";
		}
		to[i] = *from;
		if (!*from) {
			return NULL;
		}
	}
	to[size - 1] = '\0';
	return STRING_TOO_LONG;
}

static INIT_TEXT const char *parse_mmap(memory_view *view, const struct info *info,
					struct boot_info *boot)
{
	uint64_t offset = 0, length = info->mmap_length;

	if (length > MMAP_MAX) {
		return "the loader's memory map has an impossible length; try another loader";
	}
	while (offset < length) {
		const struct mmap_entry *entry;
		const char *error;

		if (length - offset < sizeof(*entry)) {
			return "the loader's memory map ends inside an entry; try another loader";
		}
		entry = view(info->mmap_addr + offset, sizeof(*entry));
		if (!entry) {
			return "the loader's memory map does not lie below 4 GiB; try another loader";
		}
		if (entry->size < sizeof(*entry) - sizeof(entry->size) ||
		    entry->size > length - offset - sizeof(entry->size)) {
			return "an entry of the loader's memory map has an impossible size; try "
			       "another loader";
		}
		error = parse_memory(boot, entry->base_addr, entry->length, entry->type);
		if (error) {
			return error;
		}
		offset += sizeof(entry->size) + entry->size;
	}
	return NULL;
}

static INIT_TEXT const char *parse_modules(memory_view *view, const struct info *info,
					   struct boot_info *boot)
{
	for (uint32_t i = 0; i < info->mods_count; i++) {
		const struct module *module =
			view(info->mods_addr + (uint64_t)i * sizeof(*module), sizeof(*module));
		struct boot_module *last;
		const char *error;

		if (!module) {
			return "the loader's list of modules does not lie below 4 GiB; try another "
			       "loader";
		}
		error = parse_module(boot, module->mod_start, module->mod_end);
		if (error) {
			return error;
		}
		last = &boot->modules[boot->module_count - 1];
		if (module->string) {
			error = read_string(view, module->string, last->cmdline,
					    sizeof(last->cmdline));
		}
		if (error) {
			return error;
		}
	}
	return NULL;
}

static INIT_TEXT void parse_framebuffer(const struct info *info, struct boot_info *boot)
{
	struct boot_screen screen = {
		.kind = info->framebuffer_type == FRAMEBUFFER_RGB ? BOOT_SCREEN_RGB
								  : BOOT_SCREEN_TEXT,
		.base = info->framebuffer_addr,
		.pitch = info->framebuffer_pitch,
		.width = info->framebuffer_width,
		.height = info->framebuffer_height,
		.bits_per_pixel = info->framebuffer_bpp,
	};

	if (info->framebuffer_type != FRAMEBUFFER_INDEXED &&
	    info->framebuffer_type <= FRAMEBUFFER_EGA_TEXT) {
		parse_screen(boot, &screen, &info->colours);
	}
}

INIT_TEXT const char *multiboot1_parse(memory_view *view, uint64_t address, struct boot_info *boot)
{
	const struct info *info = view(address, sizeof(*info));
	const char *error = NULL;

	memset(boot, 0, sizeof(*boot));
	boot->path = "multiboot 1";
	if (!info) {
		return "the loader's information does not lie below 4 GiB; try another loader";
	}
	if (info->flags & INFO_BOOT_LOADER_NAME) {
		/* A name that cannot be read, or not as a whole, is no reason to stop. */
		read_string(view, info->boot_loader_name, boot->loader, sizeof(boot->loader));
	}
	if (info->flags & INFO_MMAP) {
		error = parse_mmap(view, info, boot);
	}
	if (!error && info->flags & INFO_MODS) {
		error = parse_modules(view, info, boot);
	}
	if (!error && info->flags & INFO_FRAMEBUFFER) {
		parse_framebuffer(info, boot);
	}
	return error ? error : parse_finish(boot);
}
