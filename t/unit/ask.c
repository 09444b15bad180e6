/* SPDX-License-Identifier: BSD-2-Clause */
/* What the MTAs are answered when they ask by socket map. */
#include "conf/load.h"
#include "mta/ask.h"

#include "tap.h"

#include <string.h>

static const char text[] =
	"version: 1\n"
	"lists:\n"
	"  own: { networks: [192.0.2.0/24, 2001:db8::/32] }\n"
	"commands:\n"
	"  vrfy: { if: authenticated or client in $own, then: allow, else: hide }\n"
	"  extensions: { dsn: { if: client in $own, then: true, else: false } }\n"
	"listeners:\n"
	"  - name: internal\n"
	"    match: { client: 192.0.2.7, daemon_port: 25 }\n"
	"    commands: { expn: allow, extensions: { chunking: true, requiretls: false } }\n"
	"  - name: msa\n"
	"    match: { daemon_name: MSA }\n"
	"    commands:\n"
	"      etrn: { if: \"client_name ends_with '.example.org'\", then: domain, else: block }\n"
	"      etrn_domains: [example.com]\n"
	"      helo: { if: tls, then: allow, else: refuse }\n"
	"      line_endings: { if: client in $own, then: lenient, else: crlf }\n"
	"  - name: mx\n"
	"    match: any\n"
	"    commands: { expn: disable, etrn: disable, extensions: { etrn: false, pipelining: false } }\n";

struct question {
	const char *label;
	const char *request;
	const char *answer;	/* its beginning, where it ends with "..." */
};

static const struct question questions[] = {
	{ "vrfy of a stranger", "ehlomilter vrfy^MTA^25^203.0.113.9^OK^^^a.example.net", "OK HIDE" },
	{ "vrfy of an own client", "ehlomilter vrfy^MTA^25^192.0.2.9^OK^^^a.example.net", "OK ALLOW" },
	{ "vrfy of an own client by IPv6", "ehlomilter vrfy^MTA^25^IPv6:2001:db8:0:0:0:0:0:9^FAIL^^^", "OK ALLOW" },
	{ "vrfy after a login", "ehlomilter vrfy^MTA^25^203.0.113.9^FAIL^TLSv1.3^joe@example.org^", "OK ALLOW" },
	{ "vrfy of nobody's address", "ehlomilter vrfy^MTA^25^^^^^", "OK HIDE" },
	{ "expn of a listener by its clients", "ehlomilter expn^MTA^25^192.0.2.7^FAIL^^^", "OK ALLOW" },
	{ "expn of the same client at another port", "ehlomilter expn^MTA^26^192.0.2.7^FAIL^^^", "OK DISABLE" },
	{ "expn where it is not named", "ehlomilter expn^MSA^587^203.0.113.9^FAIL^^^", "OK NONE" },
	{ "the name of a daemon has no case", "ehlomilter expn^msa^587^203.0.113.9^FAIL^^^", "OK NONE" },
	{ "etrn by name", "ehlomilter etrn^MSA^587^203.0.113.9^OK^^^h.example.org", "OK DOMAIN-msa" },
	{ "etrn: a forged name is none", "ehlomilter etrn^MSA^587^203.0.113.9^FORGED^^^h.example.org", "OK BLOCK" },
	{ "etrn: what is not known does not help", "ehlomilter etrn^MSA^587^203.0.113.9^TEMP^^^h.example.org", "OK BLOCK" },
	{ "helo in the clear", "ehlomilter helo^MSA^587^203.0.113.9^OK^^^a.example.net", "OK REFUSE" },
	{ "helo over TLS", "ehlomilter helo^MSA^587^203.0.113.9^OK^TLSv1.3^^a.example.net", "OK ALLOW" },
	{ "helo where it is not named", "ehlomilter helo^MTA^25^203.0.113.9^OK^^^a.example.net", "OK NONE" },
	{ "features of a stranger", "ehlomilter features^MTA^25^203.0.113.9^OK^^^a", "OK x E P D" },
	{ "features of an own client", "ehlomilter features^MTA^25^192.0.2.9^OK^^^a", "OK x E P d" },
	{ "features with line endings", "ehlomilter features^MSA^587^203.0.113.9^OK^^^a", "OK e o g u D" },
	{ "features: etrn: domain needs ETRN", "ehlomilter features^MSA^587^192.0.2.9^OK^^^a.example.org", "OK e O G U d" },
	{ "an unknown kind", "ehlomilter mail^MTA^25^203.0.113.9^OK^^^a", "PERM ..." },
	{ "too few fields", "ehlomilter vrfy^MTA^25^203.0.113.9^OK^^", "TEMP ..." },
	{ "a caret in a name moves nothing", "ehlomilter vrfy^MTA^25^203.0.113.9^OK^^^a^b", "TEMP ..." },
	{ "an address that is none", "ehlomilter vrfy^MTA^25^localhost^OK^^^a", "TEMP ..." },
	{ "a port that is none, where it matters", "ehlomilter vrfy^MTA^smtp^192.0.2.7^OK^^^a", "TEMP ..." },

	{ "keywords of a stranger", "discard/mx/ 203.0.113.9", "OK silent-discard,pipelining,dsn,vrfy,etrn" },
	{ "keywords of an own client", "discard/mx/ 192.0.2.9", "OK silent-discard,pipelining,etrn" },
	{ "keywords that were there stay", "discard/mx/size+dsn 192.0.2.9", "OK silent-discard,size,pipelining,etrn" },
	{ "of several listeners the first that matches", "discard/internal+mx/chunking 192.0.2.7", "OK silent-discard" },
	{ "and the next for the others", "discard/internal+mx/chunking 192.0.2.8",
	  "OK silent-discard,chunking,pipelining,etrn" },
	{ "REQTLS where Postfix knows it", "discard/internal+mx//reqtls 192.0.2.7", "OK silent-discard,reqtls" },
	{ "IPv6", "discard/mx/ 2001:db8::9", "OK silent-discard,pipelining,etrn" },
	{ "a word that is no keyword is not said again", "discard/mx/size+d\x01sn+a,b+c:d+ 192.0.2.9",
	  "OK silent-discard,size,pipelining,etrn" },
	{ "no listener matches", "discard/internal/ 203.0.113.9", "TEMP ..." },
	{ "a listener that is gone", "discard/old/ 203.0.113.9", "TEMP ..." },
	{ "a key that is no address", "discard/mx/ example.org", "TEMP ..." },
	{ "nothing but the map", "discard/mx/", "PERM ..." },
	{ "an empty request", "", "PERM ..." },
	{ "another map", "virtual joe", "PERM ..." },
};

static bool fits(const char *found, const char *expected)
{
	size_t length = strlen(expected);

	if (length >= 3 && strcmp(expected + length - 3, "...") == 0)
		return strncmp(found, expected, length - 3) == 0;
	return strcmp(found, expected) == 0;
}

/* As long as it may be, and a byte longer: too many keywords, and no request. */
static void test_length(const struct policy *policy, size_t length, const char *expected)
{
	static const char head[] = "discard/mx/";
	char request[ASK_BYTES_MAX + 2 * sizeof head];
	struct buf out;

	memset(request, 'a', length);
	request[length] = '\0';
	memcpy(request, head, sizeof head - 1);
	for (size_t i = sizeof head + 30; i < length; i += 30)
		request[i] = '+';
	memcpy(request + length - 8, " ::1.....", 4);
	request[length - 4] = '\0';
	buf_init(&out);
	ask_answer(policy, request, &out);
	ok(fits(out.text, expected), "a request of %zu bytes: %s", length - 4, out.text);
	buf_clear(&out);
}

int main(void)
{
	struct policy *policy;
	struct diag diag;

	diag_init(&diag);
	policy = policy_load_text("test.yaml", text, strlen(text), &diag);
	for (size_t i = 0; i < diag.count; i++)
		printf("# %u: %s\n", diag.entries[i].place.line, diag.entries[i].text);
	ok(policy, "the policy loads");
	for (size_t i = 0; policy && i < sizeof questions / sizeof questions[0]; i++) {
		struct buf out;

		buf_init(&out);
		ask_answer(policy, questions[i].request, &out);
		ok(fits(out.text, questions[i].answer), "%s: %s", questions[i].label, out.text);
		buf_clear(&out);
	}
	if (policy) {
		test_length(policy, ASK_BYTES_MAX + 4, "PERM more keywords ...");
		test_length(policy, ASK_BYTES_MAX + 5, "PERM no map ...");
	}
	policy_free(&policy);
	diag_clear(&diag);
	return tap_done();
}
