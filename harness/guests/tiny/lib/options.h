/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of the command line: `name=value`. */
#ifndef TINY_LIB_OPTIONS_H
#define TINY_LIB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Copies the command line, which lies in the loader's memory. */
void options_init(const char *command_line);

/* The value of `name=`, or `otherwise`. */
const char *option_text(const char *name, const char *otherwise);
uint64_t option_number(const char *name, uint64_t otherwise); /* decimal, or hexadecimal with 0x */

/* `hv=1`: the guest runs above the hypervisor, whose promises are tested as well. */
bool above_hypervisor(void);

bool same_text(const char *a, const char *b);

#endif
