/* SPDX-License-Identifier: BSD-2-Clause */
#include "phases/log/format.h"

#include <stdbool.h>
#include <stdint.h>

struct output {
	char *buffer;
	size_t size;
	size_t length; /* of the whole text, also of what found no room */
};

/* One conversion: what stands between % and its letter. */
struct spec {
	bool left;   /* - */
	bool zero;   /* 0 */
	bool prefix; /* # */
	size_t width;
	size_t precision; /* SIZE_MAX: not given */
	bool wide;        /* l, ll, z: 64 bits, like a pointer */
};

#define DIGITS_MAX 20 /* of 2^64 - 1 */

static void put(struct output *output, char c)
{
	if (output->length + 1 < output->size) {
		output->buffer[output->length] = c;
	}
	output->length++;
}

static void put_padding(struct output *output, char c, size_t length, size_t width)
{
	for (; length < width; length++) {
		put(output, c);
	}
}

/* `sign` ("", "-", "0x") comes before padding zeros and after padding blanks. */
static void put_field(struct output *output, const struct spec *spec, const char *sign,
		      const char *text, size_t length)
{
	bool zero = spec->zero && !spec->left;
	size_t whole = length;

	for (const char *s = sign; *s; s++) {
		whole++;
	}
	if (!spec->left && !zero) {
		put_padding(output, ' ', whole, spec->width);
	}
	for (const char *s = sign; *s; s++) {
		put(output, *s);
	}
	if (zero) {
		put_padding(output, '0', whole, spec->width);
	}
	for (size_t i = 0; i < length; i++) {
		put(output, text[i]);
	}
	if (spec->left) {
		put_padding(output, ' ', whole, spec->width);
	}
}

static void put_number(struct output *output, const struct spec *spec, const char *sign,
		       uint64_t value, unsigned base, const char *digits)
{
	char text[DIGITS_MAX];
	size_t begin = sizeof(text);

	do {
		text[--begin] = digits[value % base];
		value /= base;
	} while (value);
	put_field(output, spec, sign, text + begin, sizeof(text) - begin);
}

static void put_string(struct output *output, struct spec *spec, const char *text)
{
	size_t length = 0;

	if (!text) {
		text = "(null)";
	}
	while (length < spec->precision && text[length]) {
		length++;
	}
	spec->zero = false;
	put_field(output, spec, "", text, length);
}

static size_t parse_number(const char **format)
{
	size_t number = 0;

	while (**format >= '0' && **format <= '9' && number < 10000) {
		number = number * 10 + (size_t)(*(*format)++ - '0');
	}
	return number;
}

static struct spec parse_spec(const char **format)
{
	struct spec spec = { .precision = SIZE_MAX };

	for (; **format == '-' || **format == '0' || **format == '#'; (*format)++) {
		spec.left |= **format == '-';
		spec.zero |= **format == '0';
		spec.prefix |= **format == '#';
	}
	spec.width = parse_number(format);
	if (**format == '.') {
		(*format)++;
		spec.precision = parse_number(format);
	}
	for (; **format == 'l' || **format == 'z'; (*format)++) {
		spec.wide = true;
	}
	return spec;
}

/* One conversion. The list is passed by pointer, as it goes on from where this one has left it. */
static void put_conversion(struct output *output, struct spec *spec, char letter,
			   va_list *arguments)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	int64_t number;
	uint64_t value;

	switch (letter) {
	case 'd':
	case 'i':
		number = spec->wide ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
		put_number(output, spec, number < 0 ? "-" : "",
			   number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, lower);
		break;
	case 'u':
	case 'x':
	case 'X':
		value = spec->wide ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);
		put_number(output, spec, spec->prefix && letter != 'u' && value ? "0x" : "", value,
			   letter == 'u' ? 10 : 16, letter == 'X' ? upper : lower);
		break;
	case 'p':
		put_number(output, spec, "0x", (uintptr_t)va_arg(*arguments, void *), 16, lower);
		break;
	case 'c':
		spec->zero = false;
		put_field(output, spec, "", (char[]){ (char)va_arg(*arguments, int) }, 1);
		break;
	case 's':
		put_string(output, spec, va_arg(*arguments, const char *));
		break;
	default: /* %%, and what is not known is shown as it stands */
		if (letter != '%') {
			put(output, '%');
		}
		put(output, letter);
	}
}

size_t format_vtext(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct output output = { .buffer = buffer, .size = size };
	va_list rest;

	va_copy(rest, arguments);
	while (*format) {
		struct spec spec;

		if (*format != '%') {
			put(&output, *format++);
			continue;
		}
		format++;
		spec = parse_spec(&format);
		if (!*format) {
			break;
		}
		put_conversion(&output, &spec, *format++, &rest);
	}
	va_end(rest);
	if (size) {
		buffer[output.length < size ? output.length : size - 1] = '\0';
	}
	return output.length;
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_vtext(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}
