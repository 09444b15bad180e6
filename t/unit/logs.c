/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines and session records: stamps, the forms of syslog, Postfix' parts of lines, records to JSON and back. */
#include "base/clock.h"
#include "base/instant.h"
#include "base/json_read.h"
#include "logs/index.h"
#include "logs/postfix_parse.h"
#include "logs/record_json.h"
#include "logs/record_session.h"
#include "logs/smtp_command.h"
#include "logs/stamp.h"
#include "logs/syslog_line.h"

#include "tap.h"

#include <string.h>

#define COUNT(table) (sizeof table / sizeof table[0])

/* --- time --- */

static const struct {
	const char *text;
	const char *utc;	/* NULL: no stamp */
	bool has_offset;
} instants[] = {
	{ "2026-11-22T05:16:02.123456Z", "2026-11-22T05:16:02.123456Z", true },
	{ "2020-01-30T06:26:05.404714+09:00", "2020-01-29T21:26:05.404714Z", true },
	{ "2020-01-30 06:26:05,5-0330", "2020-01-30T09:56:05.500000Z", true },
	{ "2020-02-29t00:00:00+01", "2020-02-28T23:00:00.000000Z", true },
	{ "2026-11-22T05:16:02", "2026-11-22T05:16:02.000000Z", false },
	{ "2026-11-22T05:16:60.1234567Z", "2026-11-22T05:17:00.123456Z", true },
	{ "2100-02-29T00:00:00Z", NULL, false },
	{ "2026-13-01T00:00:00Z", NULL, false },
	{ "2026-11-22T24:00:00Z", NULL, false },
	{ "2026-11-22T05:16", NULL, false },
	{ "1969-12-31T23:59:59Z", NULL, false },
	{ "1970-01-01T00:00:00+01:00", "1970-01-01T00:00:00.000000Z", true },
	{ "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.999999Z", true },
	{ "", NULL, false },
};

static void test_instants(void)
{
	for (size_t i = 0; i < COUNT(instants); i++) {
		const char *text = instants[i].text;
		char again[INSTANT_TEXT_BYTES] = "";
		bool has_offset = false;
		int64_t us = 0;
		size_t used = instant_parse(text, strlen(text), &us, &has_offset);

		if (used > 0)
			instant_format(us, again);
		ok(us >= 0 && date_of_us(us) <= DATE_LAST, "'%s' is within the years that are known", text);
		ok(instants[i].utc ? used == strlen(text) && !strcmp(again, instants[i].utc) && has_offset == instants[i].has_offset :
				     used == 0, "instant '%s': %s", text, again);
	}
}

/* One input each: a stamp after the other. */
static const struct {
	const char *label;
	int year;
	const char *written;		/* when the input was written */
	const char *zone;
	const char *stamps[4];
	const char *utc[4];
} stamp_series[] = {
	{ "the year of the option", 2024, "2030-01-01T00:00:00Z", "UTC",
	  { "Feb 29 23:59:59 ", "Mar  1 00:00:00 " }, { "2024-02-29T23:59:59.000000Z", "2024-03-01T00:00:00.000000Z" } },
	{ "the year of the file", 0, "2026-11-22T06:00:00Z", "UTC",
	  { "Nov 22 05:10:37 " }, { "2026-11-22T05:10:37.000000Z" } },
	{ "the year before that of the file", 0, "2027-01-03T06:00:00Z", "UTC",
	  { "Dec 30 05:10:37 ", "Jan  1 00:00:01 " }, { "2026-12-30T05:10:37.000000Z", "2027-01-01T00:00:01.000000Z" } },
	{ "a late line after the turn of the year", 2026, "2026-01-01T00:00:00Z", "UTC",
	  { "Dec 31 23:59:59 ", "Jan  1 00:00:00 ", "Dec 31 23:59:58 ", "Jan  1 00:00:01 " },
	  { "2026-12-31T23:59:59.000000Z", "2027-01-01T00:00:00.000000Z", "2026-12-31T23:59:58.000000Z",
	    "2027-01-01T00:00:01.000000Z" } },
	{ "a zone", 2026, "2026-01-01T00:00:00Z", "+02:00", { "Nov 22 01:00:00 " }, { "2026-11-21T23:00:00.000000Z" } },
	{ "an unpadded day", 2005, "2026-01-01T00:00:00Z", "UTC", { "Nov 9 12:01:01 " }, { "2005-11-09T12:01:01.000000Z" } },
	{ "a fraction", 2026, "2026-01-01T00:00:00Z", "UTC", { "Nov 22 05:10:37.25 " }, { "2026-11-22T05:10:37.250000Z" } },
	{ "a year of its own", 2026, "2026-01-01T00:00:00Z", "UTC", { "Nov 22 2019 05:10:37 " }, { "2019-11-22T05:10:37.000000Z" } },
	{ "other languages", 2026, "2026-01-01T00:00:00Z", "UTC",
	  { "sept. 02 05:10:37 ", "pa\305\272 03 05:10:37.5 ", "\320\275\320\276\321\217 22 05:10:37 ", "12\346\234\210 01 05:10:37 " },
	  { "2026-09-02T05:10:37.000000Z", "2026-10-03T05:10:37.500000Z", "2026-11-22T05:10:37.000000Z",
	    "2026-12-01T05:10:37.000000Z" } },
	{ "months of two languages, none", 2026, "2026-01-01T00:00:00Z", "UTC",
	  { "lis 22 05:10:37 ", "13\346\234\210 22 05:10:37 ", "n 22 05:10:37 ", "11 22 05:10:37 " }, { NULL } },
	{ "no stamp", 2026, "2026-01-01T00:00:00Z", "UTC", { "Nov 22 05:99:37 ", "Foo 22 05:10:37 ", "Nov 32 05:10:37 ", "" },
	  { NULL } },
};

static void test_stamps(void)
{
	for (size_t i = 0; i < COUNT(stamp_series); i++) {
		struct stamps stamps;
		struct time_zone zone;
		int64_t written_us;
		bool has_offset;

		(void)instant_parse(stamp_series[i].written, strlen(stamp_series[i].written), &written_us, &has_offset);
		ok(zone_parse(stamp_series[i].zone, &zone), "zone %s", stamp_series[i].zone);
		stamps_begin(&stamps, zone, stamp_series[i].year, written_us);
		for (size_t j = 0; j < 4 && stamp_series[i].stamps[j]; j++) {
			const char *text = stamp_series[i].stamps[j];
			char utc[INSTANT_TEXT_BYTES] = "";
			int64_t us = 0;
			size_t used = stamp_parse(&stamps, text, strlen(text), &us);

			if (used > 0)
				instant_format(us, utc);
			ok(stamp_series[i].utc[j] ? used > 0 && !strcmp(utc, stamp_series[i].utc[j]) : used == 0,
			   "%s: '%s' is %s", stamp_series[i].label, text, utc);
		}
	}
	ok(!zone_parse("Mars/Olympus", &(struct time_zone){ 0 }) && !zone_parse("", &(struct time_zone){ 0 }), "no zone");
}

/* --- lines --- */

static const struct {
	const char *label, *line;
	bool bare;
	enum line_kind kind;
	const char *host, *tag;
	long pid;		/* -1: none */
	const char *message;	/* NULL with LINE_REPEATED */
	const char *utc;	/* of the stamp, the year being 2026 */
} forms[] = {
	{ "a: RFC 3164", "Nov 22 05:10:37 mx postfix/smtpd[13012]: connect from a[192.0.2.1]", false, LINE_TAGGED, "mx",
	  "postfix/smtpd", 13012, "connect from a[192.0.2.1]", "2026-11-22T05:10:37.000000Z" },
	{ "a: a padded day", "Nov  2 05:10:37 mx sendmail[1]: x", false, LINE_TAGGED, "mx", "sendmail", 1, "x", "2026-11-02T05:10:37.000000Z" },
	{ "a: no process", "Nov 22 05:10:37 mx kernel: [1.2] x: y", false, LINE_TAGGED, "mx", "kernel", -1, "[1.2] x: y", NULL },
	{ "a: an empty message", "Nov 22 05:10:37 mx sendmail[1]:", false, LINE_TAGGED, "mx", "sendmail", 1, "", NULL },
	{ "b: RFC 3339", "2020-01-30T06:26:05.404714+09:00 mx2 postfix/qmgr[7]: 4A: removed", false, LINE_TAGGED, "mx2",
	  "postfix/qmgr", 7, "4A: removed", "2020-01-29T21:26:05.404714Z" },
	{ "b: a space for the T", "2020-01-30 06:26:05 mx2 sm-mta[7]: x", false, LINE_TAGGED, "mx2", "sm-mta", 7, "x", "2020-01-30T06:26:05.000000Z" },
	{ "b: journalctl -o short-iso", "2020-01-30T06:26:05+0900 mx2 sm-mta[7]: x", false, LINE_TAGGED, "mx2", "sm-mta", 7, "x",
	  "2020-01-29T21:26:05.000000Z" },
	{ "c: PRI", "<22>Nov 22 05:10:37 mx sendmail[1]: x", false, LINE_TAGGED, "mx", "sendmail", 1, "x", NULL },
	{ "c and f: PRI and no host", "<22>Nov 22 05:17:51 sendmail[6721]: 6AM5HokQ006721: to=<x@a>", false, LINE_TAGGED, "",
	  "sendmail", 6721, "6AM5HokQ006721: to=<x@a>", NULL },
	{ "d: Solaris", "Nov 22 05:10:37 mx sendmail[1]: [ID 801593 mail.info] 6AM: x", false, LINE_TAGGED, "mx", "sendmail", 1, "6AM: x", NULL },
	{ "e: FreeBSD", "Nov 22 05:10:37 <mail.notice> mx sm-mta[1]: x", false, LINE_TAGGED, "mx", "sm-mta", 1, "x", NULL },
	{ "f: no host", "Nov 22 05:10:37 postfix/smtpd[3]: x", false, LINE_TAGGED, "", "postfix/smtpd", 3, "x", NULL },
	{ "g: a message alone", "connect from a[192.0.2.1]", true, LINE_TAGGED, "", "", -1, "connect from a[192.0.2.1]", NULL },
	{ "g: tag and message", "postfix/smtpd[3]: connect from a[192.0.2.1]", true, LINE_TAGGED, "", "postfix/smtpd", 3,
	  "connect from a[192.0.2.1]", NULL },
	{ "h: seconds", "1131566461 mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", "2005-11-09T20:01:01.000000Z" },
	{ "h: seconds with a fraction", "1131566461.25 mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x",
	  "2005-11-09T20:01:01.250000Z" },
	{ "h: BGL", "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 sendmail[2915]: x", false, LINE_TAGGED,
	  "dn228/dn228", "sendmail", 2915, "x", "2005-11-09T20:01:01.000000Z" },
	{ "l: RFC 5424", "<22>1 2026-11-22T05:10:37.5Z mx postfix/smtpd 123 - - connect from a[192.0.2.1]", false, LINE_TAGGED, "mx",
	  "postfix/smtpd", 123, "connect from a[192.0.2.1]", "2026-11-22T05:10:37.500000Z" },
	{ "l: structured data and a BOM", "<22>1 2026-11-22T05:10:37Z - sm-mta - ID47 [a@1 b=\"x\\]y\"][c@2] \xef\xbb\xbfx", false,
	  LINE_TAGGED, "", "sm-mta", -1, "x", "2026-11-22T05:10:37.000000Z" },
	{ "repeated, with a host", "Nov 22 05:10:37 mx last message repeated 3 times", false, LINE_REPEATED, NULL, NULL, 0, NULL, NULL },
	{ "repeated, without", "Nov 22 05:10:37 last message repeated 1 time", false, LINE_REPEATED, NULL, NULL, 0, NULL, NULL },
	{ "repeated, under a tag", "Nov 22 05:10:37 mx sendmail[1]: last message repeated 3 times", false, LINE_REPEATED, NULL, NULL, 0, NULL, NULL },
	{ "repeated, with the message", "Nov 22 05:10:37 mx postfix/smtpd[1]: message repeated 2 times: [ connect from a[192.0.2.1]]", false,
	  LINE_REPEATED, NULL, NULL, 0, NULL, NULL },
	{ "repeated, but not how often", "Nov 22 05:10:37 mx a[1]: message repeated often", false, LINE_TAGGED, "mx", "a", 1,
	  "message repeated often", NULL },
	{ "BusyBox", "Nov 22 05:10:37 mx mail.info postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "a host with the name of a zone", "Nov 22 05:10:37 UTC postfix/smtpd[3]: x", false, LINE_TAGGED, "UTC", "postfix/smtpd", 3, "x",
	  "2026-11-22T05:10:37.000000Z" },
	{ "the zone, where a host may stand", "2026-11-22T05:10:37.123456 UTC postfix/smtpd[3]: x", false, LINE_TAGGED, "",
	  "postfix/smtpd", 3, "x", "2026-11-22T05:10:37.123456Z" },
	{ "a space before %msg%", "Nov 22 05:10:37 mx postfix/smtpd[3]:  x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "more spaces", "Nov 22 05:10:37  mx  postfix/smtpd[3]:  x  ", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x",
	  "2026-11-22T05:10:37.000000Z" },
	{ "tabs", "Nov 22 05:10:37\tmx\tpostfix/smtpd[3]:\tx\ty\t", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x\ty",
	  "2026-11-22T05:10:37.000000Z" },
	{ "Kiwi", "2026-11-22 05:10:37\tMail.Info\t192.0.2.9\tpostfix/smtpd[3]: x y", false, LINE_TAGGED, "192.0.2.9", "postfix/smtpd",
	  3, "x y", "2026-11-22T05:10:37.000000Z" },
	{ "Kiwi, another date", "11-22-2026\t05:10:37\tMail.Info\tmx\tpostfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3,
	  "x", NULL },
	{ "columns, and no host", "Nov 22 05:10:37\tpostfix/smtpd[3]:\tx", false, LINE_TAGGED, "", "postfix/smtpd", 3, "x",
	  "2026-11-22T05:10:37.000000Z" },
	{ "columns without a process", "Nov 22 05:10:37\tpostfix/smtpd:\tx", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "a tab in a tag", "Nov 22 05:10:37 mx a\tpostfix/smtpd[3]: x", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "a tag and a tab", "postfix/smtpd[3]: x\tsmtpd[4]: y", false, LINE_TAGGED, "", "postfix/smtpd", 3, "x\tsmtpd[4]: y", NULL },
	{ "no stamp", "postfix/smtpd[3]: x", false, LINE_TAGGED, "", "postfix/smtpd", 3, "x", NULL },
	{ "no stamp, and one in the message", "app[3]: Nov 22 05:10:37 mx postfix/smtpd[4]: x", false, LINE_TAGGED, "", "app", 3,
	  "Nov 22 05:10:37 mx postfix/smtpd[4]: x", NULL },
	{ "no stamp, and no process", "postfix/smtpd: x", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "docker compose", "mail_1  | postfix/smtpd[3]: x", false, LINE_TAGGED, "", "postfix/smtpd", 3, "x", NULL },
	{ "kubectl --prefix", "[pod/mail-0/postfix] postfix/smtpd[3]: x", false, LINE_TAGGED, "", "postfix/smtpd", 3, "x", NULL },
	{ "cat -n", "    12\tNov 22 05:10:37 mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "less -N", "     12 Nov 22 05:10:37 mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "a tab before it", "\tNov 22 05:10:37 mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "a quotation", ">> >Nov 22 05:10:37 mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "pdsh", "mx1: Nov 22 05:10:37 mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "grep -C", "mail.log-20261122-Nov 22 05:10:37 mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "grep -C -n", "/var/log/mail.log-12-2026-11-22T05:10:37Z mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x",
	  "2026-11-22T05:10:37.000000Z" },
	{ "journalctl -o short-delta", "[  123.450500 <    0.001234 >] mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3,
	  "x", NULL },
	{ "its first line", "[  123.450500                ] mx postfix/smtpd[3]: x", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x", NULL },
	{ "svlogd", "2026-11-22_05:10:37.12345 postfix/smtpd[3]: x", false, LINE_TAGGED, "", "postfix/smtpd", 3, "x",
	  "2026-11-22T05:10:37.123450Z" },
	{ "quotes", "\"Nov 22 05:10:37 mx postfix/smtpd[3]: x\",", false, LINE_TAGGED, "mx", "postfix/smtpd", 3, "x",
	  "2026-11-22T05:10:37.000000Z" },
	{ "quotes inside quotes", "\"Nov 22 05:10:37 mx postfix/smtpd[3]: from=<\\\"x\\\"@y>\"", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "a quote and no more", "\"", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "a quote and a comma", "\",", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "far to the right", "          Nov 22 05:10:37 mx postfix/smtpd[3]: x", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "a word too much", "Nov 22 05:10:37 mx some postfix/smtpd[3]: x", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "no line", "garbage", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "nothing", "", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "a stamp alone", "Nov 22 05:10:37 ", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "a process that is no number", "Nov 22 05:10:37 mx postfix/smtpd[x]: y", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "a process beyond all", "Nov 22 05:10:37 mx postfix/smtpd[99999999999]: y", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "PRI beyond all", "<999>Nov 22 05:10:37 mx sendmail[1]: x", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "RFC 5424 that ends early", "<22>1 2026-11-22T05:10:37Z mx postfix/smtpd 1 - [a", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
	{ "half of BGL", "- 1131566461 2005.11.09 ", false, LINE_ODD, NULL, NULL, 0, NULL, NULL },
};

static bool is_text(struct span span, const char *text)
{
	return span.length == strlen(text) && memcmp(span.text, text, span.length) == 0;
}

/* The second time with the heads of all lines before: nothing is otherwise. */
static void test_forms(struct line_heads *heads)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		char utc[INSTANT_TEXT_BYTES] = "";
		struct stamps stamps;
		struct log_line line;
		uint32_t repeats = 0;
		int64_t us = 0;
		bool good;

		stamps_begin(&stamps, (struct time_zone){ .offset_s = 0 }, 2026, 0);
		good = syslog_line_parse(heads, forms[i].line, strlen(forms[i].line), forms[i].bare, &line, &repeats) == forms[i].kind;
		if (forms[i].kind == LINE_TAGGED)
			good = good && is_text(line.host, forms[i].host) && is_text(line.tag, forms[i].tag) &&
			       is_text(line.message, forms[i].message) && line.has_pid == (forms[i].pid >= 0) &&
			       (!line.has_pid || line.pid == forms[i].pid);
		if (forms[i].kind == LINE_REPEATED)
			good = good && repeats > 0;
		if (good && forms[i].utc) {
			good = log_line_time(&stamps, &line, &us);
			instant_format(us, utc);
			good = good && !strcmp(utc, forms[i].utc);
		}
		ok(good, "%s: %s", forms[i].label, utc);
	}
}

/* --- parts of Postfix' lines --- */

static const struct {
	const char *text, *name, *address, *port, *rest;	/* name NULL: no client */
} clients[] = {
	{ "localhost[127.0.0.1]", "localhost", "127.0.0.1", "", "" },
	{ "unknown[2001:db8::1]:25: 550 x", "unknown", "2001:db8::1", "25", ": 550 x" },
	{ "a.example[192.0.2.1]: 550 x", "a.example", "192.0.2.1", "", ": 550 x" },
	{ "[127.0.0.1]:43154 to [127.0.0.1]:25", "", "127.0.0.1", "43154", " to [127.0.0.1]:25" },
	{ "unknown[unknown]", "unknown", "unknown", "", "" },
	{ "a b[192.0.2.1]", NULL, NULL, NULL, NULL },
	{ "a[192.0.2.1", NULL, NULL, NULL, NULL },
	{ "", NULL, NULL, NULL, NULL },
};

static void test_clients(void)
{
	for (size_t i = 0; i < COUNT(clients); i++) {
		struct postfix_client client;
		struct span rest;
		bool found = postfix_client_parse((struct span){ clients[i].text, strlen(clients[i].text) }, &client, &rest);

		ok(clients[i].name ? found && is_text(client.name, clients[i].name) && is_text(client.address, clients[i].address) &&
				     is_text(client.port, clients[i].port) && is_text(rest, clients[i].rest) : !found,
		   "client '%s'", clients[i].text);
	}
}

/* NULL: not there, or not to be told for certain. */
static const struct {
	const char *label, *text, *reply, *sender, *helo, *user;
	enum verb protocol;
} trailers[] = {
	{ "all", "504 5.5.2 <x>: no; from=<a@b> to=<c@d> proto=ESMTP helo=<x>", "504 5.5.2 <x>: no", "a@b", "x", NULL, VERB_EHLO },
	{ "a null sender", "554 x; from=<> to=<c@d> proto=SMTP helo=<x>", "554 x", "", "x", NULL, VERB_HELO },
	{ "no recipient", "550 x; from=<a@b> proto=SMTP helo=<x>", "550 x", "a@b", "x", NULL, VERB_HELO },
	{ "no greeting", "550 x; from=<a@b> proto=SMTP", "550 x", "a@b", NULL, NULL, VERB_HELO },
	{ "no sender", "550 x; to=<bob> proto=ESMTP helo=<x>", "550 x", NULL, "x", NULL, VERB_EHLO },
	{ "no path", "550 x; proto=ESMTP helo=<x>", "550 x", NULL, "x", NULL, VERB_EHLO },
	{ "a login", "550 x; from=<a@b> to=<c@d> proto=ESMTP helo=<x> sasl_username=<bob>", "550 x", "a@b", "x", "bob", VERB_EHLO },
	{ "an empty name", "550 x; proto=SMTP helo=<>", "550 x", NULL, "", NULL, VERB_HELO },
	{ "postscreen", "550 5.5.1 x; from=<a@b>, to=<c@d>, proto=ESMTP, helo=<x>", "550 5.5.1 x", "a@b", "x", NULL, VERB_EHLO },
	{ "a sender that writes a line of its own", "550 x; from=<\"a> to=<b> proto=SMTP helo=<fake\"@x> to=<r> proto=ESMTP helo=<real>",
	  "550 x", NULL, "real", NULL, VERB_EHLO },
	{ "a text that does", "550 <; from=<evil> to=<x> >: no; from=<a@b> to=<c@d> proto=ESMTP helo=<x>", "550 <", NULL, "x", NULL, VERB_EHLO },
	{ "a recipient with a quote", "550 x; from=<a@b> to=<\"c d\"@e> proto=ESMTP helo=<x>", "550 x", "a@b", "x", NULL, VERB_EHLO },
	{ "none", "421 4.3.0 mx Server local data error", "421 4.3.0 mx Server local data error", NULL, NULL, NULL, VERB_UNKNOWN },
	{ "a line that was cut", "550 x; from=<a@b> to=<c@d> proto=ESMTP hel", "550 x", "a@b", NULL, NULL, VERB_UNKNOWN },
	{ "nothing", "", "", NULL, NULL, NULL, VERB_UNKNOWN },
};

static void test_trailers(void)
{
	for (size_t i = 0; i < COUNT(trailers); i++) {
		struct postfix_trailer t;
		bool good;

		postfix_trailer_parse((struct span){ trailers[i].text, strlen(trailers[i].text) }, &t);
		good = is_text(t.text, trailers[i].reply) && t.has_sender == (trailers[i].sender != NULL) &&
		       t.has_helo == (trailers[i].helo != NULL) && t.has_user == (trailers[i].user != NULL) &&
		       t.has_protocol == (trailers[i].protocol != VERB_UNKNOWN);
		good = good && (!t.has_sender || is_text(t.sender, trailers[i].sender)) &&
		       (!t.has_helo || is_text(t.helo, trailers[i].helo)) && (!t.has_user || is_text(t.user, trailers[i].user)) &&
		       (!t.has_protocol || t.protocol == trailers[i].protocol);
		ok(good, "trailer: %s: '%.*s'", trailers[i].label, (int)t.text.length, t.text.text);
	}
}

static void test_counts(void)
{
	static const char text[] = "helo=1/2 ehlo=2/3 mail=1 rset=2 vrfy=3/4 etrn=2/3 future=9 unknown=0/5 commands=13/22";
	struct postfix_counts counts;

	ok(postfix_counts_parse((struct span){ text, sizeof text - 1 }, &counts), "counts");
	ok(counts.given[COUNTED_HELO] == 2 && counts.taken[COUNTED_HELO] == 1 && counts.given[COUNTED_VRFY] == 4 &&
	   counts.given[COUNTED_UNKNOWN] == 5 && counts.taken[COUNTED_UNKNOWN] == 0 && counts.given[COUNTED_MAIL] == 1 &&
	   counts.taken[COUNTED_MAIL] == 1 && counts.given[COUNTED_RCPT] == 0, "given and taken");
	ok(!postfix_counts_parse((struct span){ "ehlo=1 mail=1 rc", 16 }, &counts), "a line that was cut has no counts");
	ok(!postfix_counts_parse((struct span){ "", 0 }, &counts), "Postfix before 3.0 has none");
	ok(postfix_counts_parse((struct span){ "commands=0/0", 12 }, &counts), "no command at all");
}

static const struct {
	const char *text;
	bool is_id;
} queue_ids[] = {
	{ "F14ECAA090F: client=x", true }, { "4Q0000001z00001: removed", true }, { "3ZqLn05CYjz2d7M: x", true },
	{ "NOQUEUE: reject: x", false }, { "warning: x", false }, { "statistics: x", false }, { "Anonymous: x", false },
	{ "ABBAFAAAADA: client=x", true }, { "FACED: x", false }, { "DECODED: x", false },
	{ "ABCDE", false }, { "F14ECAA090F:", false }, { "", false }, { "A1: x", false },
};

static void test_queue_ids(void)
{
	for (size_t i = 0; i < COUNT(queue_ids); i++) {
		struct span id, rest;

		ok(span_take_queue_id((struct span){ queue_ids[i].text, strlen(queue_ids[i].text) }, &id, &rest) == queue_ids[i].is_id,
		   "queue id: '%s'", queue_ids[i].text);
	}
	ok(postfix_helo_is_exact((struct span){ "foo.example", 11 }) && postfix_helo_is_exact((struct span){ "a?b", 3 }) &&
	   !postfix_helo_is_exact((struct span){ "[192.0.2.1]?x", 13 }) && !postfix_helo_is_exact((struct span){ "caf??.example", 13 }),
	   "what Postfix shows of a name");
}

/* --- commands --- */

static const struct {
	const char *text;
	enum record_command command;
	const char *argument;
	bool has_path;
} commands[] = {
	{ "EHLO mail.example.org", COUNTED_EHLO, "mail.example.org", false },
	{ "helo  a b \r\n", COUNTED_HELO, "a b", false },
	{ "EHLO", COUNTED_EHLO, "", false },
	{ "MAIL FROM:<a@b> SIZE=10", COUNTED_MAIL, "a@b", true },
	{ "mail from: <a@b>", COUNTED_MAIL, "a@b", true },
	{ "MAIL FROM:<>", COUNTED_MAIL, "", true },
	{ "MAIL FROM:a@b SIZE=1", COUNTED_MAIL, "a@b", true },
	{ "MAIL FROM:<\"a> b\"@c> X", COUNTED_MAIL, "\"a> b\"@c", true },
	{ "MAIL FROM:<a@b", COUNTED_MAIL, "a@b", true },
	{ "MAIL a@b", COUNTED_MAIL, "a@b", false },
	{ "MAIL FROM:", COUNTED_MAIL, "", false },
	{ "RCPT TO:<x@y>", COUNTED_RCPT, "x@y", true },
	{ "VRFY root", COUNTED_VRFY, "root", false },
	{ "AUTH_FAILED x", COUNTED_UNKNOWN, "x", false },
	{ "XFOO bar", COUNTED_UNKNOWN, "bar", false },
	{ "", COUNTED_UNKNOWN, "", false },
};

static void test_commands(void)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		struct smtp_command command;

		smtp_command_parse((struct span){ commands[i].text, strlen(commands[i].text) }, &command);
		ok(command.command == commands[i].command && is_text(command.argument, commands[i].argument) &&
		   command.has_path == commands[i].has_path, "command '%s'", commands[i].text);
	}
}

/* --- records --- */

static const char whole[] =
	"{\"schema\":\"ehlo-milter.session/1\",\"id\":\"01JD8XA7Q2M4T9VB\",\"host\":\"mx1\",\"source\":\"daemon\",\"mta\":\"sendmail\","
	"\"listener\":\"mx\",\"policy_sha256\":\"00\",\"start\":\"2026-11-22T05:16:02.123456Z\",\"duration_us\":812345,\"complete\":true,"
	"\"client_address\":\"203.0.113.9\",\"client_port\":34082,\"client_name\":\"mail.example.org\","
	"\"reverse_client_name\":\"mail.example.org\",\"client_resolve\":\"OK\",\"server_address\":\"192.0.2.1\",\"server_port\":25,"
	"\"daemon_name\":\"mx\",\"helo\":[{\"verb\":\"EHLO\",\"name\":\"mail.example.org\",\"t_us\":40211}],"
	"\"tls\":{\"version\":\"TLSv1.3\",\"cipher\":\"x\"},\"sasl_username\":null,"
	"\"tx\":[{\"queue_id\":null,\"sender\":\"joe@example.org\",\"recipient_count\":1,\"delivered\":null,\"t_us\":90500}],"
	"\"commands\":{\"unknown\":0},"
	"\"dns\":[{\"q\":\"9.113.0.203.in-addr.arpa\",\"type\":\"PTR\",\"status\":\"NOERROR\",\"ttl\":3600,"
	"\"answers\":[\"mail.example.org.\"],\"us\":1210,\"source\":\"net\"}],"
	"\"checks\":[{\"check\":\"ehlo_fqdn\",\"result\":\"pass\",\"tx\":null}],"
	"\"verdicts\":[{\"tx\":0,\"action\":\"accept\",\"reply\":null,\"check\":null,\"rule\":null,"
	"\"would\":{\"action\":\"reject\",\"reply\":\"550 x\",\"check\":\"iprev\",\"rule\":null}}],"
	"\"missing\":[\"commands.vrfy\",\"commands.etrn\"],\"redacted\":[],\"truncated\":0}\n";

/* What is read and written again; expected NULL: the same.  missing is left out, where the line does not say it. */
static const struct {
	const char *label, *line, *expected;
} round_trips[] = {
	{ "all of it", whole, NULL },
	{ "nothing known", "{\"missing\":[]}", "{\"schema\":\"ehlo-milter.session/1\",\"missing\":[]}\n" },
	{ "unknown keys, in any order", "{\"missing\":[],\"x\":{\"y\":[1,2.5e3,\"\\u00e9\",null,true]},\"client_port\":1,\"helo\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"client_port\":1,\"helo\":[],\"missing\":[]}\n" },
	{ "none", "{\"client_name\":null,\"tls\":null,\"tx\":null,\"client_address\":null,\"start\":null,\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"start\":null,\"client_address\":null,\"client_name\":null,\"tls\":null,\"tx\":[],"
	  "\"missing\":[]}\n" },
	{ "a greeting of which little is known", "{\"helo\":[{\"verb\":null},{\"name\":\"\"}],\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"helo\":[{\"verb\":null},{\"verb\":null,\"name\":\"\"}],\"missing\":[]}\n" },
	{ "bytes that are no UTF-8", "{\"enc\":\"latin1\",\"client_name\":\"\\u00ff\\\\xff\\u00c3\\u00a9\",\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"enc\":\"latin1\",\"client_name\":\"\\u00ff\\\\xff\\u00c3\\u00a9\",\"missing\":[]}\n" },
	{ "enc behind what it is about", "{\"client_name\":\"\\u00ff\",\"missing\":[],\"enc\":\"latin1\"}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"enc\":\"latin1\",\"client_name\":\"\\u00ff\",\"missing\":[]}\n" },
	{ "UTF-8", "{\"client_name\":\"caf\xc3\xa9 \\u00e9 \\ud83d\\ude00 \\n\\/\",\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"client_name\":\"caf\xc3\xa9 \xc3\xa9 \xf0\x9f\x98\x80 \\u000a/\",\"missing\":[]}\n" },
	{ "a NUL ends a value, as in an MTA", "{\"client_name\":\"a\\u0000b\",\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"client_name\":\"a\",\"missing\":[]}\n" },
	{ "an address with a tag", "{\"client_address\":\"IPv6:2001:DB8::1\",\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"client_address\":\"2001:db8::1\",\"missing\":[]}\n" },
	{ "a key with escapes", "{\"client\\u005fport\":7,\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"client_port\":7,\"missing\":[]}\n" },
	{ "a time of another zone", "{\"start\":\"2026-11-22T06:16:02+01:00\",\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"start\":\"2026-11-22T05:16:02.000000Z\",\"missing\":[]}\n" },
	{ "a later word", "{\"source\":\"exim-log\",\"mta\":\"exim\",\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"mta\":\"other\",\"missing\":[]}\n" },
	{ "a transaction of which less is known than of the session",
	  "{\"sasl_username\":\"joe\",\"tx\":[{\"missing\":[\"sasl_username\",\"tls_version\"]},{}],\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"sasl_username\":\"joe\","
	  "\"tx\":[{\"missing\":[\"sasl_username\",\"tls_version\"]},{}],\"missing\":[]}\n" },
	{ "a key twice: the last", "{\"tx\":[{},{}],\"tx\":[],\"missing\":[]}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"tx\":[],\"missing\":[]}\n" },
	{ "missing, worked out", "{\"helo\":[{\"verb\":\"EHLO\",\"name\":\"a\"}],\"tx\":[{}],\"tls\":{},\"dns\":[],\"start\":null,"
	  "\"client_address\":null,\"client_port\":null,\"client_name\":null,\"reverse_client_name\":null,\"client_resolve\":null,"
	  "\"server_address\":null,\"server_port\":null,\"daemon_name\":null,\"sasl_username\":null}",
	  "{\"schema\":\"ehlo-milter.session/1\",\"start\":null,\"client_address\":null,\"client_port\":null,\"client_name\":null,"
	  "\"reverse_client_name\":null,\"client_resolve\":null,\"server_address\":null,\"server_port\":null,\"daemon_name\":null,"
	  "\"helo\":[{\"verb\":\"EHLO\",\"name\":\"a\"}],\"tls\":{},\"sasl_username\":null,\"tx\":[{}],\"dns\":[],"
	  "\"missing\":[\"tls.version\",\"tx.sender\",\"commands.vrfy\",\"commands.expn\",\"commands.etrn\"]}\n" },
};

static void test_round_trips(void)
{
	for (size_t i = 0; i < COUNT(round_trips); i++) {
		const char *line = round_trips[i].line, *expected = round_trips[i].expected ? round_trips[i].expected : line;
		const char *problem, *again;
		struct record record;
		struct arena arena;
		struct buf out, twice;

		arena_init(&arena, NULL, 0, 1000);
		buf_init(&out);
		buf_init(&twice);
		problem = record_read(line, strlen(line), &arena, &record);
		if (!problem)
			record_write(&record, &out);
		ok(!problem && !strcmp(out.text, expected), "record: %s: %s", round_trips[i].label, problem ? problem : out.text);
		again = record_read(out.text, out.length, &arena, &record);
		if (!again)
			record_write(&record, &twice);
		ok(!again && !strcmp(out.text, twice.text), "record: %s: the same again", round_trips[i].label);
		buf_clear(&out);
		buf_clear(&twice);
		arena_clear(&arena);
	}
}

static const struct {
	const char *line, *problem;
} bad_records[] = {
	{ "", "expected an object" },
	{ "[]", "expected an object" },
	{ "{", "ends early" },
	{ "{}x", "text after the end" },
	{ "{\"client_port\":\"25\"}", "client_port: expected a number" },
	{ "{\"client_port\":-1}", "client_port: number out of range" },
	{ "{\"client_port\":1.5}", "client_port: expected an integer" },
	{ "{\"duration_us\":99999999999999999999}", "duration_us: number too large" },
	{ "{\"client_address\":\"300.1.1.1\"}", "client_address: expected an address" },
	{ "{\"start\":\"yesterday\"}", "start: expected a time like 2026-11-22T05:16:02.123456Z" },
	{ "{\"start\":\"2026-11-22T05:16:02\"}", "start: expected a time like 2026-11-22T05:16:02.123456Z" },
	{ "{\"helo\":{}}", "helo: expected an array" },
	{ "{\"helo\":[1]}", "helo: expected an object" },
	{ "{\"helo\":[{\"verb\":\"LHLO\"}]}", "helo: expected EHLO, HELO or null" },
	{ "{\"complete\":1}", "complete: expected true or false" },
	{ "{\"host\":\"a\nb\"}", "host: control character in a string" },
	{ "{\"host\":\"a", "host: ends in a string" },
	{ "{\"host\":\"\\q\"}", "host: unknown escape in a string" },
	{ "{\"host\":\"\\u12g4\"}", "host: bad \\u escape in a string" },
	{ "{\"x\":[1,]}", "expected a value" },
	{ "{\"x\":01}", "malformed number" },
	{ "{\"x\" 1}", "expected a colon" },
	{ "{\"x\":1 \"y\":2}", "expected a comma or a closing bracket" },
	{ "{\"x\":nul}", "unknown word" },
};

static void test_bad_records(void)
{
	char deep[300];

	for (size_t i = 0; i < COUNT(bad_records); i++) {
		struct record record;
		struct arena arena;
		const char *problem;

		arena_init(&arena, NULL, 0, 1000);
		problem = record_read(bad_records[i].line, strlen(bad_records[i].line), &arena, &record);
		ok(problem && !strcmp(problem, bad_records[i].problem), "bad record %zu: %s", i, problem ? problem : "taken");
		arena_clear(&arena);
	}
	memset(deep, '[', sizeof deep);
	memcpy(deep, "{\"x\":", 5);
	{
		struct record record;
		struct arena arena;
		const char *problem;

		arena_init(&arena, NULL, 0, 1000);
		problem = record_read(deep, sizeof deep, &arena, &record);
		ok(problem && !strcmp(problem, "too deep"), "brackets without end");
		arena_clear(&arena);
	}
}

/* Which greeting is in effect at which transaction; -1: none, -2: unknown. */
static const struct {
	const char *line;
	int at[3];
} greetings[] = {
	{ "{\"tx\":[{}]}", { -2, -2 } },
	{ "{\"helo\":[],\"tx\":[{}]}", { -1, -1 } },
	{ "{\"helo\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"tx\":[{}]}", { 1, 1 } },
	{ "{\"helo\":[{\"t_us\":5},{\"t_us\":7}],\"tx\":[{\"t_us\":6},{\"t_us\":7}]}", { 0, 1, 1 } },
	{ "{\"helo\":[{\"t_us\":5}],\"tx\":[{\"t_us\":4},{\"t_us\":5}]}", { -1, 0, 0 } },
	{ "{\"helo\":[{\"t_us\":7},{\"t_us\":5}],\"tx\":[{\"t_us\":6},{\"t_us\":4}]}", { 1, -1, 1 } },
	{ "{\"helo\":[{\"t_us\":5},{}],\"tx\":[{\"t_us\":4},{\"t_us\":5}]}", { 1, 1, 1 } },
	{ "{\"helo\":[{},{},{\"t_us\":5},{\"t_us\":5}],\"tx\":[{\"t_us\":4},{\"t_us\":5}]}", { 1, 3, 3 } },
	{ "{\"helo\":[{},{\"t_us\":5}],\"tx\":[{\"t_us\":4},{}]}", { 0, 1, 1 } },
};

static void test_greetings(bool ordered)
{
	for (size_t i = 0; i < COUNT(greetings); i++) {
		struct record record;
		struct arena arena;
		bool good = true;

		arena_init(&arena, NULL, 0, 1000);
		(void)record_read(greetings[i].line, strlen(greetings[i].line), &arena, &record);
		if (ordered)
			(void)record_make_whole(&record, &arena);
		for (size_t tx = 0; tx <= record.tx_count; tx++) {
			enum presence presence;
			const struct record_helo *helo = record_greeting(&record, tx, &presence);
			int found = helo ? (int)(helo - record.helo) : presence == PRESENCE_NONE ? -1 : -2;

			good = good && found == greetings[i].at[tx];
		}
		ok(good, "greeting in effect%s: %s", record.helo_ordered ? ", ordered" : "", greetings[i].line);
		arena_clear(&arena);
	}
}

/* A record as the engine takes it: what is in no record stays unknown. */
static bool is(const struct text *text, enum presence presence, const char *value)
{
	return text->presence == presence && (presence != PRESENCE_KNOWN || !strcmp(text->value, value));
}

static void session_of(const char *line, size_t tx, struct arena *arena, struct session *session_r)
{
	struct record record;

	ok(!record_read(line, strlen(line), arena, &record), "%.60s", line);
	record_session(&record, tx, session_r);
}

static void test_sessions(void)
{
	struct session session;
	struct arena arena;

	arena_init(&arena, NULL, 0, 1000);
	session_of("{}", 0, &arena, &session);
	ok(session.transaction == 0 && session.ehlo.presence == PRESENCE_UNKNOWN && session.verb == VERB_UNKNOWN &&
	   session.sender.presence == PRESENCE_UNKNOWN && session.client.presence == PRESENCE_UNKNOWN &&
	   session.tls_version.presence == PRESENCE_UNKNOWN && session.auth_user.presence == PRESENCE_UNKNOWN,
	   "nothing told is nothing known");
	session_of("{\"helo\":[],\"tx\":[],\"tls\":null,\"sasl_username\":null,\"client_name\":null,\"client_address\":null}", 0, &arena,
		   &session);
	ok(session.ehlo.presence == PRESENCE_NONE && session.verb == VERB_NONE && session.sender.presence == PRESENCE_NONE &&
	   session.client.presence == PRESENCE_NONE && session.tls_version.presence == PRESENCE_NONE &&
	   session.auth_user.presence == PRESENCE_NONE && session.client_name.presence == PRESENCE_NONE, "none is none");
	session_of(whole, 0, &arena, &session);
	ok(session.transaction == 1 && is(&session.ehlo, PRESENCE_KNOWN, "mail.example.org") && session.verb == VERB_EHLO &&
	   is(&session.sender, PRESENCE_KNOWN, "joe@example.org") && is(&session.tls_version, PRESENCE_KNOWN, "TLSv1.3") &&
	   is(&session.daemon_name, PRESENCE_KNOWN, "mx") && session.daemon_port.value == 25 && session.mta == MTA_SENDMAIL &&
	   !strcmp(session.id, "01JD8XA7Q2M4T9VB") && session.start_date == 20779 && is(&session.host, PRESENCE_KNOWN, "mx1"),
	   "the whole of a record");
	ok(session.listener_service.presence == PRESENCE_UNKNOWN, "the daemon's listener is no service of the MTA");
	session_of("{\"source\":\"postfix-log\",\"listener\":\"submission\",\"host\":\"mx\"}", 0, &arena, &session);
	ok(is(&session.listener_service, PRESENCE_KNOWN, "submission") && session.host.presence == PRESENCE_UNKNOWN,
	   "that of a log is; its host is not the MTA's name");
	session_of("{\"redacted\":[\"helo\",\"sender\",\"client_address\"],\"helo\":[{\"verb\":\"EHLO\",\"name\":\"x\"}],"
		   "\"tx\":[{\"sender\":\"y\"}],\"client_address\":\"192.0.2.0\"}", 0, &arena, &session);
	ok(session.ehlo.presence == PRESENCE_UNKNOWN && session.verb == VERB_EHLO && session.sender.presence == PRESENCE_UNKNOWN &&
	   session.client.presence == PRESENCE_UNKNOWN, "what was redacted is unknown, and was there");
	for (size_t tx = 0; tx < 3; tx++) {
		static const enum presence logins[] = { PRESENCE_UNKNOWN, PRESENCE_KNOWN, PRESENCE_NONE };

		session_of("{\"sasl_username\":\"joe\",\"tls\":{\"version\":\"TLSv1.3\"},\"tx\":[{\"missing\":[\"sasl_username\"]},{},"
			   "{\"sasl_username\":null,\"missing\":[\"tls_version\"]}]}", tx, &arena, &session);
		ok(session.auth_user.presence == logins[tx] &&
		   session.tls_version.presence == (tx == 2 ? PRESENCE_UNKNOWN : PRESENCE_KNOWN),
		   "what a transaction lacks, though the session has it: %zu", tx);
	}
	session_of("{\"tls\":{}}", 0, &arena, &session);
	ok(session.tls_version.presence == PRESENCE_UNKNOWN, "TLS of an unknown version");
	session_of("{\"client_name\":null,\"reverse_client_name\":\"a.example\",\"client_resolve\":\"FORGED\"}", 0, &arena, &session);
	ok(session.client_name.presence == PRESENCE_NONE && session.client_resolve == RESOLVE_FORGED &&
	   is(&session.client_ptr, PRESENCE_KNOWN, "a.example"), "a name that is not confirmed, and why");
	session_of("{\"client_name\":null,\"client_resolve\":\"TEMP\"}", 0, &arena, &session);
	ok(session.client_name.presence == PRESENCE_UNKNOWN && session.client_resolve == RESOLVE_TEMP &&
	   session.client_ptr.presence == PRESENCE_UNKNOWN, "no name for the moment");
	session_of("{\"client_name\":null,\"client_resolve\":\"FAIL\"}", 0, &arena, &session);
	ok(session.client_resolve == RESOLVE_FAIL && session.client_ptr.presence == PRESENCE_NONE, "no name at all");
	session_of("{\"server_port\":0}", 0, &arena, &session);
	ok(session.local_submission, "what the sendmail command submits");
	session_of("{\"id\":\"an id that is much longer than ours\"}", 0, &arena, &session);
	ok(session.id[0] == '\0', "an id of another kind");
	arena_clear(&arena);
}

/* --- the table --- */

static void test_index(void)
{
	struct index index = { .capacity = 0 };
	bool good = true;

	/* Keys that all want the same few places; half of them leave again. */
	for (uint64_t i = 1; i <= 2000; i++)
		good = good && index_put(&index, i % 7 + (i << 32), i);
	for (uint64_t i = 1; i <= 2000; i += 2)
		index_remove(&index, i % 7 + (i << 32));
	for (uint64_t i = 1; i <= 2000; i++)
		good = good && index_get(&index, i % 7 + (i << 32)) == (i % 2 ? 0 : i);
	index_remove(&index, 12345);
	ok(good && index.count == 1000, "what was put is found, what was removed is not");
	index_clear(&index);
	ok(index_get(&index, 1) == 0, "an empty one holds nothing");
}

int main(void)
{
	struct line_heads heads = { 0 };

	test_instants();
	test_stamps();
	test_forms(&heads);
	test_forms(&heads);
	test_clients();
	test_trailers();
	test_counts();
	test_queue_ids();
	test_commands();
	test_round_trips();
	test_bad_records();
	test_greetings(false);
	test_greetings(true);
	test_sessions();
	test_index();
	return tap_done();
}
