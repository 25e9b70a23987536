/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parsers of the information that a multiboot loader leaves in memory. Pure: memory is read
 * through a view, all lengths and addresses are checked before they are used, and what is kept is
 * copied. They give back NULL, or one line that says what is wrong and what would help; then
 * `boot` holds nothing of use.
 */
#ifndef BOOT_MULTIBOOT_MULTIBOOT_H
#define BOOT_MULTIBOOT_MULTIBOOT_H

#include "phases/boot_info.h"
#include "phases/memory/view.h"

/* EAX at entry (Multiboot Specification 0.6.96 and 2.0, section 3.2 and 3.3). */
#define MULTIBOOT1_LOADER_MAGIC 0x2badb002
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289

const char *multiboot1_parse(memory_view *view, uint64_t address, struct boot_info *boot);
const char *multiboot2_parse(memory_view *view, uint64_t address, struct boot_info *boot);

#endif
