/* SPDX-License-Identifier: BSD-2-Clause */
/* A record's answers of DNS as lines of a tape. */
#include "logs/record_tape.h"

#include "core/dns_answer.h"

#include <string.h>

/* One word of a line: whoever wrote the record must not add lines or columns to the tape. */
static bool is_word(const struct text *text)
{
	if (text->presence != PRESENCE_KNOWN || text->value[0] == '\0' || text->value[0] == '*')
		return false;
	for (const char *c = text->value; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '#')
			return false;
	return true;
}

static bool is_data(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void add_head(const struct record_dns *dns, const char *status, struct buf *out)
{
	buf_add(out, dns->question.value);
	buf_add_char(out, ' ');
	buf_add(out, dns->type.value);
	buf_add_char(out, ' ');
	buf_add(out, status);
}

static void add_entry(const struct record_dns *dns, struct buf *out)
{
	enum dns_status status;
	enum dns_type type;

	if (!is_word(&dns->question) || !is_word(&dns->type) || !is_word(&dns->status) ||
	    !dns_type_from_word(dns->type.value, &type) || !dns_status_from_word(dns->status.value, &status) ||
	    status == DNS_UNKNOWN || status > DNS_TIMEOUT)
		return;
	if (status != DNS_NOERROR) {
		add_head(dns, dns->status.value, out);
		buf_add_char(out, '\n');
		return;
	}
	for (size_t i = 0; i < dns->answer_count; i++) {
		if (!is_data(dns->answers[i]))
			continue;
		add_head(dns, dns->status.value, out);
		buf_addf(out, " %u ", dns->ttl.presence == PRESENCE_KNOWN ? dns->ttl.value : 0);
		buf_add(out, dns->answers[i]);
		buf_add_char(out, '\n');
	}
}

void record_tape(const struct record *record, struct buf *out)
{
	for (size_t i = 0; i < record->dns_count; i++)
		add_entry(&record->dns[i], out);
}
