/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes answers as lines of a tape. */
#include "dns/dns.h"

#include "base/buf.h"

static void write_item(struct buf *out, const struct dns_item *item)
{
	const struct dns_answer *answer = item->answer;
	const char *type = dns_type_word(item->type);

	/* A limit of ours, and what was not asked, say nothing about DNS. */
	if (!answer || answer->status == DNS_UNKNOWN || answer->status > DNS_TIMEOUT)
		return;
	if (answer->count == 0)
		buf_addf(out, "%s %s %s\n", item->name, type, dns_status_word(answer->status));
	for (size_t i = 0; i < answer->count; i++) {
		buf_addf(out, "%s %s NOERROR %u ", item->name, type, answer->records[i].ttl_s);
		dns_record_format(item->type, &answer->records[i], out);
		buf_add_char(out, '\n');
	}
}

void dns_tape_write(struct buf *out, const struct dns_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		write_item(out, &items[i]);
}
