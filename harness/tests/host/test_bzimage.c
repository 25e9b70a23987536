/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/linux/bzimage.c */
#include "boot/linux/bzimage.h"

#include "harness/tests/host/bzimage_input.h"
#include "harness/tests/host/check.h"

static struct bzimage image;

/* In memory of just that size, so that the sanitizer sees a read beyond it. */
static const char *parse(const uint8_t *file, uint64_t size)
{
	uint8_t *copy = malloc(size);
	const char *error;

	memcpy(copy, file, size);
	error = bzimage_parse(copy, size, &image);
	free(copy);
	return error;
}

static void good(void)
{
	uint8_t file[BZIMAGE_SIZE + 0x100];

	check_case = "good";
	memset(file, 0, sizeof(file));
	bzimage_input(file);
	CHECK_OK(parse(file, BZIMAGE_SIZE));
	CHECK_EQ(image.setup_size, 4096);
	CHECK_EQ(image.kernel_size, KERNEL_SIZE);
	CHECK_EQ(image.header_size, 0x7b);
	CHECK_EQ(image.header.pref_address, 0x1000000);
	CHECK_EQ(image.header_bytes[sizeof(struct setup_header)], 0x55);
	CHECK_OK(parse(file, sizeof(file))); /* with a signature behind it */
	CHECK_EQ(image.kernel_size, KERNEL_SIZE + 0x100);
	memcpy(file + 0x260, &(uint32_t){ KERNEL_SIZE + 0x80 }, 4); /* init_size: no more room */
	CHECK_OK(parse(file, sizeof(file)));
	CHECK_EQ(image.kernel_size, KERNEL_SIZE + 0x80);
	file[SETUP_HEADER] = 0; /* 4 sectors */
	CHECK_OK(parse(file, BZIMAGE_SIZE));
	CHECK_EQ(image.setup_size, 5 * 512);
}

static void cut(void)
{
	uint8_t file[BZIMAGE_SIZE];

	check_case = "cut";
	bzimage_input(file);
	for (check_round = 0; check_round < BZIMAGE_SIZE; check_round++) {
		CHECK_ERROR(parse(file, check_round),
			    check_round < SETUP_HEADER_MAX ? "too short" : "truncated");
	}
}

/* The good file with one field changed. */
#define CHANGED(field, value, words)                                  \
	do {                                                          \
		uint8_t file[BZIMAGE_SIZE];                           \
		struct setup_header header = bzimage_header();        \
                                                                      \
		check_case = #field " " #value;                       \
		header.field = value;                                 \
		bzimage_input(file);                                  \
		memcpy(file + SETUP_HEADER, &header, sizeof(header)); \
		CHECK_ERROR(parse(file, BZIMAGE_SIZE), words);        \
	} while (0)

static void bad(void)
{
	CHANGED(boot_flag, 0, "no Linux kernel");
	CHANGED(header, 0x53726449, "no Linux kernel");
	CHANGED(version, 0x20b, "64-bit");
	CHANGED(loadflags, 0, "64-bit");
	CHANGED(xloadflags, 0x7e, "64-bit");
	CHANGED(kernel_alignment, 0, "alignment");
	CHANGED(kernel_alignment, 0x300000, "alignment");
	CHANGED(kernel_alignment, 0x800, "alignment");
	CHANGED(kernel_alignment, 0x80000000, "alignment");
	CHANGED(pref_address, 0x1000001, "alignment");
	CHANGED(pref_address, 0, "impossible place");
	CHANGED(pref_address, 0xffe00000, "impossible place");
	CHANGED(pref_address, 0x7fffffffffe00000, "impossible place");
	CHANGED(init_size, 0, "impossible place");
	CHANGED(init_size, 0xffffffff, "impossible place");
	CHANGED(init_size, KERNEL_SIZE - 1, "impossible size");
	CHANGED(init_size, KERNEL_SIZE, NULL);
	CHANGED(syssize, 0, "impossible size");
	CHANGED(syssize, 0xffffffff, "impossible size");
	CHANGED(syssize, KERNEL_SIZE / 16 + 1, "truncated");
	CHANGED(setup_sects, 255, "truncated");
	CHANGED(setup_sects, 1, NULL); /* the boot sector and one more */
	CHANGED(jump_distance, 0x65, "impossible length");
	CHANGED(jump_distance, 0x66, NULL);
	CHANGED(jump_distance, 0x8e, NULL);
	CHANGED(jump_distance, 0x8f, "impossible length");
	CHANGED(relocatable_kernel, 0, NULL);
}

int main(void)
{
	good();
	cut();
	bad();
	return 0;
}
