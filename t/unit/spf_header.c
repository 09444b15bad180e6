/* SPDX-License-Identifier: BSD-2-Clause */
/* Received-SPF and Authentication-Results: their text, and clients that try to change it. */
#include "spf/spf_header.h"

#include "spf_fields.h"
#include "tap.h"

#include <string.h>

static const struct reason matched = { "matched", "a mechanism matches", NULL };
static const struct reason timeout = { "dns_timeout", "DNS did not answer in time", NULL };
static const struct reason no_record = { "no_record", "the domain publishes no SPF record", NULL };

static const struct spf_input mail_from = {
	.identity = SPF_MAIL_FROM, .client = { { 192, 0, 2, 1 }, IP_V4 }, .ehlo = "mx.example.org",
	.local_part = "joe", .local_part_length = 3, .domain = "example.org",
};

static struct spf_outcome outcome_of(enum spf_result result)
{
	bool error = result == SPF_TEMPERROR || result == SPF_PERMERROR;

	return (struct spf_outcome){
		.result = result, .domain = "example.org", .record_domain = error ? "spf.example.net" : "example.org",
		.reason = error ? &timeout : result == SPF_NONE ? &no_record : &matched,
		.mechanism = result == SPF_NONE ? "" : "a:%{d}",
	};
}

static char text[4000];

static const char *received(const struct spf_input *input, const struct spf_outcome *outcome)
{
	struct buf out;

	buf_init_fixed(&out, text, sizeof text);
	return spf_add_received(&out, input, outcome, "mx.here.example") && !out.failed ? text : "";
}

static const char *auth_result(const struct spf_input *input, const struct spf_outcome *outcome)
{
	struct buf out;

	buf_init_fixed(&out, text, sizeof text);
	return spf_add_auth_result(&out, input, outcome) && !out.failed ? text : "";
}

static void same(const char *found, const char *wanted, const char *label)
{
	ok(strcmp(found, wanted) == 0, "%s", label);
	if (strcmp(found, wanted) != 0)
		printf("# found  %s\n# wanted %s\n", found, wanted);
}

static void check_texts(void)
{
	struct spf_input helo = mail_from, null_sender = mail_from;
	struct spf_outcome outcome = outcome_of(SPF_PASS);

	same(received(&mail_from, &outcome),
	     "pass\n\t(mx.here.example: example.org designates 192.0.2.1 as permitted sender)\n\treceiver=mx.here.example;"
	     "\n\tidentity=mailfrom;\n\tclient-ip=192.0.2.1;\n\tenvelope-from=\"joe@example.org\";"
	     "\n\thelo=mx.example.org;\n\tmechanism=\"a:%{d}\";", "Received-SPF of a pass");
	same(auth_result(&mail_from, &outcome), "spf=pass smtp.mailfrom=example.org", "spf= of a pass");
	helo.identity = SPF_HELO;
	(void)ip_parse("2001:db8::1", &helo.client);
	outcome = outcome_of(SPF_FAIL);
	same(received(&helo, &outcome),
	     "fail\n\t(mx.here.example: example.org does not designate 2001:db8::1 as permitted sender)"
	     "\n\treceiver=mx.here.example;\n\tidentity=helo;\n\tclient-ip=\"2001:db8::1\";\n\thelo=mx.example.org;"
	     "\n\tmechanism=\"a:%{d}\";", "Received-SPF of EHLO");
	same(auth_result(&helo, &outcome), "spf=fail smtp.helo=example.org", "spf= of EHLO");
	outcome = outcome_of(SPF_PERMERROR);
	same(auth_result(&mail_from, &outcome),
	     "spf=permerror reason=\"DNS did not answer in time at a:%{d} in the record of spf.example.net\" "
	     "smtp.mailfrom=example.org", "spf= of an error");
	null_sender.domain = NULL;
	outcome = outcome_of(SPF_TEMPERROR);
	same(received(&null_sender, &outcome),
	     "temperror\n\t(mx.here.example: example.org: DNS did not answer in time at a:%{d} in the record of "
	     "spf.example.net)\n\treceiver=mx.here.example;\n\tidentity=mailfrom;\n\tclient-ip=192.0.2.1;"
	     "\n\tenvelope-from=\"\";\n\thelo=mx.example.org;\n\tproblem=\"DNS did not answer in time at a:%{d} in the "
	     "record of spf.example.net\";", "Received-SPF of an error, null sender");
	outcome = outcome_of(SPF_NONE);
	outcome.domain = outcome.record_domain = "";
	null_sender.ehlo = NULL;
	same(received(&null_sender, &outcome),
	     "none\n\t(mx.here.example: the sender: the domain publishes no SPF record)\n\treceiver=mx.here.example;"
	     "\n\tidentity=mailfrom;\n\tclient-ip=192.0.2.1;\n\tenvelope-from=\"\";", "Received-SPF without a domain");
	same(auth_result(&null_sender, &outcome), "spf=none", "spf= without a domain");
}

static void check_results(void)
{
	for (int result = SPF_PENDING; result <= SPF_PERMERROR; result++) {
		struct spf_outcome outcome = outcome_of((enum spf_result)result);
		const char *word = spf_result_word((enum spf_result)result);
		bool error = result == SPF_TEMPERROR || result == SPF_PERMERROR;

		if (result == SPF_PENDING || result == SPF_UNKNOWN) {
			same(received(&mail_from, &outcome), "", word);
			same(auth_result(&mail_from, &outcome), "", word);
			continue;
		}
		ok(field_is_received(received(&mail_from, &outcome), word,
				     error ? "receiver identity client-ip envelope-from helo problem" : result == SPF_NONE ?
				     "receiver identity client-ip envelope-from helo" :
				     "receiver identity client-ip envelope-from helo mechanism"), "Received-SPF: %s", word);
		ok(field_is_auth_result(auth_result(&mail_from, &outcome), word, error, "smtp.mailfrom"), "spf=%s", word);
	}
}

/* Every byte, alone and among others, in everything that a client or the owner of a record chooses. */
static void check_bytes(void)
{
	bool right = true;

	for (unsigned byte = 1; byte < 256; byte++) {
		char chosen[] = { 'a', (char)byte, (char)byte, 'b', '\0' };
		struct spf_outcome outcome = outcome_of(SPF_FAIL);
		struct spf_input input = mail_from;

		input.ehlo = input.local_part = input.domain = chosen;
		input.local_part_length = 4;
		outcome.domain = outcome.record_domain = outcome.mechanism = chosen;
		right = right && field_is_received(received(&input, &outcome), "fail",
						   "receiver identity client-ip envelope-from helo mechanism");
		right = right && field_is_auth_result(auth_result(&input, &outcome), "fail", false, "smtp.mailfrom");
		outcome = outcome_of(SPF_PERMERROR);
		outcome.domain = outcome.record_domain = outcome.mechanism = chosen;
		right = right && field_is_received(received(&input, &outcome), "permerror",
						   "receiver identity client-ip envelope-from helo problem");
		right = right && field_is_auth_result(auth_result(&input, &outcome), "permerror", true, "smtp.mailfrom");
		if (!right) {
			printf("# byte 0x%02x: %s\n", byte, text);
			break;
		}
	}
	ok(right, "no byte changes the structure of a field");
}

static void check_injection(void)
{
	struct spf_outcome outcome = outcome_of(SPF_FAIL);
	struct spf_input input = mail_from;

	input.ehlo = "x\"; client-ip=203.0.113.1;\r\nX-Header: y";
	input.local_part = "a\0b\\";
	input.local_part_length = 4;
	same(received(&input, &outcome),
	     "fail\n\t(mx.here.example: example.org does not designate 192.0.2.1 as permitted sender)"
	     "\n\treceiver=mx.here.example;\n\tidentity=mailfrom;\n\tclient-ip=192.0.2.1;"
	     "\n\tenvelope-from=\"a\\\\x00b\\\\@example.org\";"
	     "\n\thelo=\"x\\\"; client-ip=203.0.113.1;\\\\x0d\\\\x0aX-Header: y\";\n\tmechanism=\"a:%{d}\";",
	     "quotes, line ends and NUL");
	outcome.domain = "x; spf=pass (";
	same(auth_result(&input, &outcome), "spf=fail smtp.mailfrom=\"x; spf=pass \\(\"", "a domain with specials");
}

static void check_lengths(void)
{
	static char chosen[5000];
	static const char bytes[] = { 'a', '"', '\\', '\n', '(', '.', '\x80' };
	struct spf_input input = mail_from;

	for (size_t i = 0; i < sizeof bytes; i++) {
		struct spf_outcome outcome = outcome_of(SPF_PERMERROR);

		memset(chosen, bytes[i], sizeof chosen - 1);
		input.ehlo = input.local_part = input.domain = chosen;
		input.local_part_length = sizeof chosen - 1;
		outcome.domain = outcome.record_domain = outcome.mechanism = chosen;
		ok(field_is_received(received(&input, &outcome), "permerror",
				     "receiver identity client-ip envelope-from helo problem") && field_lines_fit(text) &&
		   strlen(text) < 1500, "%zu octets for long values of byte %zu", strlen(text), i);
		ok(field_is_auth_result(auth_result(&input, &outcome), "permerror", true, "smtp.mailfrom") &&
		   strlen(text) < 600, "and %zu", strlen(text));
	}
}

static void check_sentences(void)
{
	static const struct {
		enum spf_result result;
		const char *sentence;
	} cases[] = {
		{ SPF_PASS, "example.org designates 192.0.2.1 as permitted sender" },
		{ SPF_FAIL, "example.org does not designate 192.0.2.1 as permitted sender" },
		{ SPF_SOFTFAIL, "example.org discourages 192.0.2.1 as sender" },
		{ SPF_NEUTRAL, "example.org says nothing about 192.0.2.1 as sender" },
		{ SPF_NONE, "example.org: the domain publishes no SPF record" },
		{ SPF_PERMERROR, "example.org: DNS did not answer in time at a:%{d} in the record of spf.example.net" },
		{ SPF_UNKNOWN, "example.org: a mechanism matches" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct spf_outcome outcome = outcome_of(cases[i].result);
		struct buf out;

		buf_init_fixed(&out, text, sizeof text);
		spf_add_sentence(&out, &mail_from, &outcome);
		same(text, cases[i].sentence, spf_result_word(cases[i].result));
	}
}

int main(void)
{
	check_texts();
	check_results();
	check_bytes();
	check_injection();
	check_lengths();
	check_sentences();
	return tap_done();
}
