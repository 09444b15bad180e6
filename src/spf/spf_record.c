/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads SPF records by the grammar of RFC 7208 12. */
#include "spf/spf_record.h"

#include "base/ascii.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define HEAD "v=spf1"
#define HEAD_LENGTH (sizeof HEAD - 1)

static const struct reason too_long = { "record_too_long", "the record has more than 2048 octets", "RFC 7208 3.4" };
static const struct reason unknown_mechanism = { "unknown_mechanism", "no mechanism has this name",
						 "RFC 7208 4.6.1" };
static const struct reason text_after_name = { "text_after_name", "the mechanism does not take what follows its name",
					       "RFC 7208 12" };
static const struct reason bad_address = { "bad_address", "this is no address of its kind", "RFC 7208 5.6" };
static const struct reason bad_prefix = { "bad_prefix_length", "the prefix length is malformed or too large",
					  "RFC 7208 5.6" };
static const struct reason bad_modifier = { "bad_modifier", "the name of a modifier is missing or malformed",
					    "RFC 7208 4.6.1" };
static const struct reason repeated_modifier = { "repeated_modifier", "redirect= or exp= stands twice",
						 "RFC 7208 6" };

/* --- prefix lengths (RFC 7208 5.6) --- */

/* DIGITs of "0" / non-zero 0*2DIGIT at text[*at]. */
static bool parse_bits(const char *text, size_t length, size_t *at, unsigned max, unsigned *bits_r)
{
	size_t start = *at;
	unsigned bits = 0;

	for (; *at < length && ascii_is_digit(text[*at]) && *at - start < 3; (*at)++)
		bits = bits * 10 + (unsigned)(text[*at] - '0');
	if (*at == start || bits > max || (text[start] == '0' && *at - start > 1))
		return false;
	*bits_r = bits;
	return true;
}

/* [ "/" ip4-bits ] [ "//" ip6-bits ], whole. */
static bool parse_dual_prefix(const char *text, size_t length, struct spf_term *term)
{
	size_t at = 0;

	if (length >= 2 && text[0] == '/' && text[1] != '/') {
		at = 1;
		if (!parse_bits(text, length, &at, 32, &term->prefix4_bits))
			return false;
	}
	if (length - at >= 2 && text[at] == '/' && text[at + 1] == '/') {
		at += 2;
		if (!parse_bits(text, length, &at, 128, &term->prefix6_bits))
			return false;
	}
	return at == length;
}

/*
 * How much of text is domain, when prefix lengths may follow: these are digits and slashes alone, and a domain ends
 * in neither after a slash ("foo/bar.example/24", "%{i}.100/86400.%{d}").
 */
static size_t domain_length(const char *text, size_t length)
{
	size_t start = length;
	const char *slash;

	while (start > 0 && (ascii_is_digit(text[start - 1]) || text[start - 1] == '/'))
		start--;
	slash = memchr(text + start, '/', length - start);
	return slash ? (size_t)(slash - text) : length;
}

/* --- directives (RFC 7208 5) --- */

enum takes { TAKES_NO, TAKES_MAY, TAKES_MUST };

static const struct form {
	const char *name;
	size_t length;
	enum spf_mechanism mechanism;
	enum takes domain;
	bool prefixes;
} forms[] = {
	{ "ip4", 3, SPF_MECHANISM_IP4, TAKES_NO, false },
	{ "ip6", 3, SPF_MECHANISM_IP6, TAKES_NO, false },
	{ "all", 3, SPF_MECHANISM_ALL, TAKES_NO, false },
	{ "include", 7, SPF_MECHANISM_INCLUDE, TAKES_MUST, false },
	{ "a", 1, SPF_MECHANISM_A, TAKES_MAY, true },
	{ "mx", 2, SPF_MECHANISM_MX, TAKES_MAY, true },
	{ "ptr", 3, SPF_MECHANISM_PTR, TAKES_MAY, false },
	{ "exists", 6, SPF_MECHANISM_EXISTS, TAKES_MUST, false },
};

static const struct form *find_form(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (forms[i].length == length && strncasecmp(forms[i].name, name, length) == 0)
			return &forms[i];
	return NULL;
}

/* ":" address [ "/" bits ]. */
static const struct reason *parse_network(const char *text, size_t length, bool v6, struct network *network_r)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = memchr(text, '/', length);
	size_t address_length = (slash ? (size_t)(slash - text) : length) - 1;
	size_t at = address_length + 2;

	*network_r = (struct network){ .ip.family = v6 ? IP_V6 : IP_V4, .prefix_bits = v6 ? 128 : 32 };
	if (address_length >= sizeof address || memchr(text, '\0', length))
		return &bad_address;
	memcpy(address, text + 1, address_length);
	address[address_length] = '\0';
	if (inet_pton(v6 ? AF_INET6 : AF_INET, address, network_r->ip.bytes) != 1)
		return &bad_address;
	if (slash && (!parse_bits(text, length, &at, network_r->prefix_bits, &network_r->prefix_bits) || at != length))
		return &bad_prefix;
	return NULL;
}

/* What follows the name of a mechanism. */
static const struct reason *parse_arguments(const char *text, size_t length, const struct form *form,
					    struct spf_term *term)
{
	size_t domain = 0;

	if (form->mechanism == SPF_MECHANISM_IP4 || form->mechanism == SPF_MECHANISM_IP6) {
		if (length == 0 || text[0] != ':')
			return &bad_address;
		return parse_network(text, length, form->mechanism == SPF_MECHANISM_IP6, &term->network);
	}
	if (length > 0 && text[0] == ':' && form->domain != TAKES_NO) {
		const struct reason *wrong;

		domain = form->prefixes ? domain_length(text, length) : length;
		wrong = spf_domain_spec_parse(text + 1, domain - 1, &term->domain);
		if (wrong)
			return wrong;
	} else if (form->domain == TAKES_MUST) {
		return spf_domain_spec_parse("", 0, &term->domain);
	}
	if (domain == length)
		return NULL;
	if (!form->prefixes || text[domain] != '/')
		return &text_after_name;
	return parse_dual_prefix(text + domain, length - domain, term) ? NULL : &bad_prefix;
}

/* [ qualifier ] mechanism; name_length: up to the first ':' or '/'. */
static const struct reason *parse_directive(const char *text, size_t length, size_t name_length,
					    struct spf_term *term)
{
	const struct form *form;

	*term = (struct spf_term){ .qualifier = '+', .text = text, .length = length, .prefix4_bits = 32,
				   .prefix6_bits = 128 };
	if (text[0] == '+' || text[0] == '-' || text[0] == '~' || text[0] == '?') {
		term->qualifier = *text++;
		length--;
		name_length--;
	}
	form = find_form(text, name_length);
	if (!form)
		return &unknown_mechanism;
	term->mechanism = form->mechanism;
	return parse_arguments(text + name_length, length - name_length, form, term);
}

/* --- modifiers (RFC 7208 6) --- */

static bool is_name(const char *text, size_t length)
{
	if (length == 0 || !ascii_is_alpha(text[0]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!ascii_is_alphanum(text[i]) && text[i] != '-' && text[i] != '_' && text[i] != '.')
			return false;
	return true;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

static const struct reason *parse_once(const char *text, size_t length, struct spf_domain_spec *spec)
{
	return spec->length > 0 ? &repeated_modifier : spf_domain_spec_parse(text, length, spec);
}

/* name "=" value; what an unknown modifier holds must still be a macro-string. */
static const struct reason *parse_modifier(const char *text, size_t length, size_t name_length,
					   struct spf_record *record, struct spf_domain_spec *explanation)
{
	const char *value = text + name_length + 1;
	size_t value_length = length - name_length - 1;
	if (!is_name(text, name_length))
		return &bad_modifier;
	if (is_word(text, name_length, "redirect"))
		return parse_once(value, value_length, &record->redirect);
	if (is_word(text, name_length, "exp"))
		return parse_once(value, value_length, explanation);
	return spf_macro_string_check(value, value_length);
}

/* --- the record (RFC 7208 4.6) --- */

bool spf_record_is(const char *bytes, size_t length)
{
	return length >= HEAD_LENGTH && strncasecmp(bytes, HEAD, HEAD_LENGTH) == 0 &&
	       (length == HEAD_LENGTH || bytes[HEAD_LENGTH] == ' ');
}

/* No term begins without a space before it. */
static size_t count_terms_max(const char *bytes, size_t length)
{
	size_t count = 0;

	for (size_t i = 1; i < length; i++)
		count += bytes[i - 1] == ' ' && bytes[i] != ' ';
	return count;
}

/* The first ':', '/' or '=' tells what the term is; without any it is a mechanism. */
static const struct reason *parse_term(const char *text, size_t length, struct spf_record *record,
				       struct spf_domain_spec *explanation)
{
	size_t name_length = 0;

	while (name_length < length && text[name_length] != ':' && text[name_length] != '/' &&
	       text[name_length] != '=')
		name_length++;
	if (name_length < length && text[name_length] == '=')
		return parse_modifier(text, length, name_length, record, explanation);
	return parse_directive(text, length, name_length, &record->terms[record->term_count++]);
}

enum spf_parse spf_record_parse(const char *bytes, size_t length, struct arena *arena, struct spf_record *record_r,
				struct spf_flaw *flaw_r)
{
	const char *at = bytes + HEAD_LENGTH, *end = bytes + length;
	struct spf_domain_spec explanation = { .length = 0 };

	*record_r = (struct spf_record){ .term_count = 0 };
	*flaw_r = (struct spf_flaw){ .reason = &too_long, .term = bytes };
	if (length > SPF_RECORD_OCTETS_MAX)
		return SPF_PARSE_FLAW;
	record_r->terms = arena_array(arena, count_terms_max(bytes, length), sizeof record_r->terms[0]);
	if (!record_r->terms)
		return SPF_PARSE_NO_MEMORY;
	while (at < end) {
		const char *space = memchr(at, ' ', (size_t)(end - at));
		size_t term_length = (size_t)((space ? space : end) - at);

		if (term_length > 0) {
			flaw_r->reason = parse_term(at, term_length, record_r, &explanation);
			flaw_r->term = at;
			flaw_r->length = term_length;
			if (flaw_r->reason)
				return SPF_PARSE_FLAW;
		}
		at += term_length + (space ? 1 : 0);
	}
	return SPF_PARSE_DONE;
}
