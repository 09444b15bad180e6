/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads one line of a tape as zone files are read (RFC 1035 5.1). */
#include "dns/tape_line.h"

#include "base/ascii.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TTL_MAX 2147483647u	/* RFC 2181 8 */
#define STRING_MAX 255		/* RFC 1035 3.3 */

struct cursor {
	const char *start;
	const char *at;
	const char *end;
	struct place place;
	struct diag *diag;
};

/* A field, NUL-terminated; an empty one is the end of the line. */
struct word {
	const char *at;
	char text[DNS_NAME_BYTES + 4];
};

static bool error_at(struct cursor *cursor, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Always false. */
static bool error_at(struct cursor *cursor, const char *at, const char *format, ...)
{
	struct place place = cursor->place;
	char text[400];
	va_list args;

	place.column = 1;
	for (const char *c = cursor->start; c < at; c++)
		place.column += ((unsigned char)*c & 0xc0) != 0x80;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	diag_error(cursor->diag, place, "%s", text);
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* To the next field; false at the end of the line or at a comment. */
static bool skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && is_blank(*cursor->at))
		cursor->at++;
	return cursor->at < cursor->end && *cursor->at != '#';
}

/* A blank behind a backslash belongs to the field. */
static bool read_word(struct cursor *cursor, struct word *word_r)
{
	bool escaped = false;
	size_t length = 0;

	word_r->text[0] = '\0';
	if (!skip_blanks(cursor)) {
		word_r->at = cursor->at;
		return true;
	}
	word_r->at = cursor->at;
	while (cursor->at < cursor->end && (escaped || !is_blank(*cursor->at))) {
		if (length + 1 == sizeof word_r->text)
			return error_at(cursor, word_r->at, "longer than any name of DNS");
		escaped = !escaped && *cursor->at == '\\';
		word_r->text[length++] = *cursor->at++;
	}
	word_r->text[length] = '\0';
	return true;
}

/* --- names --- */

/* A byte that must be escaped: zone files give it a meaning, or it cannot be seen. */
static const char *unescaped(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		else if (*text <= 0x20 || *text > 0x7e || strchr("\"();", *text))
			return text;
	}
	return NULL;
}

static bool name_of(struct cursor *cursor, const struct word *word, struct wire_name *name_r)
{
	const char *byte = unescaped(word->text);

	if (byte)
		return error_at(cursor, word->at + (byte - word->text),
				"a byte that must be escaped; expected a backslash and %03u", (unsigned char)*byte);
	if (wire_name_parse(word->text, name_r))
		return true;
	return error_at(cursor, word->at,
			"'%s' is no name of DNS; labels have 1 to 63 octets, a name at most 255, "
			"an escape is a backslash and three digits up to 255",
			word->text);
}

static bool read_host(struct cursor *cursor, struct tape_line *line)
{
	struct word word;

	if (!read_word(cursor, &word))
		return false;
	if (word.text[0] == '\0')
		return error_at(cursor, word.at, "no name; expected where the %s points to",
				tape_type_word(line->type));
	return name_of(cursor, &word, &line->host);
}

/* --- numbers --- */

static bool number_of(const char *text, uint32_t max, uint32_t *value_r)
{
	uint64_t value = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (!ascii_is_digit(*c))
			return false;
		value = value * 10 + (uint64_t)(*c - '0');
		if (value > max)
			return false;
	}
	*value_r = (uint32_t)value;
	return text[0] != '\0';
}

static bool ttl_of(struct cursor *cursor, const struct word *word, struct tape_line *line)
{
	return number_of(word->text, TTL_MAX, &line->ttl_s) ||
	       error_at(cursor, word->at, "'%s' is no TTL; expected seconds, at most %u", word->text, TTL_MAX);
}

/* --- the data of each type --- */

static bool read_address(struct cursor *cursor, struct tape_line *line)
{
	bool wants_v6 = line->type == DNS_AAAA;
	struct word word;

	if (!read_word(cursor, &word))
		return false;
	/* A mapped address is IPv4 for all others, but written like this it is the data of an AAAA. */
	if (ip_parse(word.text, &line->address) && (strchr(word.text, ':') != NULL) == wants_v6)
		return true;
	return error_at(cursor, word.at, "'%s' is no address of %s; expected one like %s", word.text,
			wants_v6 ? "IPv6" : "IPv4", wants_v6 ? "2001:db8::1" : "192.0.2.1");
}

static bool read_exchange(struct cursor *cursor, struct tape_line *line)
{
	struct word word;
	uint32_t preference;

	if (!read_word(cursor, &word))
		return false;
	if (!number_of(word.text, UINT16_MAX, &preference))
		return error_at(cursor, word.at, "'%s' is no preference; expected a number up to 65535 and a name",
				word.text);
	line->preference = (uint16_t)preference;
	return read_host(cursor, line);
}

/* The byte that \DDD or \X stands for, the cursor behind it; false when it is neither. */
static bool read_escape(struct cursor *cursor, char *byte_r)
{
	const char *at = cursor->at + 1;
	unsigned value;

	if (at == cursor->end)
		return false;
	*byte_r = *at;
	cursor->at += 2;
	if (!ascii_is_digit(*at))
		return true;
	if (cursor->end - at < 3 || !ascii_is_digit(at[1]) || !ascii_is_digit(at[2]))
		return false;
	value = (unsigned)(at[0] - '0') * 100 + (unsigned)(at[1] - '0') * 10 + (unsigned)(at[2] - '0');
	*byte_r = (char)value;
	cursor->at += 2;
	return value <= 255;
}

/* What stands between two quotes is added to the line's text. */
static bool read_string(struct cursor *cursor, struct tape_line *line)
{
	const char *start = cursor->at++;
	size_t length = 0;

	while (cursor->at < cursor->end && *cursor->at != '"') {
		const char *at = cursor->at;
		char byte = *at;

		if (byte != '\\')
			cursor->at++;
		else if (!read_escape(cursor, &byte))
			return error_at(cursor, at, "no escape; expected a backslash and three digits up to 255, "
						    "or a quote or a backslash");
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return error_at(cursor, at, "a control character; expected a backslash and %03u",
					(unsigned char)*at);
		if (++length > STRING_MAX)
			return error_at(cursor, start, "a string of more than 255 bytes; write it as several");
		if (line->text_length == sizeof line->text)
			return error_at(cursor, start, "more text than an answer takes, %zu bytes",
					sizeof line->text);
		line->text[line->text_length++] = byte;
	}
	if (cursor->at == cursor->end)
		return error_at(cursor, start, "the quote is not closed");
	cursor->at++;
	return true;
}

static bool read_strings(struct cursor *cursor, struct tape_line *line)
{
	bool any = false;

	while (skip_blanks(cursor)) {
		if (*cursor->at != '"')
			return error_at(cursor, cursor->at, "not in quotes; expected strings like \"v=spf1 -all\"");
		if (!read_string(cursor, line))
			return false;
		any = true;
	}
	return any || error_at(cursor, cursor->at, "no text; expected strings like \"v=spf1 -all\"");
}

/* --- the whole --- */

static const struct tape_type {
	unsigned type;
	const char *word;
	bool (*read)(struct cursor *, struct tape_line *);
} types[] = {
	{ DNS_A, "A", read_address }, { DNS_AAAA, "AAAA", read_address }, { TAPE_CNAME, "CNAME", read_host },
	{ DNS_MX, "MX", read_exchange }, { DNS_PTR, "PTR", read_host }, { DNS_TXT, "TXT", read_strings },
};

const char *tape_type_word(unsigned type)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].type == type)
			return types[i].word;
	return "";
}

static const struct tape_type *read_type(struct cursor *cursor, struct word *word_r)
{
	if (!read_word(cursor, word_r))
		return NULL;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i].word, word_r->text) == 0)
			return &types[i];
	if (strcmp(word_r->text, "*") != 0)
		(void)error_at(cursor, word_r->at, "unknown type '%s'; expected A, AAAA, CNAME, MX, PTR or TXT",
			       word_r->text);
	return NULL;
}

static bool read_status(struct cursor *cursor, struct tape_line *line)
{
	struct word word;

	if (!read_word(cursor, &word))
		return false;
	if (dns_status_from_word(word.text, &line->status) && line->status != DNS_UNKNOWN &&
	    line->status <= DNS_TIMEOUT)
		return true;
	return error_at(cursor, word.at,
			"unknown status '%s'; expected NOERROR, NODATA, NXDOMAIN, SERVFAIL, REFUSED or TIMEOUT",
			word.text);
}

static bool read_end(struct cursor *cursor)
{
	const char *at;

	if (!skip_blanks(cursor))
		return true;
	at = cursor->at;
	return error_at(cursor, at, "the answer ends before this; expected one record a line");
}

/* What follows the status; the TTL of a negative answer may be left out. */
static bool read_answer(struct cursor *cursor, const struct tape_type *type, struct tape_line *line)
{
	struct word word;

	if (!read_word(cursor, &word))
		return false;
	if (line->status != DNS_NOERROR)
		return word.text[0] == '\0' || (ttl_of(cursor, &word, line) && read_end(cursor));
	if (word.text[0] == '\0')
		return error_at(cursor, word.at, "no TTL; expected one, and the data of the %s record", type->word);
	return ttl_of(cursor, &word, line) && type->read(cursor, line) && read_end(cursor);
}

/* Behind "* *". */
static enum tape_line_kind read_complete(struct cursor *cursor, const struct word *type)
{
	struct word word;

	if (!read_word(cursor, &word))
		return TAPE_LINE_BAD;
	if (strcmp(word.text, "NXDOMAIN") == 0)
		return read_end(cursor) ? TAPE_LINE_COMPLETE : TAPE_LINE_BAD;
	(void)error_at(cursor, type->at, "'*' stands for all types only in the line '* * NXDOMAIN'");
	return TAPE_LINE_BAD;
}

enum tape_line_kind tape_line_parse(const char *text, size_t length, struct place place,
				    struct diag *diag, struct tape_line *line_r)
{
	struct cursor cursor = { .start = text, .at = text, .end = text + length, .place = place, .diag = diag };
	const struct tape_type *type;
	const char *nul = memchr(text, '\0', length);
	struct word name, type_word;

	line_r->text_length = 0;
	line_r->ttl_s = 0;
	line_r->preference = 0;
	if (!skip_blanks(&cursor))
		return TAPE_LINE_EMPTY;
	if (nul) {
		(void)error_at(&cursor, nul, "a NUL byte; expected text");
		return TAPE_LINE_BAD;
	}
	if (!read_word(&cursor, &name))
		return TAPE_LINE_BAD;
	type = read_type(&cursor, &type_word);
	if (!type && strcmp(name.text, "*") == 0 && strcmp(type_word.text, "*") == 0)
		return read_complete(&cursor, &type_word);
	if (!type && strcmp(type_word.text, "*") == 0)
		(void)error_at(&cursor, type_word.at, "'*' stands for all types only in the line '* * NXDOMAIN'");
	if (!type || !name_of(&cursor, &name, &line_r->name))
		return TAPE_LINE_BAD;
	line_r->type = type->type;
	line_r->name_column = (unsigned)(name.at - text) + 1;
	if (!read_status(&cursor, line_r) || !read_answer(&cursor, type, line_r))
		return TAPE_LINE_BAD;
	return TAPE_LINE_ANSWER;
}
