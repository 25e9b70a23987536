/* SPDX-License-Identifier: BSD-2-Clause */
/* What the compiler calls by itself, and the few others that are used, as in the C standard. */
#ifndef PHASES_MEMORY_STRING_H
#define PHASES_MEMORY_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *memory, int value, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

#endif
