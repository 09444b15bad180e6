/* SPDX-License-Identifier: BSD-2-Clause */
/* Expands macro strings by RFC 7208 7, from the left with a window over their end. */
#include "spf/spf_macro.h"

#include "base/ascii.h"
#include "base/ip.h"

#include <string.h>
#include <strings.h>

#define LABEL_MAX 63
#define PARTS_MAX 1000		/* what a transformer says beyond it makes no difference */
#define ADDRESS_TEXT_BYTES 64	/* 32 nibbles, 31 dots, NUL */

/* --- the window: of a long expansion only the end is wanted --- */

#define WINDOW_BYTES 1024
#define WINDOW_KEPT (SPF_NAME_OCTETS_MAX + 2)	/* with the dot before it, and a final one */

struct window {
	char bytes[WINDOW_BYTES];
	size_t length;
};

static void add(struct window *window, char c)
{
	if (window->length == sizeof window->bytes) {
		memmove(window->bytes, window->bytes + window->length - WINDOW_KEPT, WINDOW_KEPT);
		window->length = WINDOW_KEPT;
	}
	window->bytes[window->length++] = c;
}

/* RFC 3986 2.3. */
static bool is_unreserved(char c)
{
	return ascii_is_alphanum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void add_part(struct window *window, const char *text, size_t length, bool url)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < length; i++) {
		if (!url || is_unreserved(text[i])) {
			add(window, text[i]);
			continue;
		}
		add(window, '%');
		add(window, hex[(unsigned char)text[i] >> 4]);
		add(window, hex[(unsigned char)text[i] & 15]);
	}
}

static void finish(const struct window *window, struct spf_name *name_r)
{
	size_t length = window->length, start = 0;

	if (length > 0 && window->bytes[length - 1] == '.')
		length--;
	if (length > SPF_NAME_OCTETS_MAX) {
		start = length - SPF_NAME_OCTETS_MAX;
		while (start < length && window->bytes[start - 1] != '.')
			start++;
	}
	(void)spf_name_set(name_r, window->bytes + start, length - start);
}

/* --- one macro --- */

struct macro {
	char letter;		/* lower case */
	bool url;		/* it was upper case */
	size_t parts;		/* 0: all */
	bool reversed;
	const char *delimiters;
	size_t delimiter_count;
};

/* text: behind "%{", as spf_record_parse() has passed it; returns what follows the "}". */
static const char *read_macro(const char *text, struct macro *macro_r)
{
	*macro_r = (struct macro){ .letter = (char)(*text | 0x20), .url = !(*text & 0x20) };
	for (text++; ascii_is_digit(*text); text++)
		if (macro_r->parts < PARTS_MAX)
			macro_r->parts = macro_r->parts * 10 + (size_t)(*text - '0');
	macro_r->reversed = *text == 'r' || *text == 'R';
	text += macro_r->reversed;
	macro_r->delimiters = text;
	while (*text != '}')
		text++;
	macro_r->delimiter_count = (size_t)(text - macro_r->delimiters);
	if (macro_r->delimiter_count == 0) {
		macro_r->delimiters = ".";
		macro_r->delimiter_count = 1;
	}
	return text + 1;
}

static bool splits(const struct macro *macro, char c)
{
	return memchr(macro->delimiters, c, macro->delimiter_count) != NULL;
}

/* The parts in reverse, joined by dots; of these the last ones are the first of value. */
static void add_reversed(struct window *window, const struct macro *macro, const char *value, size_t length)
{
	size_t end = 0, parts = 0;

	for (; end < length; end++)
		if (splits(macro, value[end]) && ++parts == macro->parts)
			break;
	for (;;) {
		size_t start = end;

		while (start > 0 && !splits(macro, value[start - 1]))
			start--;
		add_part(window, value + start, end - start, macro->url);
		if (start == 0)
			return;
		add(window, '.');
		end = start - 1;
	}
}

static void add_straight(struct window *window, const struct macro *macro, const char *value, size_t length)
{
	size_t start = length, parts = 0;

	for (; start > 0; start--)
		if (splits(macro, value[start - 1]) && ++parts == macro->parts)
			break;
	for (;;) {
		size_t end = start;

		while (end < length && !splits(macro, value[end]))
			end++;
		add_part(window, value + start, end - start, macro->url);
		if (end == length)
			return;
		add(window, '.');
		start = end + 1;
	}
}

/* RFC 7208 7.3: dotted quads, or dotted nibbles. */
static void address_text(const struct ip *ip, char text_r[ADDRESS_TEXT_BYTES])
{
	static const char hex[] = "0123456789abcdef";

	if (ip->family != IP_V6) {
		ip_format(ip, text_r);
		return;
	}
	for (size_t i = 0; i < 16; i++) {
		text_r[4 * i] = hex[ip->bytes[i] >> 4];
		text_r[4 * i + 1] = '.';
		text_r[4 * i + 2] = hex[ip->bytes[i] & 15];
		text_r[4 * i + 3] = '.';
	}
	text_r[ADDRESS_TEXT_BYTES - 1] = '\0';
}

struct value {
	const char *bytes;
	size_t length;
};

static struct value value_of(char letter, const struct spf_macro_values *values, char address[ADDRESS_TEXT_BYTES])
{
	const char *text = "";

	switch (letter) {
	case 's':
		return (struct value){ values->sender, values->sender_length };
	case 'l':
		return (struct value){ values->sender, values->local_part_length };
	case 'o':
		return (struct value){ values->sender + values->local_part_length + 1,
				       values->sender_length - values->local_part_length - 1 };
	case 'h':
		return (struct value){ values->ehlo, values->ehlo_length };
	case 'd':
		return (struct value){ values->domain->bytes, values->domain->length };
	case 'i':
		address_text(values->client, address);
		text = address;
		break;
	case 'v':
		text = values->client->family == IP_V6 ? "ip6" : "in-addr";
		break;
	case 'p':
		text = values->client_name;
		break;
	}
	return (struct value){ text, strlen(text) };
}

static void add_macro(struct window *window, const struct macro *macro, const struct spf_macro_values *values)
{
	char address[ADDRESS_TEXT_BYTES];
	struct value value = value_of(macro->letter, values, address);

	if (macro->reversed)
		add_reversed(window, macro, value.bytes, value.length);
	else
		add_straight(window, macro, value.bytes, value.length);
}

void spf_expand(const struct spf_domain_spec *spec, const struct spf_macro_values *values, struct spf_name *name_r)
{
	const char *at = spec->text, *end = spec->text + spec->length;
	struct window window = { .length = 0 };
	struct macro macro;

	while (at < end) {
		if (*at != '%') {
			add(&window, *at++);
			continue;
		}
		switch (at[1]) {
		case '{':
			at = read_macro(at + 2, &macro);
			add_macro(&window, &macro, values);
			continue;
		case '_':
			add(&window, ' ');
			break;
		case '-':
			add_part(&window, " ", 1, true);
			break;
		default:
			add(&window, '%');
			break;
		}
		at += 2;
	}
	finish(&window, name_r);
}

/* --- names --- */

bool spf_name_set(struct spf_name *name, const char *text, size_t length)
{
	bool fits = length <= SPF_NAME_OCTETS_MAX;

	name->length = fits ? length : 0;
	memcpy(name->bytes, text, name->length);
	name->bytes[name->length] = '\0';
	return fits;
}

static char *add_octet(char *to, char c)
{
	unsigned char octet = (unsigned char)c;

	if (octet > 0x20 && octet < 0x7f && !strchr("\"#$();@\\", c)) {
		*to++ = ascii_lower(c);
		return to;
	}
	*to++ = '\\';
	*to++ = (char)('0' + octet / 100);
	*to++ = (char)('0' + octet / 10 % 10);
	*to++ = (char)('0' + octet % 10);
	return to;
}

bool spf_name_question(const struct spf_name *name, char text_r[DNS_NAME_BYTES])
{
	char *to = text_r;
	size_t label = 0;

	for (size_t i = 0; i <= name->length; i++) {
		if (i == name->length || name->bytes[i] == '.') {
			if (label == 0 || label > LABEL_MAX) {
				text_r[0] = '\0';
				return false;
			}
			label = 0;
			if (i < name->length)
				*to++ = '.';
			continue;
		}
		label++;
		to = add_octet(to, name->bytes[i]);
	}
	*to = '\0';
	return true;
}

bool spf_name_is_under(const char *name, const char *domain)
{
	size_t length = strlen(name), domain_length = strlen(domain);
	size_t backslashes = 0;

	if (length < domain_length || strcasecmp(name + length - domain_length, domain) != 0)
		return false;
	if (length == domain_length)
		return true;
	if (domain_length == 0 || name[length - domain_length - 1] != '.')
		return false;
	/* "a\.example" is one label */
	while (backslashes + 1 < length - domain_length && name[length - domain_length - 2 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 0;
}
