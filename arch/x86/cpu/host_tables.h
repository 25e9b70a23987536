/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own page tables: its image and pages (text read-only, data not executable,
 * guard pages absent), the windows, and, while the bring-up runs, physical memory below 4 GiB.
 */
#ifndef ARCH_X86_CPU_HOST_TABLES_H
#define ARCH_X86_CPU_HOST_TABLES_H

#include <stdbool.h>
#include <stdint.h>

/* Takes one page of the image or of pages_alloc() out of the tables. */
void host_tables_unmap(const void *address);

/* Fills these whole pages of the image, whatever they were mapped as, and takes them out. */
void host_tables_discard(const uint8_t *begin, const uint8_t *end);

/* Sets the entry of a page in the windows' 2 MiB. */
void host_tables_window(uint64_t address, uint64_t entry);

/* True if the byte is mapped in the image or in the pages behind it. */
bool host_tables_mapped(uint64_t address);

/* The physical address of the top table, below 4 GiB. */
uint64_t host_tables_root(void);

#endif
