/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks for the octets of an address in a name, without patterns: each form is a sequence of numbers. */
#include "core/embedded.h"

#include "base/ascii.h"
#include "base/name.h"

#include <string.h>
#include <strings.h>

/* --- the host part --- */

/* Second-level labels under which countries let names be registered, as far as many of them do. */
static const char *const generic_labels[] = {
	"ac", "co", "com", "ed", "edu", "go", "gob", "gov", "gouv", "gv", "id", "info", "ltd", "me", "mil", "ne",
	"net", "nhs", "nom", "or", "org", "plc", "sch",
};

static bool is_generic(const char *label, size_t length)
{
	for (size_t i = 0; i < sizeof generic_labels / sizeof generic_labels[0]; i++)
		if (strlen(generic_labels[i]) == length && strncasecmp(generic_labels[i], label, length) == 0)
			return true;
	return false;
}

/* Where the last label of name[0..length) begins. */
static size_t last_label(const char *name, size_t length)
{
	while (length > 0 && name[length - 1] != '.')
		length--;
	return length;
}

size_t name_host_part(const char *name, size_t length)
{
	size_t top, second, third;

	if (length > 0 && name[length - 1] == '.')
		length--;
	top = last_label(name, length);
	if (top == 0)
		return 0;
	second = last_label(name, top - 1);
	if (second == 0)
		return 0;
	if (length - top != 2 || !is_generic(name + second, top - 1 - second))
		return second - 1;
	third = last_label(name, second - 1);
	return third == 0 ? 0 : third - 1;
}

/* --- forms of an address --- */

/* Numbers side by side. */
struct form {
	unsigned base;
	unsigned digits_min;
	unsigned digits_max;
	const char *separators;		/* "": none stands between the numbers */
	bool zeros_cut;			/* a doubled separator stands for all zeros that follow */
};

#define VALUES_MAX 32

struct values {
	unsigned value[VALUES_MAX];
	size_t count;
};

/* -1: no digit of the base. */
static int digit(char c, unsigned base)
{
	if (ascii_is_digit(c))
		return c - '0';
	return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_separator(char c, const struct form *form)
{
	return c != '\0' && strchr(form->separators, c) != NULL;
}

/* The separator before the value at index; with zeros_cut it may stand for values too. */
static const char *skip_separator(const char *text, const struct form *form, const struct values *values,
				  size_t *index)
{
	if (form->separators[0] == '\0')
		return text;
	if (!is_separator(*text, form))
		return NULL;
	if (!form->zeros_cut || text[1] != text[0] || values->value[*index] != 0)
		return text + 1;
	while (*index < values->count && values->value[*index] == 0)
		++*index;
	return text + 2;
}

/* A number of the form that has the value: its end, or NULL. */
static const char *skip_number(const char *text, const struct form *form, unsigned value)
{
	unsigned number = 0, digits = 0;

	while (digits < form->digits_max && digit(text[digits], form->base) >= 0)
		number = number * form->base + (unsigned)digit(text[digits++], form->base);
	if (digits < form->digits_min || number != value)
		return NULL;
	return text + digits;
}

/* Are the values here, and does no digit follow them? */
static bool is_here(const char *text, const struct form *form, const struct values *values)
{
	size_t next = 0;

	while (text && next < values->count) {
		text = skip_number(text, form, values->value[next++]);
		if (text && next < values->count)
			text = skip_separator(text, form, values, &next);
	}
	return text && digit(*text, form->base) < 0;
}

/* Letters may stand right before a number ("ip12-34-56-78", "cable0c22384e"), digits not. */
static bool is_within(const char *text, const struct form *form, const struct values *values)
{
	for (const char *at = text; *at != '\0'; at++)
		if ((at == text || digit(at[-1], 10) < 0) && is_here(at, form, values))
			return true;
	return false;
}

/* In order or reversed. */
static bool holds(const char *text, const struct form *form, const struct values *values)
{
	struct values reversed = { .count = values->count };

	for (size_t i = 0; i < values->count; i++)
		reversed.value[i] = values->value[values->count - 1 - i];
	return is_within(text, form, values) || is_within(text, form, &reversed);
}

/* The bits of the address in pieces of width bits, which is 4, 8 or 16. */
static void cut(const struct ip *ip, size_t octets, unsigned width, struct values *values_r)
{
	values_r->count = octets * 8 / width;
	for (size_t i = 0; i < values_r->count; i++) {
		size_t bit = i * width;
		unsigned octet = ip->bytes[bit / 8];

		if (width == 16)
			values_r->value[i] = octet << 8 | ip->bytes[bit / 8 + 1];
		else
			values_r->value[i] = width == 8 ? octet : octet >> (4 - bit % 8) & 15;
	}
}

static bool holds_v4(const char *text, const struct ip *ip)
{
	static const struct form forms[] = {
		{ .base = 10, .digits_min = 1, .digits_max = 3, .separators = "-._x" },
		{ .base = 10, .digits_min = 3, .digits_max = 3, .separators = "" },
		{ .base = 16, .digits_min = 2, .digits_max = 2, .separators = "" },
		{ .base = 16, .digits_min = 2, .digits_max = 2, .separators = "-._" },
	};
	struct values octets;

	cut(ip, 4, 8, &octets);
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (holds(text, &forms[i], &octets))
			return true;
	return false;
}

static bool holds_v6(const char *text, const struct ip *ip)
{
	static const struct {
		unsigned width;
		struct form form;
	} forms[] = {
		{ 4, { .base = 16, .digits_min = 1, .digits_max = 1, .separators = "" } },
		{ 4, { .base = 16, .digits_min = 1, .digits_max = 1, .separators = "-._" } },
		{ 8, { .base = 16, .digits_min = 2, .digits_max = 2, .separators = "" } },
		{ 8, { .base = 16, .digits_min = 2, .digits_max = 2, .separators = "-._" } },
		{ 16, { .base = 16, .digits_min = 4, .digits_max = 4, .separators = "" } },
		{ 16, { .base = 16, .digits_min = 1, .digits_max = 4, .separators = "-._", .zeros_cut = true } },
	};
	struct values pieces;

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		cut(ip, 16, forms[i].width, &pieces);
		if (holds(text, &forms[i].form, &pieces))
			return true;
	}
	return false;
}

bool name_embeds_address(const char *name, const struct ip *ip)
{
	size_t length = name_host_part(name, strlen(name));
	char host[NAME_TEXT_BYTES];

	if (length == 0 || length >= sizeof host)
		return false;
	for (size_t i = 0; i < length; i++)
		host[i] = ascii_lower(name[i]);
	host[length] = '\0';
	return ip->family == IP_V6 ? holds_v6(host, ip) : holds_v4(host, ip);
}
