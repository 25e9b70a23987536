/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot Specification 2.0, section 3.6: boot information format. */
#include "boot/multiboot/multiboot.h"

#include "boot/multiboot/parse.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

enum {
	TAG_END = 0,
	TAG_BOOT_LOADER_NAME = 2,
	TAG_MODULE = 3,
	TAG_MMAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
};

struct info {
	uint32_t total_size, reserved;
} __attribute__((packed));

struct tag {
	uint32_t type, size; /* of the tag with this header, without what pads it to 8 bytes */
} __attribute__((packed));

struct tag_module {
	struct tag tag;
	uint32_t mod_start, mod_end;
	char string[];
} __attribute__((packed));

struct tag_mmap {
	struct tag tag;
	uint32_t entry_size, entry_version;
	uint8_t entries[];
} __attribute__((packed));

struct mmap_entry {
	uint64_t base_addr, length;
	uint32_t type, reserved;
} __attribute__((packed));

struct tag_framebuffer {
	struct tag tag;
	uint64_t addr;
	uint32_t pitch, width, height;
	uint8_t bpp, type;
	uint16_t reserved;
	struct framebuffer_colours colours;
} __attribute__((packed));

/* More than any loader gives: an EFI memory map and SMBIOS tables are some 100 KiB. */
#define TOTAL_SIZE_MAX 0x100000

static INIT_TEXT const char *parse_module_tag(const struct tag *tag, struct boot_info *boot)
{
	const struct tag_module *module = (const void *)tag;
	const char *error;

	if (tag->size < sizeof(*module)) {
		return "a module tag of the loader is too short; try another loader";
	}
	error = parse_module(boot, module->mod_start, module->mod_end);
	if (error) {
		return error;
	}
	return parse_string(boot->modules[boot->module_count - 1].cmdline, BOOT_CMDLINE,
			    module->string, tag->size - sizeof(*module));
}

static INIT_TEXT const char *parse_mmap_tag(const struct tag *tag, struct boot_info *boot)
{
	const struct tag_mmap *mmap = (const void *)tag;

	if (tag->size < sizeof(*mmap) || mmap->entry_size < sizeof(struct mmap_entry)) {
		return "the loader's memory map has entries that are too short; try another loader";
	}
	for (size_t left = tag->size - sizeof(*mmap), at = 0; left; left -= mmap->entry_size) {
		const struct mmap_entry *entry = (const void *)&mmap->entries[at];
		const char *error;

		if (left < mmap->entry_size) {
			return "the loader's memory map ends inside an entry; try another loader";
		}
		error = parse_memory(boot, entry->base_addr, entry->length, entry->type);
		if (error) {
			return error;
		}
		at += mmap->entry_size;
	}
	return NULL;
}

static INIT_TEXT void parse_framebuffer_tag(const struct tag *tag, struct boot_info *boot)
{
	const struct tag_framebuffer *framebuffer = (const void *)tag;
	struct boot_screen screen = { .kind = BOOT_SCREEN_TEXT };

	if (tag->size < sizeof(*framebuffer) - sizeof(framebuffer->colours)) {
		return;
	}
	screen.base = framebuffer->addr;
	screen.pitch = framebuffer->pitch;
	screen.width = framebuffer->width;
	screen.height = framebuffer->height;
	screen.bits_per_pixel = framebuffer->bpp;
	if (framebuffer->type == FRAMEBUFFER_EGA_TEXT) {
		parse_screen(boot, &screen, NULL);
	} else if (framebuffer->type == FRAMEBUFFER_RGB && tag->size >= sizeof(*framebuffer)) {
		screen.kind = BOOT_SCREEN_RGB;
		parse_screen(boot, &screen, &framebuffer->colours);
	}
}

/* Keeps a copy of the RSDP, of which the new kind is the longer one and wins. */
static INIT_TEXT const char *parse_acpi_tag(const struct tag *tag, uint64_t address,
					    struct boot_info *boot)
{
	size_t size = tag->type == TAG_ACPI_NEW ? 36 : 20; /* ACPI 6.5, table 5.3 */

	if (tag->size < sizeof(*tag) + size) {
		return "the loader's copy of the RSDP is too short; try another loader";
	}
	if (size > boot->rsdp_copy_size) {
		memcpy(boot->rsdp_copy, tag + 1, size);
		boot->rsdp_copy_size = size;
		boot->rsdp = address + sizeof(*tag);
	}
	return NULL;
}

static INIT_TEXT const char *parse_tag(const struct tag *tag, uint64_t address,
				       struct boot_info *boot)
{
	switch (tag->type) {
	case TAG_BOOT_LOADER_NAME:
		/* A name that is too long is no reason to stop. */
		parse_string(boot->loader, sizeof(boot->loader), (const char *)(tag + 1),
			     tag->size - sizeof(*tag));
		return NULL;
	case TAG_MODULE:
		return parse_module_tag(tag, boot);
	case TAG_MMAP:
		return parse_mmap_tag(tag, boot);
	case TAG_FRAMEBUFFER:
		parse_framebuffer_tag(tag, boot);
		return NULL;
	case TAG_ACPI_OLD:
	case TAG_ACPI_NEW:
		return parse_acpi_tag(tag, address, boot);
	default:
		return NULL;
	}
}

static INIT_TEXT const char *parse_tags(const uint8_t *bytes, uint64_t address, uint32_t size,
					struct boot_info *boot)
{
	uint32_t at = sizeof(struct info);

	while (size - at >= sizeof(struct tag)) {
		const struct tag *tag = (const void *)&bytes[at];
		const char *error;

		if (tag->size < sizeof(*tag) || tag->size > size - at) {
			return "a tag of the loader's information has an impossible size; try "
			       "another loader";
		}
		if (tag->type == TAG_END) {
			return parse_finish(boot);
		}
		error = parse_tag(tag, address + at, boot);
		if (error) {
			return error;
		}
		/* What pads the last tag may be missing. */
		at += (tag->size + 7) & ~7u;
		if (at > size) {
			break;
		}
	}
	return "the loader's information has no end tag; try another loader";
}

INIT_TEXT const char *multiboot2_parse(memory_view *view, uint64_t address, struct boot_info *boot)
{
	const struct info *info = view(address, sizeof(*info));
	const uint8_t *bytes;
	uint32_t size;

	memset(boot, 0, sizeof(*boot));
	boot->path = "multiboot 2";
	if (!info) {
		return "the loader's information does not lie below 4 GiB; try another loader";
	}
	size = info->total_size;
	if (address % 8 || size < sizeof(*info) || size > TOTAL_SIZE_MAX) {
		return "the loader's information has an impossible size or address; try another "
		       "loader";
	}
	bytes = view(address, size);
	if (!bytes) {
		return "the loader's information does not lie below 4 GiB; try another loader";
	}
	return parse_tags(bytes, address, size, boot);
}
