/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/lib/options.h"

static char line[2048], value[128];

void options_init(const char *command_line)
{
	for (unsigned i = 0; i < sizeof(line) - 1 && command_line[i]; i++) {
		line[i] = command_line[i];
	}
}

bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* What stands behind "name=" if a word begins so at `s`, or NULL. */
static const char *match(const char *s, const char *name)
{
	while (*name && *s == *name) {
		s++;
		name++;
	}
	return !*name && *s == '=' ? s + 1 : 0;
}

const char *option_text(const char *name, const char *otherwise)
{
	for (const char *s = line; *s; s++) {
		const char *found = s == line || s[-1] == ' ' ? match(s, name) : 0;
		unsigned n = 0;

		if (!found) {
			continue;
		}
		for (; *found && *found != ' ' && n < sizeof(value) - 1; found++) {
			value[n++] = *found;
		}
		value[n] = 0;
		return value;
	}
	return otherwise;
}

uint64_t option_number(const char *name, uint64_t otherwise)
{
	const char *s = option_text(name, 0);
	unsigned base = 10;
	uint64_t number = 0;

	if (!s) {
		return otherwise;
	}
	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	for (; *s; s++) {
		number = number * base + (*s <= '9' ? *s - '0' : (*s | 0x20) - 'a' + 10);
	}
	return number;
}

bool above_hypervisor(void)
{
	return option_number("hv", 0) != 0;
}
