/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads domain-specs and macro-strings by the grammar of RFC 7208 7.1. */
#include "spf/spf_domain_spec.h"

#include "base/ascii.h"

#include <string.h>

static const struct reason no_domain = { "missing_domain", "the domain is missing", "RFC 7208 7.1" };
static const struct reason bad_domain = { "bad_domain", "the domain ends neither in a top-level label nor in a macro",
					  "RFC 7208 7.1" };
static const struct reason address_as_domain = { "address_as_domain",
						 "an address where a name belongs; ip4: may be meant", "RFC 7208 7.1" };
static const struct reason bad_character = { "bad_character", "a control character, or a byte that is not ASCII",
					     "RFC 7208 7.1" };
static const struct reason bad_macro = { "bad_macro", "a '%' that begins no macro", "RFC 7208 7.1" };
static const struct reason explanation_macro = { "explanation_macro",
						 "%{c}, %{r} and %{t} are for explanations only", "RFC 7208 7.2" };
static const struct reason zero_parts = { "zero_parts", "a macro that keeps no part of its value", "RFC 7208 7.3" };

/* --- macro-string (RFC 7208 7.1) --- */

/* "{" macro-letter transformers *delimiter "}" at text; *length_r with both braces. */
static const struct reason *scan_braces(const char *text, const char *end, bool explanation, char *letter_r,
					size_t *length_r)
{
	const char *at = text + 1;
	bool nonzero = false, digits = false;

	if (at == end || !ascii_is_alpha(*at))
		return &bad_macro;
	*letter_r = (char)(*at++ | 0x20);
	if (!strchr(explanation ? "slodipvhcrt" : "slodipvh", *letter_r))
		return strchr("crt", *letter_r) ? &explanation_macro : &bad_macro;
	for (; at < end && ascii_is_digit(*at); at++) {
		digits = true;
		nonzero = nonzero || *at != '0';
	}
	if (digits && !nonzero)
		return &zero_parts;
	if (at < end && (*at == 'r' || *at == 'R'))
		at++;
	while (at < end && *at != '\0' && strchr(".-+,/_=", *at))
		at++;
	if (at == end || *at != '}')
		return &bad_macro;
	*length_r = (size_t)(at + 1 - text);
	return NULL;
}

/*
 * macro-string, whole.  explanation: may %{c}, %{r} and %{t} be in it?  *tail_r is where the literal behind the last
 * macro begins.
 */
static const struct reason *scan_macros(const char *text, size_t length, bool explanation,
					struct spf_domain_spec *spec_r, const char **tail_r)
{
	const char *at = text, *end = text + length;

	*spec_r = (struct spf_domain_spec){ .text = text, .length = length };
	*tail_r = text;
	while (at < end) {
		if (*at != '%') {
			if (*at < 0x21 || *at > 0x7e)
				return &bad_character;
			at++;
			continue;
		}
		spec_r->has_macros = true;
		at++;
		if (at < end && *at == '{') {
			const struct reason *wrong;
			size_t braces;
			char letter;

			wrong = scan_braces(at, end, explanation, &letter, &braces);
			if (wrong)
				return wrong;
			spec_r->has_client_name = spec_r->has_client_name || letter == 'p';
			at += braces;
		} else if (at < end && (*at == '%' || *at == '_' || *at == '-')) {
			at++;
		} else {
			return &bad_macro;
		}
		*tail_r = at;
	}
	return NULL;
}

/* --- domain-spec (RFC 7208 7.1) --- */

/* toplabel: letters, digits and inner hyphens, but not digits alone. */
static bool is_toplabel(const char *label, size_t length)
{
	bool not_numeric = false;

	if (length == 0 || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!ascii_is_alphanum(label[i]) && label[i] != '-')
			return false;
		not_numeric = not_numeric || !ascii_is_digit(label[i]);
	}
	return not_numeric;
}

/* domain-end, where it is literal: "." toplabel ["."]. */
static bool is_domain_end(const char *tail, size_t length)
{
	const char *dot;

	if (length > 0 && tail[length - 1] == '.')
		length--;
	dot = memrchr(tail, '.', length);
	return dot && is_toplabel(dot + 1, (size_t)(tail + length - dot) - 1);
}

static bool looks_like_address(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!ascii_is_digit(text[i]) && text[i] != '.')
			return false;
	return true;
}

const struct reason *spf_domain_spec_parse(const char *text, size_t length, struct spf_domain_spec *spec_r)
{
	const struct reason *wrong;
	const char *tail;

	if (length == 0)
		return &no_domain;
	wrong = scan_macros(text, length, false, spec_r, &tail);
	if (wrong)
		return wrong;
	if (tail == text + length || is_domain_end(tail, (size_t)(text + length - tail)))
		return NULL;
	return looks_like_address(text, length) ? &address_as_domain : &bad_domain;
}

const struct reason *spf_macro_string_check(const char *text, size_t length)
{
	struct spf_domain_spec unused;
	const char *tail;

	return scan_macros(text, length, true, &unused, &tail);
}
