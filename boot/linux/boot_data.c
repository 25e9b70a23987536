/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/linux/boot_data.h"

#include "phases/memory/string.h"
#include "phases/phase.h"

#define PRESENT_WRITABLE 0x003 /* APM volume 2, section 5.3: P, R/W */
#define LARGE_PAGE       0x080 /* PS */
#define TWO_MIB          (1ull << 21)

/* Base 0, limit 4 GiB, present, privilege level 0, accessed (APM volume 2, section 4.8). */
#define CODE_64 0x00af9b000000ffff
#define DATA    0x00cf93000000ffff

INIT_TEXT void linux_page_tables(struct linux_boot_data *data, uint64_t address)
{
	uint64_t directories = address + offsetof(struct linux_boot_data, page_directories);

	memset(data->pml4, 0, sizeof(data->pml4));
	memset(data->pdpt, 0, sizeof(data->pdpt));
	data->pml4[0] = (address + offsetof(struct linux_boot_data, pdpt)) | PRESENT_WRITABLE;
	for (uint64_t gib = 0; gib < 4; gib++) {
		data->pdpt[gib] = (directories + gib * 4096) | PRESENT_WRITABLE;
		for (uint64_t i = 0; i < 512; i++) {
			data->page_directories[gib][i] =
				(gib * 512 + i) * TWO_MIB | LARGE_PAGE | PRESENT_WRITABLE;
		}
	}
}

INIT_TEXT void linux_descriptors(struct linux_boot_data *data)
{
	memset(data->gdt, 0, sizeof(data->gdt));
	data->gdt[BOOT_CS / 8] = CODE_64;
	data->gdt[BOOT_DS / 8] = DATA;
}
