/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/linux/initrd.h"

#include <stddef.h>

#include "phases/memory/string.h"
#include "phases/phase.h"

/*
 * A cpio archive in the "newc" form, or what it is compressed with (Linux:
 * Documentation/driver-api/early-userspace/buffer-format.rst, and lib/decompress.c).
 */
static const char *const beginnings[] = {
	"070701",           /* cpio */
	"070702",           /* cpio with checksums */
	"\x1f\x8b",         /* gzip */
	"BZh",              /* bzip2 */
	"\3757zXZ",         /* xz */
	"\x28\xb5\x2f\xfd", /* zstd */
	"\x02\x21\x4c\x18", /* lz4, its legacy form */
	"\x89LZO",          /* lzo */
	"\x5d",             /* lzma; a zero follows */
};

INIT_TEXT bool initrd_known(const void *file, uint64_t size)
{
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		size_t length = strlen(beginnings[i]);

		length += length == 1; /* the string's own zero is lzma's */

		if (size >= length && !memcmp(file, beginnings[i], length)) {
			return true;
		}
	}
	return false;
}
