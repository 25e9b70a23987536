/* SPDX-License-Identifier: BSD-2-Clause */
/* printf for a freestanding program. Pure. */
#ifndef PHASES_LOG_FORMAT_H
#define PHASES_LOG_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * %d %i %u %x %X %c %s %p %%, with l, ll, z, a width, a precision for %s, `-`, `0` and `#`. Writes
 * at most `size` bytes, the NUL included, and gives back how many the whole text has without it.
 */
size_t format_text(char *buffer, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t format_vtext(char *buffer, size_t size, const char *format, va_list arguments);

#endif
