/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/boot_info.h"

#include "arch/x86/cpu/physical.h"
#include "boot/multiboot/entry.h"
#include "boot/multiboot/multiboot.h"
#include "phases/phase.h"

INIT_BSS struct boot_info boot_info;

PHASE(boot_info, global, boot_info_init,
      .does = "reads and checks what the multiboot loader says: memory map, modules, screen",
      .vital = true);
PHASE_ONLY(boot_info, boot_multiboot);
PHASE_WANTS(boot_info, console, "where it refuses, somebody must read why");
PHASE_NEEDS(boot_info, physical_memory, "what the loader says lies in physical memory");

static enum phase_result boot_info_init(void)
{
	const char *error;

	switch (multiboot_magic) {
	case MULTIBOOT1_LOADER_MAGIC:
		error = multiboot1_parse(physical_map, multiboot_info_address, &boot_info);
		break;
	case MULTIBOOT2_LOADER_MAGIC:
		error = multiboot2_parse(physical_map, multiboot_info_address, &boot_info);
		break;
	default:
		return phase_failed("started with %#x in EAX, which is no multiboot loader; use "
				    "GRUB2's multiboot2 command",
				    multiboot_magic);
	}
	return error ? phase_failed("%s", error) : PHASE_DONE;
}
