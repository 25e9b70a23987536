/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel reads at its start, in one stretch of its own memory, which it may take back.
 * Pure.
 */
#ifndef BOOT_LINUX_BOOT_DATA_H
#define BOOT_LINUX_BOOT_DATA_H

#include "boot/linux/zero_page.h"

/* Selectors that the kernel asks for (boot.rst, "64-bit Boot Protocol"). */
#define BOOT_CS 0x10
#define BOOT_DS 0x18

/* The page tables map the lowest 4 GiB one to one; all that the kernel is given lies there. */
struct linux_boot_data {
	uint64_t pml4[512], pdpt[512], page_directories[4][512];
	struct boot_params zero_page;
	char command_line[BOOT_CMDLINE];
	uint64_t gdt[4];
} __attribute__((aligned(4096)));

/* `address` is where `data` lies for the guest. */
void linux_page_tables(struct linux_boot_data *data, uint64_t address);
void linux_descriptors(struct linux_boot_data *data);

#endif
