/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the parser of SPF records and the expansion of their macros. */
#include "fuzz.h"

#include "base/buf.h"
#include "spf/spf_macro.h"

#define HEAD "v=spf1 "

static const char *const names[] = {
	[SPF_MECHANISM_ALL] = "all", [SPF_MECHANISM_INCLUDE] = "include", [SPF_MECHANISM_A] = "a",
	[SPF_MECHANISM_MX] = "mx", [SPF_MECHANISM_PTR] = "ptr", [SPF_MECHANISM_IP4] = "ip4",
	[SPF_MECHANISM_IP6] = "ip6", [SPF_MECHANISM_EXISTS] = "exists",
};

static bool inside(const char *text, size_t length, const char *record, size_t record_length)
{
	return text >= record && text + length <= record + record_length;
}

/* Labels of 1 to 63 octets, in the text of questions. */
static void check_question(const char *text)
{
	size_t label = 0, octets = 0;

	for (; *text != '\0'; text++, octets++) {
		if (*text == '.') {
			promise(label > 0);
			label = 0;
			continue;
		}
		promise(*text > 0x20 && *text < 0x7f && !(*text >= 'A' && *text <= 'Z') && !strchr("\"#$();@", *text));
		if (*text == '\\') {
			promise(strspn(text + 1, "0123456789") >= 3);
			text += 3;
		}
		promise(++label <= 63);
	}
	promise(label > 0 && octets <= SPF_NAME_OCTETS_MAX);
}

static void check_expansion(const struct spf_domain_spec *spec, const struct spf_name *domain, const char *sender,
			    size_t sender_length)
{
	struct ip client = { { 0x20, 1, 0x0d, 0xb8 }, sender_length % 2 ? IP_V6 : IP_V4 };
	struct spf_macro_values values = {
		.sender = sender, .sender_length = sender_length,
		.local_part_length = (size_t)((const char *)memchr(sender, '@', sender_length) - sender),
		.domain = domain, .client = &client, .ehlo = sender, .ehlo_length = sender_length,
		.client_name = "unknown",
	};
	char text[DNS_NAME_BYTES];
	struct spf_name name;

	spf_expand(spec, &values, &name);
	promise(name.length <= SPF_NAME_OCTETS_MAX && name.bytes[name.length] == '\0');
	if (spf_name_question(&name, text))
		check_question(text);
	else
		promise(text[0] == '\0');
	if (!spec->has_macros && spec->length <= SPF_NAME_OCTETS_MAX)
		promise(memcmp(name.bytes, spec->text, name.length) == 0);
}

static void check_domain(const struct spf_domain_spec *spec, const char *record, size_t length)
{
	static const char senders[][40] = { "joe@example.org", "@", "a.b-c+d@x..y", "\xff\"%{s}\\@\xc3\xa4" };
	struct spf_name domain;

	if (spec->length == 0)
		return;
	promise(inside(spec->text, spec->length, record, length));
	promise(spec->has_macros == (memchr(spec->text, '%', spec->length) != NULL));
	promise(spec->has_macros || !spec->has_client_name);
	(void)spf_name_set(&domain, "mail.example.org", 16);
	for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++)
		check_expansion(spec, &domain, senders[i], strlen(senders[i]));
	/* everything the record holds, as a sender */
	if (memchr(record, '@', length))
		check_expansion(spec, &domain, record, length);
}

/* The directive as its parts say it. */
static void write_term(struct buf *out, const struct spf_term *term)
{
	char network[IP_TEXT_BYTES];

	buf_addf(out, " %c%s", term->qualifier, names[term->mechanism]);
	if (term->domain.length > 0) {
		buf_add_char(out, ':');
		buf_add_bytes(out, term->domain.text, term->domain.length);
	}
	if (term->mechanism == SPF_MECHANISM_A || term->mechanism == SPF_MECHANISM_MX)
		buf_addf(out, "/%u//%u", term->prefix4_bits, term->prefix6_bits);
	if (term->mechanism == SPF_MECHANISM_IP4 || term->mechanism == SPF_MECHANISM_IP6) {
		ip_format(&term->network.ip, network);
		buf_addf(out, ":%s/%u", network, term->network.prefix_bits);
	}
}

static void check_terms(const struct spf_record *record, const char *bytes, size_t length)
{
	for (size_t i = 0; i < record->term_count; i++) {
		const struct spf_term *term = &record->terms[i];

		promise(strchr("+-~?", term->qualifier) && inside(term->text, term->length, bytes, length));
		promise(term->prefix4_bits <= 32 && term->prefix6_bits <= 128);
		promise(term->network.prefix_bits <= (term->network.ip.family == IP_V6 ? 128U : 32U));
		check_domain(&term->domain, bytes, length);
	}
	check_domain(&record->redirect, bytes, length);
}

static bool same_domain(const struct spf_domain_spec *a, const struct spf_domain_spec *b)
{
	return a->length == b->length && (a->length == 0 || memcmp(a->text, b->text, a->length) == 0) &&
	       a->has_macros == b->has_macros && a->has_client_name == b->has_client_name;
}

/* What was taken apart is put together and read again. */
static void check_again(const struct spf_record *record, struct arena *arena)
{
	struct spf_record again;
	struct spf_flaw flaw;
	struct buf out;

	buf_init(&out);
	buf_add(&out, "v=spf1");
	for (size_t i = 0; i < record->term_count; i++)
		write_term(&out, &record->terms[i]);
	if (record->redirect.length > 0) {
		buf_add(&out, " redirect=");
		buf_add_bytes(&out, record->redirect.text, record->redirect.length);
	}
	promise(!out.failed);
	if (out.length <= SPF_RECORD_OCTETS_MAX) {
		promise(spf_record_parse(out.text, out.length, arena, &again, &flaw) == SPF_PARSE_DONE);
		promise(again.term_count == record->term_count && same_domain(&again.redirect, &record->redirect));
		for (size_t i = 0; i < record->term_count; i++) {
			const struct spf_term *a = &record->terms[i], *b = &again.terms[i];

			promise(a->mechanism == b->mechanism && a->qualifier == b->qualifier);
			promise(a->prefix4_bits == b->prefix4_bits && a->prefix6_bits == b->prefix6_bits);
			promise(memcmp(&a->network, &b->network, sizeof a->network) == 0);
			promise(same_domain(&a->domain, &b->domain));
		}
		buf_add(&out, " moo");
		promise(spf_record_parse(out.text, out.length, arena, &again, &flaw) == SPF_PARSE_FLAW);
	}
	buf_clear(&out);
}

static void check(const char *bytes, size_t length)
{
	struct spf_record record;
	struct spf_flaw flaw;
	struct arena arena;

	arena_init(&arena, NULL, 0, 65536);
	switch (spf_record_parse(bytes, length, &arena, &record, &flaw)) {
	case SPF_PARSE_DONE:
		promise(length <= SPF_RECORD_OCTETS_MAX);
		for (size_t i = 0; i < length; i++)
			promise(bytes[i] >= 0x20 && bytes[i] <= 0x7e);
		check_terms(&record, bytes, length);
		check_again(&record, &arena);
		break;
	case SPF_PARSE_FLAW:
		promise(flaw.reason && flaw.reason->word && flaw.reason->text && flaw.reason->clause);
		promise(inside(flaw.term, flaw.length, bytes, length));
		break;
	case SPF_PARSE_NO_MEMORY:
		promise(false);
	}
	arena_clear(&arena);
}

/* The input is a record, or what follows "v=spf1 ". */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t head = spf_record_is((const char *)data, size) ? 0 : sizeof HEAD - 1;
	char *bytes = malloc(head + size);

	promise(bytes);
	memcpy(bytes, HEAD, head);
	if (size > 0)
		memcpy(bytes + head, data, size);
	promise(spf_record_is(bytes, head + size));
	check(bytes, head + size);
	free(bytes);
	return 0;
}
