/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the header fields of SPF by their grammar: what a client chose must not have changed their structure. */
#ifndef UNIT_SPF_FIELDS_H
#define UNIT_SPF_FIELDS_H

#include <stdbool.h>
#include <string.h>

static inline bool field_printable(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* Behind the quote or parenthesis that closes what at[0] opens; NULL: it is not closed, or holds what it must not. */
static inline const char *field_skip_enclosed(const char *at, char close)
{
	for (at++; *at != close; at++) {
		if (*at == '\\')
			at++;
		else if (*at == '(' || *at == '"')
			return NULL;
		if (!field_printable(*at))
			return NULL;
	}
	return at + 1;
}

/* A quoted string, or a run of characters that none of also and no space or special ends. */
static inline const char *field_skip_value(const char *at, const char *specials)
{
	const char *start = at;

	if (*at == '"')
		return field_skip_enclosed(at, '"');
	while (field_printable(*at) && *at != ' ' && !strchr(specials, *at))
		at++;
	return at == start ? NULL : at;
}

static inline const char *field_skip_text(const char *at, const char *text)
{
	return at && strncmp(at, text, strlen(text)) == 0 ? at + strlen(text) : NULL;
}

/* key "=" value, for exactly these keys in this order ("a b c"). */
static inline bool field_is_received(const char *field, const char *result, const char *keys)
{
	const char *at = field_skip_text(field_skip_text(field, result), "\n\t");

	at = at && *at == '(' ? field_skip_enclosed(at, ')') : NULL;
	while (at && *keys != '\0') {
		size_t length = strcspn(keys, " ");

		at = field_skip_text(at, "\n\t");
		if (!at || strncmp(at, keys, length) != 0 || at[length] != '=')
			return false;
		at = field_skip_text(field_skip_value(at + length + 1, "()<>[]:;@\\,\""), ";");
		keys += length + (keys[length] == ' ');
	}
	return at && *at == '\0';
}

/* spf=result [reason=quoted] [property=value]; property NULL: there is none. */
static inline bool field_is_auth_result(const char *field, const char *result, bool reason, const char *property)
{
	const char *at = field_skip_text(field_skip_text(field, "spf="), result);

	if (reason)
		at = field_skip_text(at, " reason=");
	if (reason && at)
		at = field_skip_value(at, "()<>@,;:\\\"/[]?=");
	if (property)
		at = field_skip_text(field_skip_text(field_skip_text(at, " "), property), "=");
	if (property && at)
		at = field_skip_value(at, "()<>@,;:\\\"/[]?=");
	return at && *at == '\0';
}

/* RFC 5322 2.1.1: no line of more than 998 octets. */
static inline bool field_lines_fit(const char *field)
{
	for (;;) {
		size_t length = strcspn(field, "\n");

		if (length > 900)
			return false;
		if (field[length] == '\0')
			return true;
		field += length + 1;
	}
}

#endif
