/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/linux/bzimage.h"

#include "phases/memory/string.h"
#include "phases/phase.h"

#define SECTOR        512
#define BOOT_FLAG     0xaa55
#define HEADER_MAGIC  0x53726448 /* "HdrS" */
#define VERSION_2_12  0x020c     /* the first with xloadflags: Linux 3.8 */
#define LOADED_HIGH   1
#define XLF_KERNEL_64 1
#define PAGE          4096
#define ONE_MIB       0x100000

/* What placing the kernel counts on. */
static INIT_TEXT const char *check_placement(const struct setup_header *header)
{
	uint32_t align = header->kernel_alignment;

	if (align < PAGE || align & (align - 1) || header->pref_address % align) {
		return "the kernel's header asks for an impossible alignment; use another kernel";
	}
	if (!header->init_size || header->pref_address < ONE_MIB ||
	    header->pref_address > UINT32_MAX - header->init_size) {
		return "the kernel's header asks for an impossible place; use another kernel";
	}
	return NULL;
}

static INIT_TEXT const char *check_header(const struct setup_header *header)
{
	if (header->boot_flag != BOOT_FLAG || header->header != HEADER_MAGIC) {
		return "the first module is no Linux kernel; put the bzImage (vmlinuz) first";
	}
	if (header->version < VERSION_2_12 || !(header->loadflags & LOADED_HIGH) ||
	    !(header->xloadflags & XLF_KERNEL_64)) {
		return "the kernel has no 64-bit entry; use a 64-bit kernel, 3.8 or newer";
	}
	return check_placement(header);
}

/* Sizes that the header gives, against the file's. */
static INIT_TEXT const char *check_sizes(const struct setup_header *header, uint64_t size,
					 struct bzimage *image)
{
	uint64_t kernel_size = (uint64_t)header->syssize * 16;

	/* 0 stands for 4, for very old kernels. */
	image->setup_size = SECTOR * (1ull + (header->setup_sects ? header->setup_sects : 4));
	image->header_size = 0x202 + header->jump_distance - SETUP_HEADER;
	if (image->header_size < sizeof(*header) ||
	    image->header_size > sizeof(image->header_bytes) ||
	    image->setup_size < SETUP_HEADER + image->header_size) {
		return "the kernel's header has an impossible length; use another kernel";
	}
	if (!kernel_size || kernel_size > header->init_size) {
		return "the kernel's header has an impossible size; use another kernel";
	}
	if (size < image->setup_size || size - image->setup_size < kernel_size) {
		return "the kernel is truncated: the file is shorter than its header says; copy it "
		       "anew";
	}
	/* What stands behind the kernel proper (a signature, say) goes along as far as there is room. */
	image->kernel_size = size - image->setup_size;
	if (image->kernel_size > header->init_size) {
		image->kernel_size = header->init_size;
	}
	return NULL;
}

INIT_TEXT const char *bzimage_parse(const void *file, uint64_t size, struct bzimage *image)
{
	const char *error;

	if (size < SETUP_HEADER_MAX) {
		return "the first module is too short to be a Linux kernel; put the bzImage "
		       "(vmlinuz) first";
	}
	memcpy(image->header_bytes, (const uint8_t *)file + SETUP_HEADER,
	       sizeof(image->header_bytes));
	error = check_header(&image->header);
	return error ? error : check_sizes(&image->header, size, image);
}
