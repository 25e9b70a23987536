/* SPDX-License-Identifier: BSD-2-Clause */
/* What an initrd begins with. Pure. */
#ifndef BOOT_LINUX_INITRD_H
#define BOOT_LINUX_INITRD_H

#include <stdbool.h>
#include <stdint.h>

/* True if a kernel may know how to unpack a file of `size` bytes that begins so. */
bool initrd_known(const void *file, uint64_t size);

#endif
