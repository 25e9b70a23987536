/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of functions that phases/phasegraph puts into the image. Pure.
 *
 * Form, little endian: u32 count; u32 offset[count], ascending; u32 name[count], from the first
 * name's first byte; the names, each with its NUL.
 */
#ifndef PHASES_PANIC_SYMBOLS_H
#define PHASES_PANIC_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The name of the last function that begins at or before `offset`, and in *into how far behind its
 * beginning that is. NULL: there is none, or the table is not whole.
 */
const char *symbol_lookup(const void *table, size_t size, uint32_t offset, uint32_t *into);

#endif
