/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader left in EAX and EBX, kept by the entry code. */
#ifndef BOOT_MULTIBOOT_ENTRY_H
#define BOOT_MULTIBOOT_ENTRY_H

#include <stdint.h>

extern uint32_t multiboot_magic, multiboot_info_address;

#endif
