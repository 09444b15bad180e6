/* SPDX-License-Identifier: BSD-2-Clause */
/* SMTP reply templates: their check, their fitting to an action, their filling. */
#include "core/reply.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "core/check.h"
#include "core/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 128
#define SENDMAIL_TEXT_MIN 32	/* kept even beside an absurdly long path */

/* What may stand in braces, and the longest that it can become. */
enum placeholder { EHLO, CLIENT, CLIENT_NAME, SENDER_DOMAIN, LISTENER, CHECK, RULE, ID, PLACEHOLDER_COUNT };

static const struct {
	const char *name;
	size_t bytes_max;
} placeholders[PLACEHOLDER_COUNT] = {
	[EHLO] = { "ehlo", VALUE_MAX },
	[CLIENT] = { "client", IP_TEXT_BYTES },
	[CLIENT_NAME] = { "client_name", VALUE_MAX },
	[SENDER_DOMAIN] = { "sender_domain", VALUE_MAX },
	[LISTENER] = { "listener", 32 },
	[CHECK] = { "check", 32 },
	[RULE] = { "rule", 32 },
	[ID] = { "id", SESSION_ID_BYTES },
};

/* The placeholder at text, which begins with a brace, and its length with both braces. */
static bool find_placeholder(const char *text, enum placeholder *which_r, size_t *length_r)
{
	for (size_t i = 0; i < PLACEHOLDER_COUNT; i++) {
		size_t length = strlen(placeholders[i].name);

		if (strncmp(text + 1, placeholders[i].name, length) == 0 && text[length + 1] == '}') {
			*which_r = (enum placeholder)i;
			*length_r = length + 2;
			return true;
		}
	}
	return false;
}

/* "5.7.1": the length of an enhanced status code (RFC 3463 2), or 0. */
static size_t enhanced_length(const char *text)
{
	size_t length = 0;

	for (int part = 0; part < 3; part++) {
		size_t digits = 0;

		if (part > 0 && text[length++] != '.')
			return 0;
		while (ascii_is_digit(text[length + digits]))
			digits++;
		if (digits == 0 || digits > (part == 0 ? 1 : 3))
			return 0;
		length += digits;
	}
	return length;
}

static bool fail(struct reply_error *error, size_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool fail(struct reply_error *error, size_t offset, const char *format, ...)
{
	va_list args;

	error->offset = offset;
	va_start(args, format);
	(void)vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	return false;
}

static bool codes_check(const char *template, enum action action, size_t *text_at_r, struct reply_error *error)
{
	char class = action == ACTION_REJECT ? '5' : '4';
	size_t enhanced;

	if (!((template[0] == '4' || template[0] == '5') && ascii_is_digit(template[1]) &&
	      ascii_is_digit(template[2]) && template[3] == ' '))
		return fail(error, 0, "a reply begins with a code of three digits, 4xx or 5xx; "
			    "expected \"550 5.7.1 text\"");
	enhanced = enhanced_length(template + 4);
	if (enhanced == 0 || template[4 + enhanced] != ' ')
		return fail(error, 4, "the code is not followed by an enhanced status code; "
			    "expected \"550 5.7.1 text\"");
	if (template[0] != class)
		return fail(error, 0, "code %.3s does not fit %s; expected %cxx", template,
			    action_word(action), class);
	if (template[4] != class)
		return fail(error, 4, "enhanced code %.*s does not fit code %.3s; expected %c.x.x (RFC 3463)",
			    (int)enhanced, template + 4, template, class);
	*text_at_r = 4 + enhanced + 1;
	if (template[*text_at_r] == '\0')
		return fail(error, *text_at_r, "the reply has no text; expected \"550 5.7.1 text\"");
	return true;
}

/* Adds to *total_r what the text from at on can become, each '%' twice. */
static bool text_check(const char *template, size_t at, size_t *total_r, struct reply_error *error)
{
	while (template[at] != '\0') {
		unsigned char c = (unsigned char)template[at];
		enum placeholder which;
		size_t length;

		if (c == '{') {
			if (!find_placeholder(template + at, &which, &length))
				return fail(error, at, "unknown placeholder; expected {ehlo} {client} "
					    "{client_name} {sender_domain} {listener} {check} {rule} or {id}");
			at += length;
			*total_r += placeholders[which].bytes_max;
			continue;
		}
		if (c < 0x20 || c > 0x7e)
			return fail(error, at, "byte 0x%02x in a reply; expected printable ASCII", c);
		*total_r += c == '%' ? 2 : 1;
		at++;
	}
	return true;
}

bool reply_template_check(const char *template, enum action action, struct reply_error *error_r)
{
	size_t at = 0, total;

	if (!codes_check(template, action, &at, error_r))
		return false;
	total = at;
	if (!text_check(template, at, &total, error_r))
		return false;
	if (total > REPLY_LINE_MAX)
		return fail(error_r, 0, "the reply can grow to %zu octets; expected at most %d (RFC 5321 "
			    "4.5.3.1.5)", total, REPLY_LINE_MAX);
	return true;
}

bool reply_suffix_check(const char *suffix, struct reply_error *error_r)
{
	size_t total = 0;

	if (!text_check(suffix, 0, &total, error_r))
		return false;
	if (total > REPLY_SUFFIX_MAX)
		return fail(error_r, 0, "the suffix can grow to %zu octets; expected at most %d", total,
			    REPLY_SUFFIX_MAX);
	return true;
}

const char *reply_template_with(const char *template, const char *suffix, struct arena *arena)
{
	size_t bytes = strlen(template) + 1 + (suffix ? strlen(suffix) + 1 : 0);
	char *text = arena_alloc(arena, bytes);

	if (text)
		(void)snprintf(text, bytes, "%s%s%s", template, suffix ? " " : "", suffix ? suffix : "");
	return text;
}

const char *reply_template_for(const char *template, enum action action, struct arena *arena)
{
	char class = action == ACTION_REJECT ? '5' : '4';
	char *fitted = arena_strdup(arena, template);

	if (!fitted || fitted[0] == class)
		return fitted;
	memcpy(fitted, action == ACTION_REJECT ? "550" : "450", 3);
	fitted[4] = class;
	return fitted;
}

bool reply_names_client(const char *template)
{
	return strstr(template, "{client_name}") != NULL;
}

/* What is put in place of a placeholder; "unknown" or "none" where there is no value. */
static void add_value(struct buf *out, enum placeholder which, const struct verdict *verdict,
		      const struct context *context)
{
	static const char *const fact_names[PLACEHOLDER_COUNT] = {
		[EHLO] = "ehlo", [CLIENT_NAME] = "client_name", [SENDER_DOMAIN] = "sender_domain",
	};
	const struct session *session = context->session;
	char address[IP_TEXT_BYTES];
	const char *value = "unknown";

	if (fact_names[which]) {
		struct fact_value fact = fact_get(fact_find(fact_names[which]), context);

		if (fact.presence != PRESENCE_UNKNOWN)
			value = fact.presence == PRESENCE_KNOWN ? fact.text : "none";
	} else if (which == CLIENT && session->client.presence == PRESENCE_KNOWN) {
		ip_format(&session->client.value, address);
		value = address;
	} else if (which == LISTENER) {
		value = context->listener;
	} else if (which == CHECK) {
		value = verdict->check ? verdict->check->name : "-";
	} else if (which == RULE) {
		value = verdict->rule ? verdict->rule->name : "-";
	} else if (which == ID) {
		value = session->id[0] ? session->id : "-";
	}
	buf_add_escaped(out, value, "", VALUE_MAX);
}

/*
 * At MAIL Sendmail puts "<sender>... " in front of the text behind these codes, and no others; at RCPT it is
 * "<recipient>... ".
 */
static bool sendmail_adds_path(const char *code)
{
	return strcmp(code, "450") == 0 || strcmp(code, "550") == 0 || strcmp(code, "553") == 0;
}

/* How much of the line the text may take when the MTA has had its share. */
static size_t text_max(const struct reply *reply, const struct context *context)
{
	const struct session *session = context->session;
	const struct text *path = context->stage == STAGE_RCPT ? &session->recipient : &session->sender;
	size_t taken = strlen(reply->code) + 1 + strlen(reply->enhanced) + 1;
	size_t added = 0;

	if (session->mta == MTA_SENDMAIL && sendmail_adds_path(reply->code) && path->presence == PRESENCE_KNOWN)
		added = strlen(path->value) + strlen("<>... ");
	if (taken + added + SENDMAIL_TEXT_MIN > REPLY_LINE_MAX)
		return SENDMAIL_TEXT_MIN;
	return REPLY_LINE_MAX - taken - added;
}

/* Cuts text so that it fits even with every '%' doubled. */
static void cut_text(char *text, size_t bytes_max)
{
	size_t total = 0;

	for (; *text != '\0'; text++) {
		total += *text == '%' ? 2 : 1;
		if (total > bytes_max) {
			*text = '\0';
			return;
		}
	}
}

void reply_format(const char *template, const struct verdict *verdict, const struct context *context,
		  struct reply *reply_r)
{
	size_t enhanced = enhanced_length(template + 4);
	const char *text = template + 4 + enhanced + 1;
	struct buf out;

	(void)snprintf(reply_r->code, sizeof reply_r->code, "%.3s", template);
	(void)snprintf(reply_r->enhanced, sizeof reply_r->enhanced, "%.*s", (int)enhanced, template + 4);
	buf_init_fixed(&out, reply_r->text, sizeof reply_r->text);
	while (*text != '\0') {
		enum placeholder which;
		size_t length;

		if (*text == '{' && find_placeholder(text, &which, &length)) {
			add_value(&out, which, verdict, context);
			text += length;
		} else {
			buf_add_char(&out, *text++);
		}
	}
	cut_text(reply_r->text, text_max(reply_r, context));
}

void reply_line(const struct reply *reply, char text_r[REPLY_TEXT_BYTES])
{
	(void)snprintf(text_r, REPLY_TEXT_BYTES, "%s %s %s", reply->code, reply->enhanced, reply->text);
}
