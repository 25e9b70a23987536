/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/linux/bzimage.c boot/linux/place.c phases/memory/map.c */
/* The input is a file, which is parsed and, where it is accepted, placed in 256 MiB of memory. */
#include "boot/linux/place.h"

#include "harness/tests/host/bzimage_input.h"
#include "harness/tests/host/fuzz.h"

static struct memory_map map;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t file[BZIMAGE_SIZE];

	bzimage_input(file);
	fuzz_seed(*argc, *argv, "bzimage", file, sizeof(file));
	memory_map_add(&map, 0x1000, 0x9e000, MEMORY_USABLE);
	memory_map_add(&map, 0x100000, 0xff00000, MEMORY_USABLE);
	memory_map_set(&map, 0x3000000, 0x1000, MEMORY_RESERVED);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bzimage image;
	struct linux_plan plan;
	struct linux_request request = {
		.map = &map,
		.header = &image.header,
		.initrd = { 0x200000, 0x123456 },
		.boot_data_size = 0x8000,
	};

	if (bzimage_parse(data, size, &image)) {
		return 0;
	}
	if (image.setup_size + image.kernel_size > size ||
	    image.header_size > sizeof(image.header_bytes)) {
		abort();
	}
	request.kernel = (struct memory_span){ 0x100000 + image.setup_size, image.kernel_size };
	if (!linux_place(&request, &plan) &&
	    !memory_map_is(&map, plan.kernel, image.header.init_size, MEMORY_USABLE)) {
		abort();
	}
	return 0;
}
