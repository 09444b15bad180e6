/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes answers as lines of a tape. */
#include "dns/dns.h"

#include "base/buf.h"

#define STRING_MAX 255	/* RFC 1035 3.3 */

static void write_address(struct buf *out, enum dns_type type, const struct ip *address)
{
	char text[IP_TEXT_BYTES];

	ip_format(address, text);
	/* An AAAA with a mapped address is read as IPv4. */
	if (type == DNS_AAAA && address->family == IP_V4)
		buf_add(out, "::ffff:");
	buf_add(out, text);
}

static void write_name(struct buf *out, const char *name)
{
	buf_add(out, name);
	if (name[0] != '.')
		buf_add_char(out, '.');
}

static void write_byte(struct buf *out, unsigned char byte)
{
	if (byte == '"' || byte == '\\')
		buf_addf(out, "\\%c", byte);
	else if (byte >= 0x20 && byte <= 0x7e)
		buf_add_char(out, (char)byte);
	else
		buf_addf(out, "\\%03u", byte);
}

/* In strings of the greatest length, where there were others: they are joined anyway. */
static void write_text(struct buf *out, const char *bytes, size_t length)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < length; i++) {
		if (i > 0 && i % STRING_MAX == 0)
			buf_add(out, "\" \"");
		write_byte(out, (unsigned char)bytes[i]);
	}
	buf_add_char(out, '"');
}

static void write_record(struct buf *out, enum dns_type type, const struct dns_record *record)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		write_address(out, type, &record->address);
		break;
	case DNS_MX:
		buf_addf(out, "%u ", record->host.preference);
		write_name(out, record->host.name);
		break;
	case DNS_PTR:
		write_name(out, record->host.name);
		break;
	case DNS_TXT:
		write_text(out, record->text.bytes, record->text.length);
		break;
	}
}

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
		write_record(out, item->type, &answer->records[i]);
		buf_add_char(out, '\n');
	}
}

void dns_tape_write(struct buf *out, const struct dns_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		write_item(out, &items[i]);
}
