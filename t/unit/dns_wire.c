/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of DNS as bytes: what they mean, and that hostile ones mean SERVFAIL. */
#include "dns/wire.h"

#include "base/buf.h"
#include "dns/answer.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MESSAGE_BYTES 65536

/* --- messages from text --- */

struct packet {
	uint8_t bytes[MESSAGE_BYTES];
	size_t length;
};

static void put(struct packet *packet, unsigned value, size_t bytes)
{
	while (bytes-- > 0)
		packet->bytes[packet->length++] = (uint8_t)(value >> 8 * bytes);
}

static void put_name(struct packet *packet, const char *text)
{
	struct wire_name name;

	if (text[0] == '@') {	/* @12: a pointer */
		put(packet, 0xc000u | (unsigned)strtoul(text + 1, NULL, 10), 2);
		return;
	}
	if (!wire_name_parse(text, &name))
		abort();
	memcpy(packet->bytes + packet->length, name.bytes, name.length);
	packet->length += name.length;
}

/* One word of RDATA: =name or @12, "string, a number of two octets +10, hexadecimal. */
static void put_data(struct packet *packet, const char *word)
{
	char pair[3] = "";

	switch (word[0]) {
	case '@':
		put_name(packet, word);
		break;
	case '=':
		put_name(packet, word + 1);
		break;
	case '"':
		put(packet, (unsigned)strlen(word + 1), 1);
		memcpy(packet->bytes + packet->length, word + 1, strlen(word + 1));
		packet->length += strlen(word + 1);
		break;
	case '+':
		put(packet, (unsigned)strtoul(word + 1, NULL, 10), 2);
		break;
	default:
		for (; word[0] != '\0'; word += 2) {
			memcpy(pair, word, 2);
			put(packet, (unsigned)strtoul(pair, NULL, 16), 1);
		}
	}
}

static const struct {
	const char *word;
	unsigned number;
} types[] = {
	{ "A", 1 }, { "NS", 2 }, { "CNAME", 5 }, { "SOA", 6 }, { "PTR", 12 }, { "MX", 15 }, { "TXT", 16 },
	{ "AAAA", 28 }, { "OPT", 41 }, { "RRSIG", 46 },
};

static unsigned type_number(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(types[i].word, word) == 0)
			return types[i].number;
	abort();
}

/* "SECTION OWNER TYPE TTL RDATA...": one record of class IN. */
static void put_record(struct packet *packet, char *line)
{
	char *words[5] = { NULL }, *rest = line, *word;
	size_t length_at, count;
	uint8_t *section;

	for (count = 0; count < 4; count++)
		words[count] = strsep(&rest, " ");
	section = packet->bytes + (strcmp(words[0], "an") == 0 ? 7 : strcmp(words[0], "ns") == 0 ? 9 : 11);
	if (++*section == 0)
		section[-1]++;
	put_name(packet, words[1]);
	put(packet, type_number(words[2]), 2);
	put(packet, 1, 2);
	put(packet, (unsigned)strtoul(words[3], NULL, 0), 4);
	length_at = packet->length;
	put(packet, 0, 2);
	while ((word = strsep(&rest, " ")))
		put_data(packet, word);
	count = packet->length - length_at - 2;
	packet->bytes[length_at] = (uint8_t)(count >> 8);
	packet->bytes[length_at + 1] = (uint8_t)count;
}

/* records: lines; each may have no RDATA. */
static void make_packet(struct packet *packet, const char *name, enum dns_type type, unsigned flags,
			const char *records)
{
	char *copy = strdup(records), *rest = copy, *line;

	memset(packet->bytes, 0, WIRE_HEADER_BYTES);
	packet->length = 0;
	put(packet, 0x1234, 2);
	put(packet, flags, 2);
	put(packet, 1, 2);
	packet->length = WIRE_HEADER_BYTES;
	put_name(packet, name);
	put(packet, type, 2);
	put(packet, 1, 2);
	while (rest && (line = strsep(&rest, "\n")))
		if (line[0] != '\0')
			put_record(packet, line);
	free(copy);
}

/* --- answers as text --- */

static void show_record(struct buf *out, enum dns_type type, const struct dns_record *record)
{
	char text[IP_TEXT_BYTES];

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		ip_format(&record->address, text);
		buf_addf(out, " %s", text);
		break;
	case DNS_MX:
	case DNS_PTR:
		buf_add(out, " ");
		if (type == DNS_MX)
			buf_addf(out, "%u:", record->host.preference);
		buf_addf(out, "%s%s", record->host.name, record->host.usable ? "" : "!");
		break;
	case DNS_TXT:
		buf_addf(out, " <%zu:", record->text.length);
		for (size_t i = 0; i < record->text.length; i++)
			buf_add_char(out, record->text.bytes[i] ? record->text.bytes[i] : '0');
		buf_add(out, ">");
		break;
	}
}

/* "NOERROR 300 192.0.2.1 192.0.2.2"; a name that is not usable ends in "!". */
static void show_answer(struct buf *out, enum dns_type type, const struct dns_answer *answer)
{
	buf_addf(out, "%s %u", dns_status_word(answer->status), answer->ttl_s);
	for (size_t i = 0; i < answer->count; i++)
		show_record(out, type, &answer->records[i]);
}

static const struct dns_answer *read_packet(const struct packet *packet, size_t length, const char *name,
					    enum dns_type type)
{
	uint8_t *exact = malloc(length > 0 ? length : 1);	/* sanitizers see a read beyond */
	const struct dns_answer *answer;
	struct wire_name wire;

	if (!exact || !wire_name_parse(name, &wire))
		abort();
	memcpy(exact, packet->bytes, length);
	answer = wire_answer(exact, length, &wire, type);
	free(exact);
	return answer;
}

static enum dns_status status_of(const struct packet *packet, size_t length, const char *name,
				 enum dns_type type)
{
	const struct dns_answer *answer = read_packet(packet, length, name, type);
	enum dns_status status = answer->status;

	answer_unref(&answer);
	return status;
}

/* --- the table --- */

enum { OK = 0x8180, SERVFAIL = 0x8182, NXDOMAIN = 0x8183, REFUSED = 0x8185 };

#define SOA "=ns.example =root.example 00000001 00000e10 00000384 00093a80 "
#define L63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789"
/* 255 octets on the wire, the longest name that there is. */
#define L56 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-12"
#define LONGEST L56 "34567." L63 "." L63 "." L63

static const struct {
	const char *label;
	const char *name;
	enum dns_type type;
	unsigned flags;
	const char *records;
	const char *expected;
} rows[] = {
	/* plain answers */
	{ "an address", "a.example", DNS_A, OK, "an @12 A 300 c0000201", "NOERROR 300 192.0.2.1" },
	{ "the least TTL counts", "a.example", DNS_A, OK, "an @12 A 300 c0000201\nan @12 A 60 c0000202",
	  "NOERROR 60 192.0.2.1 192.0.2.2" },
	{ "a record twice is one", "a.example", DNS_A, OK, "an @12 A 300 c0000201\nan @12 A 60 c0000201",
	  "NOERROR 60 192.0.2.1" },
	{ "a null MX twice is one",
	  "a.example", DNS_MX, OK, "an @12 MX 9 +0 =.\nan @12 MX 9 +0 =.", "NOERROR 9 0:.!" },
	{ "MX that differ in their preference", "a.example", DNS_MX, OK, "an @12 MX 9 +1 =b\nan @12 MX 9 +2 =b",
	  "NOERROR 9 1:b 2:b" },
	{ "TXT that differ in their length", "a.example", DNS_TXT, OK, "an @12 TXT 9 \"ab\nan @12 TXT 9 \"a",
	  "NOERROR 9 <2:ab> <1:a>" },
	{ "an IPv6 address", "a.example", DNS_AAAA, OK, "an @12 AAAA 1 20010db8000000000000000000000001",
	  "NOERROR 1 2001:db8::1" },
	{ "a mapped address is IPv4", "a.example", DNS_AAAA, OK,
	  "an @12 AAAA 1 00000000000000000000ffffc0000201", "NOERROR 1 192.0.2.1" },
	{ "MX in their order", "a.example", DNS_MX, OK, "an @12 MX 9 +20 =b.example\nan @12 MX 9 +10 =A.Example",
	  "NOERROR 9 20:b.example 10:a.example" },
	{ "a null MX is the root", "a.example", DNS_MX, OK, "an @12 MX 9 +0 =.", "NOERROR 9 0:.!" },
	{ "strings of a TXT are joined", "a.example", DNS_TXT, OK, "an @12 TXT 9 \"v=spf1 \"-all\nan @12 TXT 9 00",
	  "NOERROR 9 <10:v=spf1-all> <0:>" },
	{ "NUL in a TXT", "a.example", DNS_TXT, OK, "an @12 TXT 9 0300413b", "NOERROR 9 <3:0A;>" },
	{ "names have no case", "A.eXample", DNS_PTR, OK, "an a.EXAMPLE PTR 5 =Mail.Example.ORG",
	  "NOERROR 5 mail.example.org" },
	{ "what else is there is ignored", "a.example", DNS_A, OK,
	  "an @12 RRSIG 5 0001\nan other.example A 5 c0000203\nan @12 A 7 c0000201\nns example NS 5 =ns.example\n"
	  "ar ns.example A 5 c0000204\nar . OPT 0", "NOERROR 7 192.0.2.1" },

	/* TTLs */
	{ "a TTL with its top bit is 0", "a.example", DNS_A, OK, "an @12 A 0x80000001 c0000201",
	  "NOERROR 0 192.0.2.1" },
	{ "the largest TTL", "a.example", DNS_A, OK, "an @12 A 0x7fffffff c0000201",
	  "NOERROR 2147483647 192.0.2.1" },
	{ "negative: the SOA's minimum", "nx.example", DNS_A, NXDOMAIN, "ns example SOA 900 " SOA "0000003c",
	  "NXDOMAIN 60" },
	{ "negative: the SOA's own TTL", "nx.example", DNS_A, NXDOMAIN, "ns example SOA 30 " SOA "0000003c",
	  "NXDOMAIN 30" },
	{ "negative: a minimum with its top bit is 0", "nx.example", DNS_A, NXDOMAIN,
	  "ns example SOA 900 " SOA "ffffffff", "NXDOMAIN 0" },
	{ "negative: no SOA", "nx.example", DNS_A, NXDOMAIN, "", "NXDOMAIN 5" },
	{ "negative: the SOA of another zone", "nx.example", DNS_A, NXDOMAIN, "ns test SOA 900 " SOA "0000003c",
	  "NXDOMAIN 5" },
	{ "negative: the root's SOA", "nx.example", DNS_A, NXDOMAIN, "ns . SOA 900 " SOA "0000003c",
	  "NXDOMAIN 60" },
	{ "no data", "a.example", DNS_A, OK, "ns example SOA 900 " SOA "0000003c", "NODATA 60" },
	{ "no data, no SOA", "a.example", DNS_A, OK, "", "NODATA 5" },
	{ "an SOA with a byte too many", "a.example", DNS_A, OK, "ns example SOA 900 " SOA "0000003c00",
	  "SERVFAIL 0" },
	{ "an SOA cut off", "a.example", DNS_A, OK, "ns example SOA 900 " SOA "00003c", "SERVFAIL 0" },
	{ "a referral is no answer", "a.example", DNS_A, OK, "ns example NS 900 =ns.example", "SERVFAIL 0" },

	/* aliases */
	{ "an alias", "4.2.0.192.in-addr.arpa", DNS_PTR, OK,
	  "an @12 CNAME 50 =4.0/28.2.0.192.in-addr.arpa\nan 4.0/28.2.0.192.in-addr.arpa PTR 60 =a.example",
	  "NOERROR 50 a.example" },
	{ "the chain in any order", "a.example", DNS_A, OK,
	  "an c.example A 9 c0000201\nan b.example CNAME 9 =c.example\nan a.example CNAME 9 =b.example",
	  "NOERROR 9 192.0.2.1" },
	{ "only the last name's records", "a.example", DNS_A, OK,
	  "an a.example A 9 c0000209\nan a.example CNAME 9 =b.example\nan b.example A 9 c0000201",
	  "NOERROR 9 192.0.2.1" },
	{ "a chain into nothing: no data", "a.example", DNS_A, OK,
	  "an @12 CNAME 20 =b.test\nns test SOA 900 " SOA "0000003c", "NODATA 20" },
	{ "a chain into nothing: no name", "a.example", DNS_A, NXDOMAIN,
	  "an @12 CNAME 900 =b.test\nns test SOA 900 " SOA "0000003c", "NXDOMAIN 60" },
	{ "an alias of itself", "a.example", DNS_A, OK, "an @12 CNAME 9 @12", "SERVFAIL 0" },
	{ "aliases in a circle", "a.example", DNS_A, OK,
	  "an a.example CNAME 9 =b.example\nan b.example CNAME 9 =a.example\nan a.example A 9 c0000201",
	  "SERVFAIL 0" },
	{ "eight aliases", "a.example", DNS_A, OK,
	  "an a.example CNAME 9 =b\nan b CNAME 9 =c\nan c CNAME 9 =d\nan d CNAME 9 =e\nan e CNAME 9 =f\n"
	  "an f CNAME 9 =g\nan g CNAME 9 =h\nan h CNAME 9 =i\nan i A 9 c0000201", "NOERROR 9 192.0.2.1" },
	{ "nine aliases", "a.example", DNS_A, OK,
	  "an a.example CNAME 9 =b\nan b CNAME 9 =c\nan c CNAME 9 =d\nan d CNAME 9 =e\nan e CNAME 9 =f\n"
	  "an f CNAME 9 =g\nan g CNAME 9 =h\nan h CNAME 9 =i\nan i CNAME 9 =j\nan j A 9 c0000201", "SERVFAIL 0" },
	{ "two aliases of one name", "a.example", DNS_A, OK,
	  "an @12 CNAME 9 =b\nan @12 CNAME 9 =c\nan b A 9 c0000201\nan c A 9 c0000202", "SERVFAIL 0" },
	{ "the same alias twice", "a.example", DNS_A, OK,
	  "an @12 CNAME 9 =b\nan @12 CNAME 9 =B\nan b A 9 c0000201", "NOERROR 9 192.0.2.1" },
	{ "an alias with a byte too many", "a.example", DNS_A, OK, "an @12 CNAME 9 =b 00\nan b A 9 c0000201",
	  "SERVFAIL 0" },

	/* rcodes */
	{ "SERVFAIL", "a.example", DNS_A, SERVFAIL, "", "SERVFAIL 0" },
	{ "REFUSED", "a.example", DNS_A, REFUSED, "", "REFUSED 0" },
	{ "FORMERR", "a.example", DNS_A, 0x8181, "", "SERVFAIL 0" },
	{ "NOTIMP", "a.example", DNS_A, 0x8184, "", "SERVFAIL 0" },
	{ "YXDOMAIN", "a.example", DNS_A, 0x8186, "", "SERVFAIL 0" },
	{ "BADVERS is not 0", "a.example", DNS_A, OK, "ar . OPT 0x01000000", "SERVFAIL 0" },
	{ "two OPT", "a.example", DNS_A, OK, "ar . OPT 0\nar . OPT 0", "SERVFAIL 0" },
	{ "no such name, but a record of it", "a.example", DNS_A, NXDOMAIN, "an @12 A 9 c0000201", "SERVFAIL 0" },
	{ "cut off, as it says", "a.example", DNS_A, OK | 0x0200, "an @12 A 9 c0000201", "SERVFAIL 0" },
	{ "a question", "a.example", DNS_A, 0x0100, "", "SERVFAIL 0" },
	{ "another opcode", "a.example", DNS_A, OK | 0x2800, "", "SERVFAIL 0" },

	/* data that cannot be read */
	{ "an address of 3 bytes", "a.example", DNS_A, OK, "an @12 A 9 c00002", "SERVFAIL 0" },
	{ "an address of 16 bytes", "a.example", DNS_A, OK, "an @12 A 9 20010db8000000000000000000000001",
	  "SERVFAIL 0" },
	{ "one of two cannot be read", "a.example", DNS_A, OK, "an @12 A 9 c0000201\nan @12 A 9", "SERVFAIL 0" },
	{ "an IPv6 address of 4 bytes", "a.example", DNS_AAAA, OK, "an @12 AAAA 9 c0000201", "SERVFAIL 0" },
	{ "MX without a name", "a.example", DNS_MX, OK, "an @12 MX 9 +10", "SERVFAIL 0" },
	{ "MX of one byte", "a.example", DNS_MX, OK, "an @12 MX 9 0a", "SERVFAIL 0" },
	{ "PTR without a name", "a.example", DNS_PTR, OK, "an @12 PTR 9", "SERVFAIL 0" },
	{ "PTR and a byte more", "a.example", DNS_PTR, OK, "an @12 PTR 9 =b.example 00", "SERVFAIL 0" },
	{ "TXT without a string", "a.example", DNS_TXT, OK, "an @12 TXT 9", "SERVFAIL 0" },
	{ "TXT beyond its end", "a.example", DNS_TXT, OK, "an @12 TXT 9 044142", "SERVFAIL 0" },
	{ "a pointer to itself", "a.example", DNS_PTR, OK, "an @12 PTR 9 c027", "SERVFAIL 0" },
	{ "a pointer forward", "a.example", DNS_PTR, OK, "an @12 PTR 9 c02900", "SERVFAIL 0" },
	{ "a pointer into the header", "a.example", DNS_PTR, OK, "an @12 PTR 9 c000", "SERVFAIL 0" },
	{ "pointers in a circle", "a.example", DNS_PTR, OK, "an @12 PTR 9 0161c027", "SERVFAIL 0" },
	{ "a pointer behind the end", "a.example", DNS_PTR, OK, "an @12 PTR 9 ffff", "SERVFAIL 0" },
	{ "a label of type 01", "a.example", DNS_PTR, OK, "an @12 PTR 9 4100", "SERVFAIL 0" },
	{ "a label of type 10", "a.example", DNS_PTR, OK, "an @12 PTR 9 8100", "SERVFAIL 0" },
	{ "an owner in a circle", "a.example", DNS_A, OK, "an @27 A 9 c0000201", "SERVFAIL 0" },

	/* names */
	{ "bytes that no host name has", "a.example", DNS_PTR, OK,
	  "an @12 PTR 9 =my\\032host.example\nan @12 PTR 9 =a\\\"b.example\nan @12 PTR 9 =a\\;b.example\n"
	  "an @12 PTR 9 =a\\000b.example\nan @12 PTR 9 =a\\.b.example\nan @12 PTR 9 =a\\(b\nan @12 PTR 9 =a/b\n"
	  "an @12 PTR 9 =\\010\\013\\255\\\\\nan @12 PTR 9 =*.example\nan @12 PTR 9 =.",
	  "NOERROR 9 my\\032host.example! a\\034b.example! a\\059b.example! a\\000b.example! a\\046b.example! "
	  "a\\040b! a/b! \\010\\013\\255\\092! *.example! .!" },
	{ "a host name with an underscore", "a.example", DNS_PTR, OK, "an @12 PTR 9 =_a-1.Example",
	  "NOERROR 9 _a-1.example" },
	{ "the longest name", LONGEST, DNS_PTR, OK, "an @12 PTR 9 @12", "NOERROR 9 " LONGEST },
	{ "a name too long by its pointer", LONGEST, DNS_PTR, OK, "an @12 PTR 9 0161c00c", "SERVFAIL 0" },
};

static void check_rows(void)
{
	static struct packet packet;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct dns_answer *answer;
		size_t bad = 0;
		struct buf shown;

		buf_init(&shown);
		make_packet(&packet, rows[i].name, rows[i].type, rows[i].flags, rows[i].records);
		answer = read_packet(&packet, packet.length, rows[i].name, rows[i].type);
		show_answer(&shown, rows[i].type, answer);
		ok(strcmp(shown.text, rows[i].expected) == 0, "%s: %s", rows[i].label, shown.text);
		for (size_t cut = 0; cut < packet.length; cut++)
			bad += status_of(&packet, cut, rows[i].name, rows[i].type) != DNS_SERVFAIL;
		ok(bad == 0, "%s: cut off anywhere", rows[i].label);
		answer_unref(&answer);
		buf_clear(&shown);
	}
}

/* --- what belongs to another question, or to none --- */

static void check_question(void)
{
	static struct packet packet;

	make_packet(&packet, "a.example", DNS_A, OK, "an @12 A 9 c0000201");
	ok(status_of(&packet, packet.length, "a.example", DNS_A) == DNS_NOERROR, "its own question");
	ok(status_of(&packet, packet.length, "b.example", DNS_A) == DNS_SERVFAIL, "another name");
	ok(status_of(&packet, packet.length, "a.example", DNS_AAAA) == DNS_SERVFAIL, "another type");
	packet.bytes[packet.length] = 'x';
	ok(status_of(&packet, packet.length + 1, "a.example", DNS_A) == DNS_NOERROR, "a byte behind the end");
	packet.bytes[5] = 2;
	ok(status_of(&packet, packet.length, "a.example", DNS_A) == DNS_SERVFAIL, "two questions");
	packet.bytes[5] = 0;
	ok(status_of(&packet, packet.length, "a.example", DNS_A) == DNS_SERVFAIL, "no question");
	packet.bytes[5] = 1;
	packet.bytes[7] = 2;
	ok(status_of(&packet, packet.length, "a.example", DNS_A) == DNS_SERVFAIL, "a record less than it says");
	packet.bytes[6] = packet.bytes[8] = packet.bytes[10] = 0xff;
	ok(status_of(&packet, packet.length, "a.example", DNS_A) == DNS_SERVFAIL, "many records less");
}

/* --- many records --- */

/* record: with NNNN for the number of the record. */
static void fill(struct packet *packet, enum dns_type type, size_t count, const char *record)
{
	const char *number = strstr(record, "NNNN");
	struct buf lines;

	buf_init(&lines);
	for (size_t i = 0; i < count; i++)
		buf_addf(&lines, "an @12 %.*s%04zx%s\n", (int)(number - record), record, i, number + 4);
	make_packet(packet, "a.example", type, OK, lines.text);
	buf_clear(&lines);
}

static void check_many(void)
{
	static struct packet packet;
	const struct dns_answer *answer;

	fill(&packet, DNS_PTR, 100, "PTR 9 =mailNNNN.example.org");
	answer = read_packet(&packet, packet.length, "a.example", DNS_PTR);
	ok(answer->status == DNS_NOERROR && answer->count == 100, "100 PTRs");
	answer_unref(&answer);
	fill(&packet, DNS_A, ANSWER_RECORDS_MAX, "A 9 c000NNNN");
	answer = read_packet(&packet, packet.length, "a.example", DNS_A);
	ok(answer->status == DNS_NOERROR && answer->count == ANSWER_RECORDS_MAX, "as many records as are taken");
	answer_unref(&answer);
	fill(&packet, DNS_A, ANSWER_RECORDS_MAX + 1, "A 9 c000NNNN");
	ok(status_of(&packet, packet.length, "a.example", DNS_A) == DNS_SERVFAIL, "one record too many");
	fill(&packet, DNS_A, 4000, "A 9 c000NNNN");
	ok(status_of(&packet, packet.length, "a.example", DNS_A) == DNS_SERVFAIL, "4000 records");
	fill(&packet, DNS_PTR, 100, "PTR 9 =" L56 "NNNN." L63 "." L63 "." L63);
	answer = read_packet(&packet, packet.length, "a.example", DNS_PTR);
	ok(answer->count == 100 && answer_bytes(answer) < 100 * 300 + 1000, "100 PTRs of 254 octets");
	answer_unref(&answer);
}

/* A name of 255 octets whose characters take four each, in every record. */
static void check_text_bound(void)
{
	static struct packet packet;
	char name[DNS_NAME_BYTES + 20] = "PTR 9 =";
	size_t length = strlen(name);

	for (size_t label = 0; label < 4; label++) {
		for (size_t i = 0; i < (label < 3 ? 63 : 57); i++, length += 4)
			memcpy(name + length, "\\001", 4);
		memcpy(name + length, label < 3 ? "." : "NNNN", 4);
		length += label < 3 ? 1 : 4;
	}
	name[length] = '\0';
	fill(&packet, DNS_PTR, 60, name);
	ok(status_of(&packet, packet.length, "a.example", DNS_PTR) == DNS_NOERROR, "60 names of 991 characters");
	fill(&packet, DNS_PTR, 70, name);
	ok(status_of(&packet, packet.length, "a.example", DNS_PTR) == DNS_SERVFAIL, "70 such names are too much");
}

/* Pointers to pointers, more than a name has labels. */
static void check_pointer_chain(void)
{
	static struct packet packet;
	size_t last;

	/* As the data of a record of another type, then a PTR that points to its end. */
	make_packet(&packet, "a.example", DNS_PTR, OK, "an @12 RRSIG 9 00");
	packet.length -= 3;
	put(&packet, 400, 2);
	last = 12;
	for (size_t i = 0; i < 200; i++) {
		put(&packet, 0xc000u | (unsigned)last, 2);
		last = packet.length - 2;
	}
	packet.bytes[7] = 2;
	put_name(&packet, "@12");
	put(&packet, DNS_PTR, 2);
	put(&packet, 1, 2);
	put(&packet, 9, 4);
	put(&packet, 2, 2);
	put(&packet, 0xc000u | (unsigned)(last - 2 * 100), 2);
	ok(status_of(&packet, packet.length, "a.example", DNS_PTR) == DNS_NOERROR, "100 pointers to pointers");
	packet.length -= 2;
	put(&packet, 0xc000u | (unsigned)last, 2);
	ok(status_of(&packet, packet.length, "a.example", DNS_PTR) == DNS_SERVFAIL, "200 pointers to pointers");
}

/* --- questions and names --- */

static void check_questions(void)
{
	static const uint8_t expected[] =
		"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x01" "a\x07" "example\x00\x00\x0f\x00\x01"
		"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00";
	uint8_t bytes[WIRE_QUESTION_BYTES];
	static struct packet packet;
	struct wire_name name;
	size_t length;

	ok(wire_name_parse("A.example.", &name), "a name");
	length = wire_question(&name, DNS_MX, 0xabcd, WIRE_EDNS, bytes);
	ok(length == sizeof expected && memcmp(bytes, expected, length) == 0, "a question with EDNS");
	ok(wire_question(&name, DNS_MX, 0xabcd, WIRE_PLAIN, bytes) == length - WIRE_OPT_BYTES && bytes[11] == 0,
	   "without EDNS");
	ok(wire_name_parse(LONGEST, &name), "the longest name");
	ok(wire_question(&name, DNS_MX, 1, WIRE_EDNS, bytes) == WIRE_QUESTION_BYTES, "the longest question");
	memcpy(packet.bytes, bytes, sizeof bytes);
	packet.bytes[2] |= 0x80;
	ok(status_of(&packet, sizeof bytes, LONGEST, DNS_MX) == DNS_NODATA, "turned round it is an answer");
}

static const struct {
	const char *text;
	const char *expected;	/* NULL: no name */
} names[] = {
	{ ".", "." },
	{ "A.B", "a.b" },
	{ "a.b.", "a.b" },
	{ "\\065\\.\\b", "a\\046b" },
	{ "a\\ b", "a\\032b" },
	{ "a b", "a\\032b" },
	{ "\xc3\xbc", "\\195\\188" },
	{ "*", "*" },
	{ "a#b;c", "a\\035b\\059c" },
	{ LONGEST, LONGEST },
	{ LONGEST ".", LONGEST },
	{ "", NULL },
	{ "..", NULL },
	{ ".a", NULL },
	{ "a..b", NULL },
	{ "a..", NULL },
	{ "a\\", NULL },
	{ "\\25", NULL },
	{ "\\256", NULL },
	{ "\\1x2", NULL },
	{ L63 "x", NULL },
	{ LONGEST "x", NULL },
	{ "a." LONGEST, NULL },
	{ L63 "." L63 "." L63 "." L63, NULL },
};

static void check_names(void)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char text[DNS_NAME_BYTES] = "";
		struct wire_name name;
		bool valid = wire_name_parse(names[i].text, &name);

		if (valid)
			wire_name_format(&name, text);
		ok(valid == (names[i].expected != NULL) && (!valid || !strcmp(text, names[i].expected)),
		   "name '%s'", names[i].text);
	}
}

int main(void)
{
	check_rows();
	check_question();
	check_many();
	check_text_bound();
	check_pointer_chain();
	check_questions();
	check_names();
	return tap_done();
}
