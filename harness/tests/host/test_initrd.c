/* SPDX-License-Identifier: BSD-2-Clause */
/* with: boot/linux/initrd.c */
/* What an initrd begins with, in each form that a kernel unpacks. */
#include "boot/linux/initrd.h"

#include "harness/tests/host/check.h"

struct beginning {
	const char *what, *bytes;
	size_t size;
};
#define BEGINNING(what, bytes)                 \
	{                                      \
		what, bytes, sizeof(bytes) - 1 \
	}

static const struct beginning known[] = {
	BEGINNING("cpio", "070701"),
	BEGINNING("cpio with checksums", "070702"),
	BEGINNING("gzip", "\x1f\x8b"),
	BEGINNING("bzip2", "BZh"),
	BEGINNING("xz", "\xfd\x37\x7a\x58\x5a"),
	BEGINNING("zstd", "\x28\xb5\x2f\xfd"),
	BEGINNING("lz4", "\x02\x21\x4c\x18"),
	BEGINNING("lzo", "\x89LZO"),
	BEGINNING("lzma", "\x5d\0"),
};
static const struct beginning unknown[] = {
	BEGINNING("nothing", ""),
	BEGINNING("old cpio", "070707"),
	BEGINNING("zeros", "\0\0\0\0\0\0\0\0"),
	BEGINNING("a kernel", "MZ\xea\x07"),
	BEGINNING("text", "This is no initrd"),
	BEGINNING("lzma's first byte", "\x5d\x5d"),
};

/* In a block of the size that is told, so that a read behind it is found. */
static bool ask(const struct beginning *file, size_t size)
{
	char *copy = malloc(size ? size : 1);
	bool answer;

	CHECK(copy);
	memcpy(copy, file->bytes, size);
	answer = initrd_known(copy, size);
	free(copy);
	return answer;
}

int main(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		check_case = known[i].what;
		CHECK(ask(&known[i], known[i].size));
		CHECK(!ask(&known[i], known[i].size - 1));
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		check_case = unknown[i].what;
		CHECK(!ask(&unknown[i], unknown[i].size));
	}
	return 0;
}
