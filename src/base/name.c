/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges the argument of EHLO and domain names by the grammar of RFC 5321. */
#include "base/name.h"

#include "base/ascii.h"
#include "base/idn.h"
#include "base/literal_address.h"

#include <string.h>
#include <strings.h>

#define LABEL_MAX 63
#define NAME_MAX_OCTETS 253	/* RFC 1035 2.3.4: 255 on the wire */

/* --- what is wrong, or tolerated --- */

static const struct reason empty_name = { "empty", "the argument is empty", "RFC 5321 4.1.1.1" };
static const struct reason control_byte = { "control_byte", "a control character or a space", "RFC 5321 4.1.2" };
static const struct reason eight_bit = { "eight_bit", "a byte above 0x7f; names are sent as A-labels",
					 "RFC 6531 3.7.1" };
static const struct reason empty_label = { "empty_label", "a label is empty", "RFC 5321 4.1.2" };
static const struct reason bad_character = { "bad_character", "a character that no host name has",
					     "RFC 5321 4.1.2" };
static const struct reason label_too_long = { "label_too_long", "a label of more than 63 octets",
					      "RFC 1035 2.3.4" };
static const struct reason name_too_long = { "name_too_long", "a name of more than 253 octets",
					     "RFC 1035 2.3.4" };
static const struct reason numeric_last_label = { "numeric_last_label", "the last label is all digits",
						  "RFC 1123 2.1" };
static const struct reason bad_literal = { "bad_literal", "in brackets, but no address literal",
					   "RFC 5321 4.1.3" };
/* softfail: the intent is plain */
static const struct reason bare_address = { "bare_address", "an address without brackets", "RFC 5321 4.1.3" };
static const struct reason untagged_literal = { "untagged_literal", "an IPv6 literal without its tag IPv6:",
						"RFC 5321 4.1.3" };
static const struct reason text_after_literal = { "text_after_literal", "something stands behind the literal",
						  "RFC 5321 4.1.3" };
static const struct reason hyphen_at_edge = { "hyphen_at_edge", "a label begins or ends with a hyphen",
					      "RFC 5321 4.1.2" };
/* tolerated */
static const struct reason underscore = { "underscore", "tolerated: an underscore", "RFC 5321 4.1.2" };
static const struct reason trailing_dot = { "trailing_dot", "tolerated: a final dot", "RFC 5321 2.3.5" };
static const struct reason leading_zeros = { "leading_zeros", "tolerated: leading zeros are decimal",
					     "RFC 5321 4.1.3" };
static const struct reason tag_case = { "tag_case", "tolerated: the tag has no case", "RFC 5321 4.1.3" };
static const struct reason v4_mapped = { "v4_mapped", "tolerated: an IPv4 address mapped into IPv6",
					 "RFC 4291 2.5.5.2" };

/* --- bytes --- */

static const bool of_label[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['-'] = true
};

/* --- address literals --- */

static bool has_tag(const char *text, size_t length)
{
	return length >= 5 && strncasecmp(text, "IPv6:", 5) == 0;
}

/* What stands between the brackets. */
static bool parse_literal(const char *text, size_t length, struct ehlo_name *name_r)
{
	bool zeros = false, mapped = false;
	bool tagged = has_tag(text, length);

	if (!tagged && literal_address_v4(text, length, &name_r->address, &zeros)) {
		name_r->kind = EHLO_IPV4_LITERAL;
		name_r->reason = zeros ? &leading_zeros : NULL;
		return true;
	}
	if (!literal_address_v6(text + (tagged ? 5 : 0), length - (tagged ? 5 : 0), &name_r->address, &zeros, &mapped))
		return false;
	name_r->kind = EHLO_IPV6_LITERAL;
	if (!tagged) {
		name_r->syntax = NAME_SOFTFAIL;
		name_r->reason = &untagged_literal;
	} else if (memcmp(text, "IPv6:", 5) != 0) {
		name_r->reason = &tag_case;
	} else if (zeros || mapped) {
		name_r->reason = mapped ? &v4_mapped : &leading_zeros;
	}
	return true;
}

bool literal_parse(const char *text, size_t length, struct ip *ip_r)
{
	struct ehlo_name name = { .syntax = NAME_PASS };

	if (length < 2 || text[0] != '[' || text[length - 1] != ']' ||
	    !parse_literal(text + 1, length - 2, &name) || name.syntax != NAME_PASS)
		return false;
	*ip_r = name.address;
	return true;
}

/* --- domains --- */

/* What stands out in a domain: the first thing that is wrong, and milder things beside it. */
struct domain_look {
	const struct reason *wrong;
	bool edge_hyphen;
	bool underscore;
	size_t labels;
	bool last_numeric;
};

static const struct reason *character_flaw(unsigned char c)
{
	if (c > 0x7f)
		return &eight_bit;
	return c <= 0x20 || c == 0x7f ? &control_byte : &bad_character;
}

/* One label of text[start..end). */
static void look_at_label(const char *text, size_t start, size_t end, struct domain_look *look)
{
	look->labels++;
	look->last_numeric = end > start;
	if (end == start && !look->wrong)
		look->wrong = &empty_label;
	if (end - start > LABEL_MAX && !look->wrong)
		look->wrong = &label_too_long;
	for (size_t i = start; i < end && look->last_numeric; i++)
		look->last_numeric = ascii_is_digit(text[i]);
	if (end > start && (text[start] == '-' || text[end - 1] == '-'))
		look->edge_hyphen = true;
}

/* text[0..length) without its final dot. */
static void look_at_domain(const char *text, size_t length, struct domain_look *look)
{
	const struct reason *flaw = NULL;
	size_t start = 0;

	*look = (struct domain_look){ .wrong = NULL };
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (of_label[c])
			continue;
		if (c == '.') {
			look_at_label(text, start, i, look);
			start = i + 1;
		} else if (c == '_') {
			look->underscore = true;
		} else if (!flaw) {
			flaw = character_flaw(c);
		}
	}
	look_at_label(text, start, length, look);
	if (length > NAME_MAX_OCTETS && !look->wrong)
		look->wrong = &name_too_long;
	if (flaw)
		look->wrong = flaw;
}

static size_t without_dot(const char *text, size_t length)
{
	return length > 0 && text[length - 1] == '.' ? length - 1 : length;
}

/* text[0..length) in lower case, without final dot; false: it is no domain. */
static bool copy_domain(const char *text, size_t length, char domain_r[NAME_TEXT_BYTES])
{
	static const char lower[256] = {
		['0'] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ['-'] = '-', ['.'] = '.', ['_'] = '_',
		['A'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't',
		'u', 'v', 'w', 'x', 'y', 'z',
		['a'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't',
		'u', 'v', 'w', 'x', 'y', 'z',
	};
	size_t start = 0;

	if (length > NAME_MAX_OCTETS)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = lower[(unsigned char)text[i]];

		domain_r[i] = c;
		if (c > '.')
			continue;
		/* A label is not empty, nor does it begin or end with a hyphen. */
		if (c == '\0' || i == start)
			return false;
		if (c == '.') {
			if (domain_r[i - 1] == '-' || i - start > LABEL_MAX)
				return false;
			start = i + 1;
		}
	}
	domain_r[length] = '\0';
	return length > start && length - start <= LABEL_MAX && domain_r[length - 1] != '-';
}

bool domain_valid(const char *text, size_t length)
{
	char domain[NAME_TEXT_BYTES];

	return copy_domain(text, without_dot(text, length), domain);
}

/* What is no host name may be an internationalised one. */
static bool to_ascii(const char *text, size_t length, char *ascii_r, size_t size)
{
	bool ascii = true;

	if (length >= size)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\0')
			return false;
		ascii = ascii && (unsigned char)text[i] < 0x80;
	}
	memcpy(ascii_r, text, length);
	ascii_r[length] = '\0';
	return !ascii && idn_to_ascii(ascii_r, ascii_r, size);
}

bool domain_normalise(const char *text, size_t length, char domain_r[NAME_TEXT_BYTES])
{
	char copy[4 * NAME_TEXT_BYTES];

	length = without_dot(text, length);
	if (copy_domain(text, length, domain_r) ||
	    (to_ascii(text, length, copy, sizeof copy) && copy_domain(copy, strlen(copy), domain_r)))
		return true;
	domain_r[0] = '\0';
	return false;
}

bool domain_equal(const char *a, const char *b)
{
	size_t length = without_dot(a, strlen(a));

	return length == without_dot(b, strlen(b)) && strncasecmp(a, b, length) == 0;
}

/* --- the argument of EHLO --- */

static void judge(struct ehlo_name *name, enum name_syntax syntax, const struct reason *reason)
{
	name->syntax = syntax;
	name->reason = reason;
	if (syntax == NAME_FAIL)
		name->kind = EHLO_INVALID;
}

static void parse_bracketed(const char *argument, size_t length, struct ehlo_name *name_r)
{
	const char *close = memchr(argument, ']', length);

	if (!close || !parse_literal(argument + 1, (size_t)(close - argument) - 1, name_r)) {
		judge(name_r, NAME_FAIL, &bad_literal);
		return;
	}
	if (close + 1 < argument + length)
		judge(name_r, NAME_SOFTFAIL, &text_after_literal);
}

/* An address without brackets, one final dot taken off ("the dot does not make it a name"). */
static bool parse_bare(const char *argument, size_t length, struct ehlo_name *name_r)
{
	bool zeros = false, mapped = false;

	if (!literal_address_v4(argument, without_dot(argument, length), &name_r->address, &zeros) &&
	    !literal_address_v6(argument, length, &name_r->address, &zeros, &mapped))
		return false;
	name_r->kind = EHLO_BARE_IP;
	judge(name_r, NAME_SOFTFAIL, &bare_address);
	return true;
}

static void parse_domain(const char *argument, size_t length, struct ehlo_name *name_r)
{
	size_t bare_length = without_dot(argument, length);
	struct domain_look look;

	look_at_domain(argument, bare_length, &look);
	name_r->kind = look.labels > 1 ? EHLO_FQDN : EHLO_UNQUALIFIED;
	if (look.wrong)
		judge(name_r, NAME_FAIL, look.wrong);
	else if (look.last_numeric)
		judge(name_r, NAME_FAIL, &numeric_last_label);
	else if (look.edge_hyphen)
		judge(name_r, NAME_SOFTFAIL, &hyphen_at_edge);
	else if (look.underscore)
		judge(name_r, NAME_PASS, &underscore);
	else if (bare_length < length)
		judge(name_r, NAME_PASS, &trailing_dot);
}

void ehlo_name_parse(const char *argument, struct ehlo_name *name_r)
{
	size_t length = strlen(argument);

	*name_r = (struct ehlo_name){ .kind = EHLO_INVALID, .syntax = NAME_PASS };
	if (length == 0)
		judge(name_r, NAME_FAIL, &empty_name);
	else if (argument[0] == '[')
		parse_bracketed(argument, length, name_r);
	else if (!parse_bare(argument, length, name_r))
		parse_domain(argument, length, name_r);
}

const char *ehlo_kind_word(enum ehlo_kind kind)
{
	static const char *const words[] = {
		[EHLO_FQDN] = "fqdn",
		[EHLO_UNQUALIFIED] = "unqualified",
		[EHLO_IPV4_LITERAL] = "ipv4_literal",
		[EHLO_IPV6_LITERAL] = "ipv6_literal",
		[EHLO_BARE_IP] = "bare_ip",
		[EHLO_INVALID] = "invalid",
	};

	return words[kind];
}
