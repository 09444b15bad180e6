/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes header fields in which no byte of a client can end a value, a comment or a line. */
#include "spf/spf_header.h"

#include "base/ascii.h"

#include <string.h>

#define VALUE_OCTETS_MAX 255
#define SENTENCE_BYTES 800

/* --- values --- */

/* RFC 5322 3.2.3: atext of a dot-atom. */
static bool is_atext(char c)
{
	return ascii_is_alphanum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_dot_atom(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_atext(text[i]) &&
		    (text[i] != '.' || i == 0 || i + 1 == length || text[i - 1] == '.'))
			return false;
	return length > 0 && length <= VALUE_OCTETS_MAX;
}

/* RFC 2045 5.1: what may stand without quotes in Authentication-Results. */
static bool is_token(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] <= 0x20 || text[i] > 0x7e || strchr("()<>@,;:\\\"/[]?=", text[i]))
			return false;
	return length > 0 && length <= VALUE_OCTETS_MAX;
}

/*
 * Text as it may stand inside quotes or a comment: a backslash before what ends them, \\xNN (a quoted backslash)
 * for other bytes than printable ASCII; cut before VALUE_OCTETS_MAX.
 */
static void add_protected(struct buf *out, const char *text, size_t length)
{
	static const char hex[] = "0123456789abcdef";
	size_t start = out->length;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (out->length - start > VALUE_OCTETS_MAX - 8) {
			buf_add(out, "...");
			return;
		}
		if (c < 0x20 || c > 0x7e) {
			buf_add(out, "\\\\x");
			buf_add_char(out, hex[c >> 4]);
			buf_add_char(out, hex[c & 15]);
			continue;
		}
		if (strchr("\"\\()", c))
			buf_add_char(out, '\\');
		buf_add_char(out, (char)c);
	}
}

static void add_quoted(struct buf *out, const char *text, size_t length)
{
	buf_add_char(out, '"');
	add_protected(out, text, length);
	buf_add_char(out, '"');
}

/* --- sentences --- */

static bool is_told(const struct spf_outcome *outcome)
{
	return outcome->result != SPF_PENDING && outcome->result != SPF_UNKNOWN;
}

static bool is_error(const struct spf_outcome *outcome)
{
	return outcome->result == SPF_TEMPERROR || outcome->result == SPF_PERMERROR;
}

/* The reason of an error, with the term and the record it arose in. */
static void add_problem(struct buf *out, const struct spf_outcome *outcome)
{
	buf_addf(out, "%s", outcome->reason->text);
	if (outcome->mechanism[0] != '\0') {
		buf_add(out, " at ");
		buf_add_escaped(out, outcome->mechanism, "", 100);
	}
	if (outcome->record_domain[0] != '\0') {
		buf_add(out, " in the record of ");
		buf_add_escaped(out, outcome->record_domain, "", VALUE_OCTETS_MAX);
	}
}

void spf_add_sentence(struct buf *out, const struct spf_input *input, const struct spf_outcome *outcome)
{
	static const struct {
		const char *between, *after;
	} forms[] = {
		[SPF_PASS] = { " designates ", " as permitted sender" },
		[SPF_FAIL] = { " does not designate ", " as permitted sender" },
		[SPF_SOFTFAIL] = { " discourages ", " as sender" },
		[SPF_NEUTRAL] = { " says nothing about ", " as sender" },
	};
	char client[IP_TEXT_BYTES];

	ip_format(&input->client, client);
	buf_add_escaped(out, outcome->domain[0] != '\0' ? outcome->domain : "the sender", "", VALUE_OCTETS_MAX);
	if (is_error(outcome)) {
		buf_add(out, ": ");
		add_problem(out, outcome);
	} else if (!is_told(outcome) || outcome->result == SPF_NONE) {
		buf_addf(out, ": %s", outcome->reason->text);
	} else {
		buf_addf(out, "%s%s%s", forms[outcome->result].between, client, forms[outcome->result].after);
	}
}

/* --- Received-SPF --- */

static void add_pair(struct buf *out, const char *key, const char *value, size_t length)
{
	buf_addf(out, "\n\t%s=", key);
	if (is_dot_atom(value, length))
		buf_add_bytes(out, value, length);
	else
		add_quoted(out, value, length);
	buf_add_char(out, ';');
}

/* As it was given in MAIL; the null sender is an empty string. */
static void add_envelope_from(struct buf *out, const struct spf_input *input)
{
	struct buf sender;

	buf_init(&sender);
	if (input->domain) {
		buf_add_bytes(&sender, input->local_part, input->local_part_length);
		buf_add_char(&sender, '@');
		buf_add(&sender, input->domain);
	}
	out->failed = out->failed || sender.failed;
	add_pair(out, "envelope-from", sender.text, sender.length);
	buf_clear(&sender);
}

bool spf_add_received(struct buf *out, const struct spf_input *input, const struct spf_outcome *outcome,
		      const char *receiver)
{
	char client[IP_TEXT_BYTES], space[SENTENCE_BYTES];
	struct buf text;

	if (!is_told(outcome))
		return false;
	ip_format(&input->client, client);
	buf_init_fixed(&text, space, sizeof space);
	spf_add_sentence(&text, input, outcome);
	buf_addf(out, "%s\n\t(", spf_result_word(outcome->result));
	add_protected(out, receiver, strlen(receiver));
	buf_add(out, ": ");
	add_protected(out, text.text, text.length);
	buf_add_char(out, ')');
	add_pair(out, "receiver", receiver, strlen(receiver));
	add_pair(out, "identity", input->identity == SPF_HELO ? "helo" : "mailfrom",
		 strlen(input->identity == SPF_HELO ? "helo" : "mailfrom"));
	add_pair(out, "client-ip", client, strlen(client));
	if (input->identity == SPF_MAIL_FROM)
		add_envelope_from(out, input);
	if (input->ehlo)
		add_pair(out, "helo", input->ehlo, strlen(input->ehlo));
	if (is_error(outcome)) {
		buf_init_fixed(&text, space, sizeof space);
		add_problem(&text, outcome);
		add_pair(out, "problem", text.text, text.length);
	} else if (outcome->mechanism[0] != '\0') {
		add_pair(out, "mechanism", outcome->mechanism, strlen(outcome->mechanism));
	}
	return true;
}

/* --- Authentication-Results --- */

bool spf_add_auth_result(struct buf *out, const struct spf_input *input, const struct spf_outcome *outcome)
{
	char space[SENTENCE_BYTES];
	struct buf text;

	if (!is_told(outcome))
		return false;
	buf_addf(out, "spf=%s", spf_result_word(outcome->result));
	if (is_error(outcome)) {
		buf_init_fixed(&text, space, sizeof space);
		add_problem(&text, outcome);
		buf_add(out, " reason=");
		add_quoted(out, text.text, text.length);
	}
	if (outcome->domain[0] == '\0')
		return true;
	buf_add(out, input->identity == SPF_HELO ? " smtp.helo=" : " smtp.mailfrom=");
	if (is_token(outcome->domain, strlen(outcome->domain)))
		buf_add(out, outcome->domain);
	else
		add_quoted(out, outcome->domain, strlen(outcome->domain));
	return true;
}
