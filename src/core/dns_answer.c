/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of DNS types and statuses, and the names of the reverse trees. */
#include "core/dns_answer.h"

#include <string.h>

const struct dns_answer dns_answer_unknown = { .status = DNS_UNKNOWN };
const struct dns_answer dns_answer_timeout = { .status = DNS_TIMEOUT };
const struct dns_answer dns_answer_limit = { .status = DNS_LIMIT };

static const struct {
	enum dns_type type;
	const char *word;
} types[] = {
	{ DNS_A, "A" }, { DNS_PTR, "PTR" }, { DNS_MX, "MX" }, { DNS_TXT, "TXT" }, { DNS_AAAA, "AAAA" },
};

static const char *const statuses[] = {
	[DNS_UNKNOWN] = "unknown",
	[DNS_NOERROR] = "NOERROR",
	[DNS_NODATA] = "NODATA",
	[DNS_NXDOMAIN] = "NXDOMAIN",
	[DNS_SERVFAIL] = "SERVFAIL",
	[DNS_REFUSED] = "REFUSED",
	[DNS_TIMEOUT] = "TIMEOUT",
	[DNS_UNUSABLE] = "unusable",
	[DNS_LIMIT] = "limit",
};

static const char *const sources[] = {
	[DNS_FROM_NET] = "net",
	[DNS_FROM_CACHE] = "cache",
	[DNS_FROM_TAPE] = "tape",
};

const char *dns_status_word(enum dns_status status)
{
	return statuses[status];
}

const char *dns_source_word(enum dns_source source)
{
	return sources[source];
}

const char *dns_type_word(enum dns_type type)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].type == type)
			return types[i].word;
	return "";
}

bool dns_status_from_word(const char *word, enum dns_status *status_r)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (strcmp(statuses[i], word) == 0) {
			*status_r = (enum dns_status)i;
			return true;
		}
	return false;
}

bool dns_type_from_word(const char *word, enum dns_type *type_r)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i].word, word) == 0) {
			*type_r = types[i].type;
			return true;
		}
	return false;
}

static void add_address(struct buf *out, enum dns_type type, const struct ip *address)
{
	char text[IP_TEXT_BYTES];

	ip_format(address, text);
	/* An AAAA with a mapped address is read as IPv4. */
	if (type == DNS_AAAA && address->family == IP_V4)
		buf_add(out, "::ffff:");
	buf_add(out, text);
}

static void add_name(struct buf *out, const char *name)
{
	buf_add(out, name);
	if (name[0] != '.')
		buf_add_char(out, '.');
}

#define TXT_STRING_MAX 255	/* RFC 1035 3.3 */

/* In strings of the greatest length, where there were others: they are joined anyway. */
static void add_text(struct buf *out, const char *bytes, size_t length)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (i > 0 && i % TXT_STRING_MAX == 0)
			buf_add(out, "\" \"");
		if (c < 0x20 || c > 0x7e)
			buf_addf(out, "\\%03u", c);
		else if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_char(out, '"');
}

void dns_record_format(enum dns_type type, const struct dns_record *record, struct buf *out)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		add_address(out, type, &record->address);
		break;
	case DNS_MX:
		buf_addf(out, "%u ", record->host.preference);
		add_name(out, record->host.name);
		break;
	case DNS_PTR:
		add_name(out, record->host.name);
		break;
	case DNS_TXT:
		add_text(out, record->text.bytes, record->text.length);
		break;
	}
}

static char *add_octet(char *to, unsigned octet)
{
	if (octet >= 100)
		*to++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*to++ = (char)('0' + octet / 10 % 10);
	*to++ = (char)('0' + octet % 10);
	*to++ = '.';
	return to;
}

/* RFC 1035 3.5: the octets in decimal, the last one first.  By hand: it is done several times for each session. */
static void reverse_v4(const uint8_t *bytes, char name_r[DNS_REVERSE_BYTES])
{
	char *to = name_r;

	for (size_t i = 4; i-- > 0;)
		to = add_octet(to, bytes[i]);
	memcpy(to, "in-addr.arpa", sizeof "in-addr.arpa");
}

/* RFC 3596 2.5: the nibbles in hexadecimal, the last one first. */
static void reverse_v6(const uint8_t *bytes, char name_r[DNS_REVERSE_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	char *to = name_r;

	for (size_t i = 16; i-- > 0;) {
		*to++ = digits[bytes[i] & 15];
		*to++ = '.';
		*to++ = digits[bytes[i] >> 4];
		*to++ = '.';
	}
	memcpy(to, "ip6.arpa", sizeof "ip6.arpa");
}

void dns_reverse_name(const struct ip *ip, char name_r[DNS_REVERSE_BYTES])
{
	if (ip->family == IP_V6)
		reverse_v6(ip->bytes, name_r);
	else
		reverse_v4(ip->bytes, name_r);
}
