/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments of MAIL and RCPT: their kind, their domain, their local part. */
#include "base/mailbox.h"

#include "samples.h"
#include "tap.h"

#include <string.h>

static const struct {
	const char *argument;
	enum mailbox_kind kind;
	const char *domain;
} rows[] = {
	{ "<joe@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "joe@shop.example", MAILBOX_MAILBOX, "shop.example" },
	{ "<Joe@SHOP.Example.>", MAILBOX_MAILBOX, "shop.example" },
	{ "<joe@shop>", MAILBOX_MAILBOX, "shop" },
	{ "<a.b.c@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<!#$%&'*+-/=?^_`{|}~@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<\"\"@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<\"a b\"@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<\"a@b\"@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<\"a\\\"b\"@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<\"a\\\\\"@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<\"<>\"@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<@r.example:joe@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<@r.example,@s.example:joe@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<gr\xc3\xb6\xc3\x9f" "e@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<\"\xc3\xb6\"@shop.example>", MAILBOX_MAILBOX, "shop.example" },
	{ "<joe@m\xc3\xbcnchen.example>", MAILBOX_MAILBOX, "xn--mnchen-3ya.example" },
	{ "<joe@M\xc3\x9cNCHEN.example>", MAILBOX_MAILBOX, "xn--mnchen-3ya.example" },
	{ "<joe@_dmarc.shop.example>", MAILBOX_MAILBOX, "_dmarc.shop.example" },
	{ "<joe@192.0.2.1>", MAILBOX_MAILBOX, "192.0.2.1" },
	{ "<a@b>", MAILBOX_MAILBOX, "b" },
	{ "<>", MAILBOX_NULL, "" },
	{ "", MAILBOX_NULL, "" },
	{ "<joe@[192.0.2.1]>", MAILBOX_LITERAL, "" },
	{ "<joe@[IPv6:2001:db8::1]>", MAILBOX_LITERAL, "" },
	{ "<@r.example:joe@[192.0.2.1]>", MAILBOX_LITERAL, "" },
	{ "cron", MAILBOX_NO_DOMAIN, "" },
	{ "<postmaster>", MAILBOX_NO_DOMAIN, "" },
	{ "<\"joe@shop.example\">", MAILBOX_NO_DOMAIN, "" },
	{ "<@r.example:joe>", MAILBOX_NO_DOMAIN, "" },
	{ "<", MAILBOX_INVALID, "" },
	{ ">", MAILBOX_INVALID, "" },
	{ "< >", MAILBOX_INVALID, "" },
	{ " ", MAILBOX_INVALID, "" },
	{ "<joe@shop.example", MAILBOX_INVALID, "shop.example" },
	{ "joe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<<joe@shop.example>>", MAILBOX_INVALID, "shop.example" },
	{ "<joe@shop.example> SIZE=1", MAILBOX_INVALID, "" },
	{ "<joe@shop.example>,<ann@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<@>", MAILBOX_INVALID, "" },
	{ "<joe@>", MAILBOX_INVALID, "" },
	{ "<joe@.>", MAILBOX_INVALID, "" },
	{ "<joe@shop.example..>", MAILBOX_INVALID, "" },
	{ "<joe@.shop.example>", MAILBOX_INVALID, "" },
	{ "<joe@shop..example>", MAILBOX_INVALID, "" },
	{ "<joe@-shop.example>", MAILBOX_INVALID, "" },
	{ "<joe@shop-.example>", MAILBOX_INVALID, "" },
	{ "<joe@shop.example:25>", MAILBOX_INVALID, "" },
	{ "<joe@shop example>", MAILBOX_INVALID, "shopexample" },
	{ "<joe@sh*p.example>", MAILBOX_INVALID, "" },
	{ "<joe@ann@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<.joe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe.@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe..doe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe doe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe,doe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe\\@doe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe\"doe\"@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<\"joe\"doe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<\"joe\".doe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<\"joe@shop.example>", MAILBOX_INVALID, "" },
	{ "<\"joe\\\"@shop.example>", MAILBOX_INVALID, "" },
	{ "<\"joe\t\"@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<\"joe\\\t\"@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe\x01@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe\xff@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe\xc0\xaf@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe@m\xfcnchen.example>", MAILBOX_INVALID, "" },
	{ "<joe@[192.0.2.256]>", MAILBOX_INVALID, "" },
	{ "<joe@[192.0.2.1>", MAILBOX_INVALID, "" },
	{ "<joe@[192.0.2.1]x>", MAILBOX_INVALID, "" },
	{ "<joe@[2001:db8::1]>", MAILBOX_INVALID, "" },
	{ "<joe@[x:y]>", MAILBOX_INVALID, "" },
	{ "<@r.example>", MAILBOX_INVALID, "r.example" },
	{ "<@r.example:>", MAILBOX_INVALID, "" },
	{ "<@r.example,joe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<@r..example:joe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<@r.example:joe..doe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<@r.example:joe..doe>", MAILBOX_INVALID, "" },
	{ "<@r.example:@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<r.example:joe@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe(Joe)@shop.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe@shop.example(Joe)>", MAILBOX_INVALID, "shop.example" },
	{ "<joe@shop.example(joe@other.example)>", MAILBOX_INVALID, "shop.example" },
	{ "<joe@shop.example((\\)@)@other.example)>", MAILBOX_INVALID, "shop.example" },
	{ "<joe @ Shop. Example.>", MAILBOX_INVALID, "shop.example" },
	{ "<joe@\"shop\".example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe@shop\\.example>", MAILBOX_INVALID, "shop.example" },
	{ "<joe..@\"@other.example\">", MAILBOX_INVALID, "" },
	{ "<Joe <joe@shop.example>>", MAILBOX_INVALID, "shop.example" },
	{ "<joe..doe@m\xc3\xbcnchen.example>", MAILBOX_INVALID, "xn--mnchen-3ya.example" },
	{ "<joe..doe@[192.0.2.1]>", MAILBOX_INVALID, "" },
	{ "<joe..doe>", MAILBOX_INVALID, "" },
};

static void check_sample(char *const columns[], size_t line)
{
	struct mailbox mailbox;
	const char *found = "NONE";

	mailbox_parse(columns[0], &mailbox);
	if (mailbox.kind == MAILBOX_MAILBOX)
		found = mailbox.domain;
	else if (mailbox.kind == MAILBOX_INVALID)
		found = "BAD";
	ok(!strcmp(found, columns[1]), "sample, line %zu: %s", line, found);
}

int main(void)
{
	struct mailbox mailbox;
	char path[5000];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		mailbox_parse(rows[i].argument, &mailbox);
		ok(mailbox.kind == rows[i].kind && !strcmp(mailbox.domain, rows[i].domain), "row %zu: %s %s", i,
		   mailbox_kind_word(mailbox.kind), mailbox.domain);
	}
	memset(path, '.', sizeof path);
	memcpy(path + sizeof path - sizeof "@shop.example", "@shop.example", sizeof "@shop.example");
	mailbox_parse(path, &mailbox);
	ok(!strcmp(mailbox.domain, "shop.example"), "the domain behind a very long local part");
	memset(path, 'a', sizeof path - 1);
	path[0] = '@';
	mailbox_parse(path, &mailbox);
	ok(mailbox.kind == MAILBOX_INVALID && !strcmp(mailbox.domain, ""), "a very long domain");
	mailbox_parse("<Postmaster@Example.org>", &mailbox);
	ok(mailbox.local_part_length == 10 && !strncmp(mailbox.local_part, "Postmaster", 10), "the local part");
	mailbox_parse("<joe..doe@shop.example>", &mailbox);
	ok(mailbox.local_part_length == 8 && !strncmp(mailbox.local_part, "joe..doe", 8), "one that is not of the form");
	mailbox_parse("<@r..example,@s.example:joe@shop.example>", &mailbox);
	ok(mailbox.local_part_length == 3 && !strncmp(mailbox.local_part, "joe", 3), "one behind a route that is not");
	mailbox_parse("<@r.example:joe..doe@shop.example>", &mailbox);
	ok(mailbox.local_part_length == 8 && !strncmp(mailbox.local_part, "joe..doe", 8), "one that is not, behind a route");
	samples_each("mail-from.tsv", 2, check_sample);
	return tap_done();
}
