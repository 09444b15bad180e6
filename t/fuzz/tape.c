/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes tapes: errors have a place, and what was read is written and read again. */
#include "fuzz.h"

#include "base/buf.h"
#include "dns/answer.h"
#include "dns/dns.h"
#include "dns/tape.h"
#include "dns/tape_line.h"

static const enum dns_type types[] = { DNS_A, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA };
static struct tape_line line;	/* too large for a stack */

static void check_errors(const struct diag *diag)
{
	promise(diag->error_count > 0);
	for (size_t i = 0; i < diag->count; i++) {
		promise(strcmp(diag->entries[i].place.file, "tape") == 0);
		promise(diag->entries[i].place.line > 0 && diag->entries[i].text[0] != '\0');
	}
}

static bool same_record(enum dns_type type, const struct dns_record *a, const struct dns_record *b)
{
	if (a->ttl_s != b->ttl_s)
		return false;
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		return ip_equal(&a->address, &b->address);
	case DNS_PTR:
	case DNS_MX:
		return strcmp(a->host.name, b->host.name) == 0 && a->host.preference == b->host.preference &&
		       a->host.usable == b->host.usable;
	case DNS_TXT:
		return a->text.length == b->text.length &&
		       memcmp(a->text.bytes, b->text.bytes, a->text.length) == 0;
	}
	return false;
}

/* The tape that holds only this answer gives it again. */
static void check_written(const struct dns_item *item)
{
	const struct dns_answer *again;
	struct tape *tape;
	struct diag diag;
	struct buf text;

	buf_init(&text);
	diag_init(&diag);
	dns_tape_write(&text, item, 1);
	promise(!text.failed && (text.length > 0) == (item->answer->status != DNS_UNKNOWN));
	tape = tape_new("written", text.text, text.length, &diag);
	promise(tape && diag.error_count == 0);
	again = tape_answer(tape, item->name, item->type);
	promise(again->status == item->answer->status && again->count == item->answer->count);
	for (size_t i = 0; i < again->count; i++)
		promise(same_record(item->type, &again->records[i], &item->answer->records[i]));
	promise(again->count == 0 || again->ttl_s == item->answer->ttl_s);
	answer_unref(&again);
	tape_free(&tape);
	diag_clear(&diag);
	buf_clear(&text);
}

/* All types of a name that has a line. */
static void check_name(const struct tape *tape, const struct wire_name *wire)
{
	char name[DNS_NAME_BYTES];

	wire_name_format(wire, name);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct dns_item item = { .name = name, .type = types[i], .source = DNS_FROM_TAPE };

		item.answer = tape_answer(tape, name, types[i]);
		promise((item.answer->count > 0) == (item.answer->status == DNS_NOERROR));
		check_written(&item);
		answer_unref(&item.answer);
	}
}

static void check_lines(const struct tape *tape, const char *text, size_t length)
{
	struct diag diag;

	diag_init(&diag);
	while (length > 0) {
		const char *newline = memchr(text, '\n', length);
		size_t bytes = newline ? (size_t)(newline - text) : length;

		if (tape_line_parse(text, bytes, (struct place){ .file = "tape", .line = 1 }, &diag, &line) ==
		    TAPE_LINE_ANSWER)
			check_name(tape, &line.name);
		bytes += newline != NULL;
		text += bytes;
		length -= bytes;
	}
	diag_clear(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tape *tape;
	struct diag diag;

	diag_init(&diag);
	tape = tape_new("tape", (const char *)data, size, &diag);
	if (tape)
		check_lines(tape, (const char *)data, size);
	else
		check_errors(&diag);
	tape_free(&tape);
	diag_clear(&diag);
	return 0;
}
