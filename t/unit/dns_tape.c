/* SPDX-License-Identifier: BSD-2-Clause */
/* Tapes: what a line means, what is said of names without one, and what is written reads back. */
#include "dns/tape.h"

#include "base/buf.h"
#include "dns/answer.h"
#include "dns/dns.h"
#include "dns/wire_name.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define L63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789"
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X250 X50 X50 X50 X50 X50

static struct tape *load(const char *text, struct diag *diag)
{
	size_t length = strlen(text);
	char *exact = malloc(length > 0 ? length : 1);
	struct tape *tape;

	if (!exact)
		abort();
	memcpy(exact, text, length);
	tape = tape_new("t", exact, length, diag);
	free(exact);
	return tape;
}

static void show_record(struct buf *out, enum dns_type type, const struct dns_record *record)
{
	char text[IP_TEXT_BYTES];

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		ip_format(&record->address, text);
		buf_addf(out, " %s", text);
		break;
	case DNS_MX:
		buf_addf(out, " %u:%s", record->host.preference, record->host.name);
		break;
	case DNS_PTR:
		buf_addf(out, " %s%s", record->host.name, record->host.usable ? "" : "!");
		break;
	case DNS_TXT:
		buf_add(out, " <");
		for (size_t i = 0; i < record->text.length; i++)
			buf_add_char(out, record->text.bytes[i] ? record->text.bytes[i] : '0');
		buf_add(out, ">");
		break;
	}
}

static void show_answer(struct buf *out, const struct tape *tape, const char *question, enum dns_type type)
{
	const struct dns_answer *answer;
	char name[DNS_NAME_BYTES];
	struct wire_name wire;

	if (!wire_name_parse(question, &wire))
		abort();
	wire_name_format(&wire, name);
	answer = tape_answer(tape, name, type);
	buf_addf(out, "%s %u", dns_status_word(answer->status), answer->ttl_s);
	for (size_t i = 0; i < answer->count; i++)
		show_record(out, type, &answer->records[i]);
	answer_unref(&answer);
}

/* --- answers --- */

static const char zone[] =
	"# a comment\n"
	"\n"
	"  \t# and one more\r\n"
	"10.2.0.192.in-addr.arpa PTR NOERROR 3600 Mail.example.org.   # behind a line\r\n"
	"10.2.0.192.in-addr.arpa. PTR NOERROR 60 other.example.org\n"
	"nx.example MX NXDOMAIN\n"
	"nx60.example MX NXDOMAIN 60\n"
	"empty.example A NODATA\n"
	"slow.example A TIMEOUT\n"
	"bad.example MX SERVFAIL\n"
	"refused.example A REFUSED\n"
	"Mixed.EXAMPLE A NOERROR 5 192.0.2.1\n"
	"mixed.example A SERVFAIL\n"
	"mixed.example A NOERROR 5 192.0.2.2\n"
	"mixed.example A TIMEOUT\n"
	"a.example A NOERROR 300 192.0.2.1\n"
	"a.example A NOERROR 300 192.0.2.2\n"
	"a.example A NOERROR 30 192.0.2.1\n"
	"a.example AAAA NOERROR 2147483647 2001:DB8::1\n"
	"a.example AAAA NOERROR 1 ::ffff:192.0.2.7\n"
	"a.example MX NOERROR 0 10 b.example\n"
	"a.example MX NOERROR 0 5 a.example.\n"
	"null.example MX NOERROR 60 0 .\n"
	"a.example TXT NOERROR 9 \"v=spf1 \" \"-all\"\n"
	"a.example TXT NOERROR 9 \"\"\n"
	"a.example TXT NOERROR 9 \"\\\"\\\\\\065\\000#; \" # not a comment inside\n"
	"a.example TXT NOERROR 9 \"\xc3\xbc\"\n"
	"a\\.b.\\101xample PTR NOERROR 9 my\\ host\\\\\\..example\n"
	"my\\032host.example A NOERROR 9 192.0.2.9\n"
	"alias.example CNAME NOERROR 9 a.example\n"
	"alias.example CNAME NOERROR 9 A.Example.\n"
	"alias2.example CNAME NOERROR 9 alias.example\n"
	"loop.example CNAME NOERROR 9 loop2.example\n"
	"loop2.example CNAME NOERROR 9 loop.example\n"
	"into-slow.example CNAME NOERROR 9 slow.example\n"
	"into-bad.example CNAME NOERROR 9 bad.example\n"
	"into-nothing.example CNAME NOERROR 9 nothing.example\n"
	"broken-alias.example CNAME SERVFAIL\n"
	"no-alias.example CNAME NODATA\n"
	"c1.example CNAME NOERROR 9 c2.example\n"
	"c2.example CNAME NOERROR 9 c3.example\n"
	"c3.example CNAME NOERROR 9 c4.example\n"
	"c4.example CNAME NOERROR 9 c5.example\n"
	"c5.example CNAME NOERROR 9 c6.example\n"
	"c6.example CNAME NOERROR 9 c7.example\n"
	"c7.example CNAME NOERROR 9 c8.example\n"
	"c8.example CNAME NOERROR 9 c9.example\n"
	"c9.example CNAME NOERROR 9 a.example\n"
	"deep.below.there.example A NOERROR 9 192.0.2.1\n"
	"last.example A NODATA";

static const struct {
	const char *name;
	enum dns_type type;
	const char *expected;
	const char *complete;	/* when the tape is; NULL: the same */
} answers[] = {
	{ "10.2.0.192.IN-ADDR.arpa", DNS_PTR, "NOERROR 60 mail.example.org other.example.org", NULL },
	{ "nx.example", DNS_MX, "NXDOMAIN 0", NULL },
	{ "nx60.example", DNS_MX, "NXDOMAIN 60", NULL },
	{ "empty.example", DNS_A, "NODATA 0", NULL },
	{ "slow.example", DNS_A, "TIMEOUT 0", NULL },
	{ "bad.example", DNS_MX, "SERVFAIL 0", NULL },
	{ "refused.example", DNS_A, "REFUSED 0", NULL },
	{ "mixed.example", DNS_A, "SERVFAIL 0", NULL },
	{ "a.example", DNS_A, "NOERROR 30 192.0.2.1 192.0.2.2", NULL },
	{ "A.EXAMPLE.", DNS_AAAA, "NOERROR 1 2001:db8::1 192.0.2.7", NULL },
	{ "a.example", DNS_MX, "NOERROR 0 10:b.example 5:a.example", NULL },
	{ "null.example", DNS_MX, "NOERROR 60 0:.", NULL },
	{ "a.example", DNS_TXT, "NOERROR 9 <v=spf1 -all> <> <\"\\A0#; > <\xc3\xbc>", NULL },
	{ "a\\046b.example", DNS_PTR, "NOERROR 9 my\\032host\\092\\046.example!", NULL },
	{ "my host.example", DNS_A, "NOERROR 9 192.0.2.9", NULL },
	{ "alias.example", DNS_A, "NOERROR 30 192.0.2.1 192.0.2.2", NULL },
	{ "alias2.example", DNS_MX, "NOERROR 0 10:b.example 5:a.example", NULL },
	{ "loop.example", DNS_A, "SERVFAIL 0", NULL },
	{ "into-slow.example", DNS_A, "TIMEOUT 0", NULL },
	{ "into-bad.example", DNS_MX, "SERVFAIL 0", NULL },
	{ "into-bad.example", DNS_A, "unknown 0", "NODATA 0" },
	{ "into-nothing.example", DNS_A, "unknown 0", "NXDOMAIN 0" },
	{ "broken-alias.example", DNS_A, "SERVFAIL 0", NULL },
	{ "no-alias.example", DNS_A, "unknown 0", "NODATA 0" },
	{ "c1.example", DNS_A, "SERVFAIL 0", NULL },
	{ "c2.example", DNS_A, "NOERROR 30 192.0.2.1 192.0.2.2", NULL },
	{ "last.example", DNS_A, "NODATA 0", NULL },
	{ "nowhere.example", DNS_A, "unknown 0", "NXDOMAIN 0" },
	{ "slow.example", DNS_AAAA, "unknown 0", "NODATA 0" },
	{ "nx.example", DNS_A, "unknown 0", "NODATA 0" },
	{ "there.example", DNS_A, "unknown 0", "NODATA 0" },
	{ "here.example", DNS_A, "unknown 0", "NXDOMAIN 0" },
	{ "b.example", DNS_A, "unknown 0", "NXDOMAIN 0" },
	{ "example", DNS_MX, "unknown 0", "NODATA 0" },
	{ ".", DNS_A, "unknown 0", "NODATA 0" },
};

static void check_answers(const char *text, bool complete)
{
	struct diag diag;
	struct tape *tape;

	diag_init(&diag);
	tape = load(text, &diag);
	ok(tape && diag.error_count == 0 && diag.warning_count == 0, "the tape is read");
	for (size_t i = 0; i < COUNT_OF(answers) && tape; i++) {
		const char *expected = complete && answers[i].complete ? answers[i].complete : answers[i].expected;
		struct buf shown;

		buf_init(&shown);
		show_answer(&shown, tape, answers[i].name, answers[i].type);
		ok(strcmp(shown.text, expected) == 0, "%s %s%s: %s", answers[i].name,
		   dns_type_word(answers[i].type), complete ? " of a complete tape" : "", shown.text);
		buf_clear(&shown);
	}
	tape_free(&tape);
	diag_clear(&diag);
}

/* --- bad lines --- */

static const struct {
	const char *line;
	const char *error;
} errors[] = {
	{ "a.example", "t:2:10: error: unknown type ''; expected A, AAAA, CNAME, MX, PTR or TXT" },
	{ "a.example mx NXDOMAIN", "t:2:11: error: unknown type 'mx'; expected A, AAAA, CNAME, MX, PTR or TXT" },
	{ "a.example IN A NODATA", "t:2:11: error: unknown type 'IN'; expected A, AAAA, CNAME, MX, PTR or TXT" },
	{ "a.example A",
	  "t:2:12: error: unknown status ''; expected NOERROR, NODATA, NXDOMAIN, SERVFAIL, REFUSED or TIMEOUT" },
	{ "a.example A unknown",
	  "t:2:13: error: unknown status 'unknown'; expected NOERROR, NODATA, NXDOMAIN, SERVFAIL, "
	  "REFUSED or TIMEOUT" },
	{ "a.example A limit",
	  "t:2:13: error: unknown status 'limit'; expected NOERROR, NODATA, NXDOMAIN, SERVFAIL, "
	  "REFUSED or TIMEOUT" },
	{ "a.example A NXDOMAIN x", "t:2:22: error: 'x' is no TTL; expected seconds, at most 2147483647" },
	{ "a.example A NXDOMAIN 5 x", "t:2:24: error: the answer ends before this; expected one record a line" },
	{ "a.example A NOERROR", "t:2:20: error: no TTL; expected one, and the data of the A record" },
	{ "a.example A NOERROR 192.0.2.1",
	  "t:2:21: error: '192.0.2.1' is no TTL; expected seconds, at most 2147483647" },
	{ "a.example A NOERROR -1 192.0.2.1",
	  "t:2:21: error: '-1' is no TTL; expected seconds, at most 2147483647" },
	{ "a.example A NOERROR 2147483648 192.0.2.1",
	  "t:2:21: error: '2147483648' is no TTL; expected seconds, at most 2147483647" },
	{ "a.example A NOERROR 1h 192.0.2.1",
	  "t:2:21: error: '1h' is no TTL; expected seconds, at most 2147483647" },
	{ "a.example A NOERROR 5", "t:2:22: error: '' is no address of IPv4; expected one like 192.0.2.1" },
	{ "a.example A NOERROR 5 192.0.2",
	  "t:2:23: error: '192.0.2' is no address of IPv4; expected one like 192.0.2.1" },
	{ "a.example A NOERROR 5 ::ffff:192.0.2.1",
	  "t:2:23: error: '::ffff:192.0.2.1' is no address of IPv4; expected one like 192.0.2.1" },
	{ "a.example A NOERROR 5 192.0.2.1 192.0.2.2",
	  "t:2:33: error: the answer ends before this; expected one record a line" },
	{ "a.example AAAA NOERROR 5 192.0.2.1",
	  "t:2:26: error: '192.0.2.1' is no address of IPv6; expected one like 2001:db8::1" },
	{ "a.example MX NOERROR 5 mail.example",
	  "t:2:24: error: 'mail.example' is no preference; expected a number up to 65535 and a name" },
	{ "a.example MX NOERROR 5 65536 b",
	  "t:2:24: error: '65536' is no preference; expected a number up to 65535 and a name" },
	{ "a.example MX NOERROR 5 10", "t:2:26: error: no name; expected where the MX points to" },
	{ "a.example PTR NOERROR 5 # b", "t:2:25: error: no name; expected where the PTR points to" },
	{ "a.example CNAME NOERROR 5 b..c",
	  "t:2:27: error: 'b..c' is no name of DNS; labels have 1 to 63 octets, a name at most "
	  "255, an escape is a backslash and three digits up to 255" },
	{ "a..b A NODATA", "t:2:1: error: 'a..b' is no name of DNS; labels have 1 to 63 octets, a name at most "
	  "255, an escape is a backslash and three digits up to 255" },
	{ L63 "x A NODATA",
	  "t:2:1: error: '" L63 "x' is no name of DNS; labels have 1 to 63 octets, a name at most 255, "
	  "an escape is a backslash and three digits up to 255" },
	{ "a\\256 A NODATA",
	  "t:2:1: error: 'a\\\\256' is no name of DNS; labels have 1 to 63 octets, a name at most 255, "
	  "an escape is a backslash and three digits up to 255" },
	{ "\xc3\xbcx;y A NODATA", "t:2:1: error: a byte that must be escaped; expected a backslash and 195" },
	{ "a;b A NODATA", "t:2:2: error: a byte that must be escaped; expected a backslash and 059" },
	{ "a\"b A NODATA", "t:2:2: error: a byte that must be escaped; expected a backslash and 034" },
	{ "a.example PTR NOERROR 5 a(b",
	  "t:2:26: error: a byte that must be escaped; expected a backslash and 040" },
	{ "a.example TXT NOERROR 5", "t:2:24: error: no text; expected strings like \"v=spf1 -all\"" },
	{ "a.example TXT NOERROR 5 v=spf1 -all",
	  "t:2:25: error: not in quotes; expected strings like \"v=spf1 -all\"" },
	{ "a.example TXT NOERROR 5 \"a\" b",
	  "t:2:29: error: not in quotes; expected strings like \"v=spf1 -all\"" },
	{ "a.example TXT NOERROR 5 \"a", "t:2:25: error: the quote is not closed" },
	{ "a.example TXT NOERROR 5 \"a\\\"", "t:2:25: error: the quote is not closed" },
	{ "a.example TXT NOERROR 5 \"a\\12\"",
	  "t:2:27: error: no escape; expected a backslash and three digits up to 255, or a quote or a backslash" },
	{ "a.example TXT NOERROR 5 \"\xc3\xbc\\256\"",
	  "t:2:27: error: no escape; expected a backslash and three digits up to 255, or a quote or a backslash" },
	{ "a.example TXT NOERROR 5 \"a\tb\"", "t:2:27: error: a control character; expected a backslash and 009" },
	{ "a.example TXT NOERROR 5 \"" X250 "123456\"",
	  "t:2:25: error: a string of more than 255 bytes; write it as several" },
	{ "* A NXDOMAIN 5 6", "t:2:16: error: the answer ends before this; expected one record a line" },
	{ "* * NOERROR", "t:2:3: error: '*' stands for all types only in the line '* * NXDOMAIN'" },
	{ "a.example * NXDOMAIN", "t:2:11: error: '*' stands for all types only in the line '* * NXDOMAIN'" },
	{ "* * NXDOMAIN 5", "t:2:14: error: the answer ends before this; expected one record a line" },
	{ X250 X250 X250 X250 X50 " A NODATA", "t:2:1: error: longer than any name of DNS" },
	{ "a.example A NODATA\na.example CNAME NOERROR 5 b\n  A.example CNAME NOERROR 5 c",
	  "t:4:3: error: 'a.example' has a second CNAME; a name is an alias of one other" },
};

/* text, as a tape; expected: what is printed. */
static void check_error(const char *text, const char *expected)
{
	struct buf shown;
	struct diag diag;
	struct tape *tape;

	diag_init(&diag);
	buf_init(&shown);
	tape = load(text, &diag);
	diag_print(&diag, &shown);
	ok(!tape && strcmp(shown.text, expected) == 0, "refused: %.70s", expected);
	if (strcmp(shown.text, expected) != 0)
		printf("# %s", shown.text);
	tape_free(&tape);
	buf_clear(&shown);
	diag_clear(&diag);
}

static void check_errors(void)
{
	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		struct buf text, expected;

		buf_init(&text);
		buf_init(&expected);
		buf_addf(&text, "# first\n%s\nlast.example A NODATA\n", errors[i].line);
		buf_addf(&expected, "%s\n", errors[i].error);
		check_error(text.text, expected.text);
		buf_clear(&text);
		buf_clear(&expected);
	}
}

static void check_more_errors(void)
{
	static const char nul[] = "a.example A NODATA\na\0b A NODATA\n";
	struct buf text, shown;
	struct diag diag;

	diag_init(&diag);
	buf_init(&text);
	buf_init(&shown);
	ok(!tape_new("t", nul, sizeof nul - 1, &diag), "a NUL byte");
	diag_print(&diag, &shown);
	ok(strcmp(shown.text, "t:2:2: error: a NUL byte; expected text\n") == 0, "is shown: %.40s", shown.text);
	diag_clear(&diag);
	for (size_t i = 0; i < 100; i++)
		buf_add(&text, "a.example\n");
	ok(!load(text.text, &diag) && diag.error_count == 21, "100 bad lines, 20 of them shown");
	diag_clear(&diag);
	buf_clear(&text);
	for (size_t i = 0; i < ANSWER_RECORDS_MAX; i++)
		buf_addf(&text, "a.example A NOERROR 5 192.0.%zu.%zu\n", i / 250, i % 250);
	buf_add(&text, "*.example A NODATA\n");
	struct tape *tape = load(text.text, &diag);
	ok(tape && diag.warning_count == 1, "as many records as an answer takes, and a wildcard");
	tape_free(&tape);
	diag_clear(&diag);
	buf_add(&text, "a.example A NOERROR 5 192.0.2.1\n");
	ok(!load(text.text, &diag) && diag.error_count == 1, "one record too many");
	diag_clear(&diag);
	ok((tape = load("", &diag)) != NULL, "an empty tape");
	tape_free(&tape);
	ok((tape = load("\xef\xbb\xbf" "a A NODATA", &diag)) != NULL, "a byte order mark");
	tape_free(&tape);
	buf_clear(&text);
	buf_clear(&shown);
	diag_clear(&diag);
}

/* --- written tapes --- */

static const struct {
	const char *name;
	enum dns_type type;
} written[] = {
	{ "10.2.0.192.in-addr.arpa", DNS_PTR }, { "nx.example", DNS_MX }, { "empty.example", DNS_A },
	{ "slow.example", DNS_A }, { "bad.example", DNS_MX }, { "refused.example", DNS_A }, { "a.example", DNS_A },
	{ "a.example", DNS_AAAA }, { "a.example", DNS_MX }, { "null.example", DNS_MX }, { "a.example", DNS_TXT },
	{ "a\\046b.example", DNS_PTR }, { "into-bad.example", DNS_MX }, { "alias.example", DNS_A },
	{ "nowhere.example", DNS_A },
};

static const char expected_tape[] =
	"10.2.0.192.in-addr.arpa PTR NOERROR 3600 mail.example.org.\n"
	"10.2.0.192.in-addr.arpa PTR NOERROR 60 other.example.org.\n"
	"nx.example MX NXDOMAIN\n"
	"empty.example A NODATA\n"
	"slow.example A TIMEOUT\n"
	"bad.example MX SERVFAIL\n"
	"refused.example A REFUSED\n"
	"a.example A NOERROR 30 192.0.2.1\n"
	"a.example A NOERROR 300 192.0.2.2\n"
	"a.example AAAA NOERROR 2147483647 2001:db8::1\n"
	"a.example AAAA NOERROR 1 ::ffff:192.0.2.7\n"
	"a.example MX NOERROR 0 10 b.example.\n"
	"a.example MX NOERROR 0 5 a.example.\n"
	"null.example MX NOERROR 60 0 .\n"
	"a.example TXT NOERROR 9 \"v=spf1 -all\"\n"
	"a.example TXT NOERROR 9 \"\"\n"
	"a.example TXT NOERROR 9 \"\\\"\\\\A\\000#; \"\n"
	"a.example TXT NOERROR 9 \"\\195\\188\"\n"
	"a\\046b.example PTR NOERROR 9 my\\032host\\092\\046.example.\n"
	"into-bad.example MX SERVFAIL\n"
	"alias.example A NOERROR 30 192.0.2.1\n"
	"alias.example A NOERROR 300 192.0.2.2\n";

static void write_all(struct buf *out, const struct tape *tape)
{
	for (size_t i = 0; i < COUNT_OF(written); i++) {
		struct dns_item item = {
			.name = written[i].name, .type = written[i].type,
			.answer = tape_answer(tape, written[i].name, written[i].type), .source = DNS_FROM_TAPE,
		};

		dns_tape_write(out, &item, 1);
		answer_unref(&item.answer);
	}
}

static void check_written(void)
{
	const struct dns_item none[] = {
		{ "a.example", DNS_A, NULL, DNS_FROM_NET, 0 },
		{ "a.example", DNS_A, answer_of_status(DNS_UNKNOWN), DNS_FROM_TAPE, 0 },
		{ "a..example", DNS_A, answer_of_status(DNS_UNUSABLE), DNS_FROM_NET, 0 },
		{ "a.example", DNS_A, answer_of_status(DNS_LIMIT), DNS_FROM_NET, 0 },
	};
	struct buf first, second;
	struct tape *tape, *again;
	struct diag diag;

	diag_init(&diag);
	buf_init(&first);
	buf_init(&second);
	tape = load(zone, &diag);
	write_all(&first, tape);
	ok(strcmp(first.text, expected_tape) == 0, "answers are written");
	if (strcmp(first.text, expected_tape) != 0)
		printf("# %s\n", first.text);
	again = load(first.text, &diag);
	ok(again != NULL, "what was written is read");
	if (again)
		write_all(&second, again);
	ok(strcmp(first.text, second.text) == 0, "and means the same");
	buf_clear(&second);
	dns_tape_write(&second, none, COUNT_OF(none));
	ok(second.length == 0, "what says nothing about DNS is left out");
	buf_clear(&first);
	buf_addf(&first, "a TXT NOERROR 1 \"" X250 "\" \"" X250 "\" \"%s\"\n", "end");
	tape_free(&tape);
	tape = load(first.text, &diag);
	struct dns_item item = { .name = "a", .type = DNS_TXT, .answer = tape_answer(tape, "a", DNS_TXT) };
	dns_tape_write(&second, &item, 1);
	ok(strcmp(second.text, "a TXT NOERROR 1 \"" X250 "xxxxx\" \"" X50 X50 X50 X50
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxend\"\n") == 0,
	   "a long text is split: %s", second.text);
	answer_unref(&item.answer);
	tape_free(&tape);
	tape_free(&again);
	buf_clear(&first);
	buf_clear(&second);
	diag_clear(&diag);
}

int main(void)
{
	struct buf complete;

	check_answers(zone, false);
	buf_init(&complete);
	buf_addf(&complete, "%s\n  *   *\tNXDOMAIN # a zone\n", zone);
	check_answers(complete.text, true);
	buf_clear(&complete);
	check_errors();
	check_more_errors();
	check_written();
	return tap_done();
}
