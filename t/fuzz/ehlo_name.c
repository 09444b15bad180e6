/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the argument of EHLO, domain names, address literals, and the escaper that shows them. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/name.h"

#include <strings.h>

/* What struct ehlo_name says of its members. */
static void check_members(const struct ehlo_name *name)
{
	bool is_literal = name->kind == EHLO_IPV4_LITERAL || name->kind == EHLO_IPV6_LITERAL;
	bool has_address = is_literal || name->kind == EHLO_BARE_IP;

	promise((name->kind == EHLO_INVALID) == (name->syntax == NAME_FAIL));
	promise((name->address.family != IP_NONE) == has_address);
	promise(name->kind != EHLO_BARE_IP || name->syntax == NAME_SOFTFAIL);
	promise(name->kind != EHLO_IPV4_LITERAL || name->address.family == IP_V4);
	promise(name->reason || name->syntax == NAME_PASS);
	promise(fuzz_printable(ehlo_kind_word(name->kind)));
	if (name->reason)
		promise(fuzz_printable(name->reason->word) && fuzz_printable(name->reason->text));
}

/* An address is read again from what is printed of it, as bare text and as literal. */
static void check_address(const struct ip *address)
{
	const char *tag = address->family == IP_V6 ? "IPv6:" : "";
	char text[IP_TEXT_BYTES], literal[IP_TEXT_BYTES + 8];
	struct network network;
	struct ehlo_name name;
	const char *error;
	struct ip ip;

	ip_format(address, text);
	promise(ip_parse(text, &ip) && ip_equal(&ip, address));
	promise(network_parse(text, &network, &error) && network_contains(&network, address));
	ehlo_name_parse(text, &name);
	promise(name.kind == EHLO_BARE_IP && ip_equal(&name.address, address));
	(void)snprintf(literal, sizeof literal, "[%s%s]", tag, text);
	promise(literal_parse(literal, strlen(literal), &ip) && ip_equal(&ip, address));
	ehlo_name_parse(literal, &name);
	promise(name.syntax == NAME_PASS && !name.reason && ip_equal(&name.address, address));
}

/* Where inet_pton() knows the address too, it is the same one. */
static void check_other_parser(const char *argument, const struct ip *address)
{
	const char *start = argument[0] == '[' ? argument + 1 : argument;
	char *text;
	struct ip ip;

	if (strncasecmp(start, "IPv6:", 5) == 0)
		start += 5;
	text = fuzz_text((const uint8_t *)start, strcspn(start, "]"));
	if (ip_parse(text, &ip))
		promise(ip_equal(&ip, address));
	free(text);
}

/* A name is also a domain, and its normal form has the same kind. */
static void check_name(const char *argument, const struct ehlo_name *name)
{
	char normal[NAME_TEXT_BYTES];
	struct ehlo_name again;

	promise(domain_valid(argument, strlen(argument)) == (name->syntax == NAME_PASS));
	if (name->syntax != NAME_PASS)
		return;
	promise(domain_normalise(argument, strlen(argument), normal));
	promise(domain_equal(argument, normal));
	promise((name->kind == EHLO_FQDN) == (strchr(normal, '.') != NULL));
	ehlo_name_parse(normal, &again);
	promise(again.kind == name->kind && again.syntax == NAME_PASS);
}

/* Nothing in SMTP's names and literals has case. */
static void check_case(const char *argument, const struct ehlo_name *name)
{
	char *swapped = fuzz_text((const uint8_t *)argument, strlen(argument));
	struct ehlo_name again;

	for (char *c = swapped; *c != '\0'; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'))
			*c ^= 0x20;
	ehlo_name_parse(swapped, &again);
	promise(again.kind == name->kind && again.syntax == name->syntax);
	promise(ip_equal(&again.address, &name->address));
	free(swapped);
}

static void check_argument(const char *argument)
{
	struct ehlo_name name;

	ehlo_name_parse(argument, &name);
	check_members(&name);
	check_case(argument, &name);
	if (name.address.family != IP_NONE) {
		check_address(&name.address);
		check_other_parser(argument, &name.address);
	}
	if (name.kind == EHLO_FQDN || name.kind == EHLO_UNQUALIFIED)
		check_name(argument, &name);
}

/* Any bytes, a NUL among them. */
static void check_domain(const char *text, size_t length)
{
	char normal[NAME_TEXT_BYTES], again[NAME_TEXT_BYTES];
	bool valid = domain_valid(text, length);
	bool normalised = domain_normalise(text, length, normal);
	bool ascii = true;

	for (size_t i = 0; i < length; i++)
		ascii = ascii && (unsigned char)text[i] < 0x80;
	promise(normalised || normal[0] == '\0');
	promise(ascii ? valid == normalised : !valid);
	if (!normalised)
		return;
	promise(domain_valid(normal, strlen(normal)) && normal[strlen(normal) - 1] != '.');
	promise(fuzz_printable(normal) && !normal[strcspn(normal, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ")]);
	promise(domain_normalise(normal, strlen(normal), again) && strcmp(normal, again) == 0);
}

static void check_literal(const char *text, size_t length)
{
	struct ehlo_name name;
	struct ip ip;
	char *argument;

	if (!literal_parse(text, length, &ip))
		return;
	argument = fuzz_text((const uint8_t *)text, length);
	ehlo_name_parse(argument, &name);
	promise(strlen(argument) == length);
	promise(name.syntax == NAME_PASS && ip_equal(&name.address, &ip));
	free(argument);
}

/* Undoes buf_add_escaped() in place; false when an escape is cut or unknown. */
static bool unescape(char *text)
{
	char *out = text;

	while (*text != '\0') {
		unsigned byte;

		if (*text != '\\') {
			*out++ = *text++;
		} else if (text[1] == '\\') {
			*out++ = '\\';
			text += 2;
		} else if (sscanf(text, "\\x%2x", &byte) == 1 && byte > 0 && strlen(text) >= 4) {
			*out++ = (char)byte;
			text += 4;
		} else {
			return false;
		}
	}
	*out = '\0';
	return true;
}

/* max 0: all of it comes back; else a front of it, and dots that show the cut. */
static void check_escaped(const char *text, size_t max)
{
	struct buf buf;
	bool cut;

	buf_init(&buf);
	buf_add_escaped(&buf, text, "\" ", max);
	promise(!buf.failed && strlen(buf.text) == buf.length);
	promise(max == 0 || buf.length <= max);
	promise(fuzz_printable(buf.text) && !strpbrk(buf.text, "\" "));
	cut = max > 0 && buf.length >= 3 && strcmp(buf.text + buf.length - 3, "...") == 0;
	if (buf.length > 0)
		promise(unescape(buf.text));
	if (cut && strcmp(buf.text, text) != 0)
		promise(strncmp(buf.text, text, strlen(buf.text) - 3) == 0);
	else
		promise(strcmp(buf.text, text) == 0);
	buf_clear(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argument = fuzz_text(data, size);

	check_argument(argument);
	check_domain((const char *)data, size);
	check_literal((const char *)data, size);
	check_escaped(argument, 0);
	check_escaped(argument, 20);
	check_escaped(argument, 128);
	free(argument);
	return 0;
}
