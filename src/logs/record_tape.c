/* SPDX-License-Identifier: BSD-2-Clause */
/* A record's answers of DNS as lines of a tape. */
#include "logs/record_tape.h"

#include "core/dns_answer.h"

#include <string.h>
#include <strings.h>

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

static bool is_usable(const struct record_dns *dns)
{
	enum dns_status status;
	enum dns_type type;

	if (!is_word(&dns->question) || !is_word(&dns->type) || !is_word(&dns->status) ||
	    !dns_type_from_word(dns->type.value, &type) || !dns_status_from_word(dns->status.value, &status))
		return false;
	for (size_t i = 0; i < dns->answer_count; i++)
		if (!is_data(dns->answers[i]))
			return false;
	return status == DNS_NOERROR ? dns->answer_count > 0 : status != DNS_UNKNOWN && status <= DNS_TIMEOUT;
}

static bool is_there(const struct record_dns *dns, size_t tx)
{
	return is_usable(dns) && (dns->tx.presence != PRESENCE_KNOWN || dns->tx.value <= tx);
}

static bool same_question(const struct record_dns *a, const struct record_dns *b)
{
	return strcasecmp(a->question.value, b->question.value) == 0 && strcmp(a->type.value, b->type.value) == 0;
}

/* Only an answer that tells its transaction stands in the place of an earlier one. */
static bool is_replaced(const struct record *record, size_t index, size_t tx)
{
	for (size_t i = index + 1; i < record->dns_count; i++)
		if (record->dns[i].tx.presence == PRESENCE_KNOWN && is_there(&record->dns[i], tx) &&
		    same_question(&record->dns[i], &record->dns[index]))
			return true;
	return false;
}

static void add_entry(const struct record_dns *dns, struct buf *out)
{
	if (strcmp(dns->status.value, dns_status_word(DNS_NOERROR)) != 0) {
		add_head(dns, dns->status.value, out);
		buf_add_char(out, '\n');
		return;
	}
	for (size_t i = 0; i < dns->answer_count; i++) {
		add_head(dns, dns->status.value, out);
		buf_addf(out, " %u ", dns->ttl.presence == PRESENCE_KNOWN ? dns->ttl.value : 0);
		buf_add(out, dns->answers[i]);
		buf_add_char(out, '\n');
	}
}

void record_tape(const struct record *record, size_t tx, struct buf *out)
{
	for (size_t i = 0; i < record->dns_count; i++)
		if (is_there(&record->dns[i], tx) && !is_replaced(record, i, tx))
			add_entry(&record->dns[i], out);
}
