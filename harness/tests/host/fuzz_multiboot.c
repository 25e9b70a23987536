/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/multiboot/multiboot1.c boot/multiboot/multiboot2.c boot/multiboot/parse.c phases/memory/map.c */
/* The first byte chooses the version; the rest is memory from INFO on. */
#include "boot/multiboot/multiboot.h"

#include "harness/tests/host/fuzz.h"
#include "harness/tests/host/multiboot_input.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static uint8_t input[1 + INFO_SIZE];

	memory.base = INFO;
	memory.bytes = input + 1;
	input[0] = 1;
	multiboot1_input();
	fuzz_seed(*argc, *argv, "multiboot1", input, 1 + 0x500);
	input[0] = 2;
	multiboot2_input();
	fuzz_seed(*argc, *argv, "multiboot2", input, 1 + tag_next - INFO);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct boot_info boot;
	const char *error;

	if (!size) {
		return 0;
	}
	memory.size = size - 1;
	memory.bytes = (uint8_t *)data + 1;
	error = (data[0] & 1 ? multiboot1_parse : multiboot2_parse)(memory_at, INFO, &boot);
	memory_forget();
	if (!error) {
		/* What was accepted holds what boot.h says. */
		for (size_t i = 0; i < boot.module_count; i++) {
			if (!boot.modules[i].size || boot.modules[i].size > UINT32_MAX ||
			    strlen(boot.modules[i].cmdline) >= BOOT_CMDLINE) {
				abort();
			}
		}
		if (!boot.map.count || boot.map.count > MEMORY_MAP_RANGES ||
		    strlen(boot.loader) >= sizeof(boot.loader)) {
			abort();
		}
	}
	return 0;
}
