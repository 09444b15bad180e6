/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to DNS and their answers as values, whoever gave them: the network, a tape, a record. */
#ifndef CORE_DNS_ANSWER_H
#define CORE_DNS_ANSWER_H

#include "base/buf.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Names are text in the form of zone files (RFC 1035 5.1, \DDD escapes), lower case, without the final
 * dot; "." is the root.  255 octets on the wire can take four characters each.
 */
#define DNS_NAME_BYTES 1024

/* RFC 1035 3.2.2, RFC 3596 2.1: the numbers are those of the wire. */
enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28 };

enum dns_status {
	DNS_UNKNOWN,	/* not recorded, or not there yet: says nothing about DNS */
	DNS_NOERROR,	/* there are records */
	DNS_NODATA,	/* the name is there, with other types */
	DNS_NXDOMAIN,
	DNS_SERVFAIL,	/* also what cannot be read: a loop of CNAMEs, an answer cut off or malformed, other rcodes */
	DNS_REFUSED,
	DNS_TIMEOUT,
	DNS_UNUSABLE,	/* the question cannot be asked: no name of DNS (an empty label, too long) */
	DNS_LIMIT	/* not asked: a limit of ours is reached */
};

enum dns_source { DNS_FROM_NET, DNS_FROM_CACHE, DNS_FROM_TAPE };

struct dns_record {
	uint32_t ttl_s;
	union {
		struct ip address;		/* A, AAAA */
		struct {			/* PTR, MX */
			const char *name;
			uint16_t preference;	/* of MX */
			bool usable;		/* a host name by its bytes: letters, digits, '-', '_', '.' */
		} host;
		struct {			/* TXT: its strings joined without space (RFC 7208 3.3) */
			const char *bytes;	/* any byte, NUL too */
			size_t length;
		} text;
	};
};

/* Immutable; a CNAME was followed, so the records are those of the chain's last name. */
struct dns_answer {
	enum dns_status status;
	uint32_t ttl_s;				/* of a negative answer; else the least of the records' */
	size_t count;				/* 0 unless NOERROR */
	const struct dns_record *records;	/* in the order in which they came */
};

/* Stand-ins for an answer that is not there, by what keeps it away. */
extern const struct dns_answer dns_answer_unknown;
extern const struct dns_answer dns_answer_timeout;
extern const struct dns_answer dns_answer_limit;

/* One question of a session, with what is known of its answer. */
struct dns_item {
	const char *name;
	enum dns_type type;
	const struct dns_answer *answer;	/* NULL: not there yet */
	enum dns_source source;
	uint32_t took_us;			/* from the question to the answer; 0 from cache and tape */
};

/* NOERROR, NODATA and NXDOMAIN tell how it is; everything else leaves it open. */
static inline bool dns_is_certain(enum dns_status status)
{
	return status == DNS_NOERROR || status == DNS_NODATA || status == DNS_NXDOMAIN;
}

const char *dns_status_word(enum dns_status status);	/* "NOERROR", "TIMEOUT", "unknown", ... */
const char *dns_type_word(enum dns_type type);		/* "PTR" */
const char *dns_source_word(enum dns_source source);	/* "net", "cache", "tape" */
bool dns_status_from_word(const char *word, enum dns_status *status_r);
bool dns_type_from_word(const char *word, enum dns_type *type_r);

/* The record's data as in a zone file: "10 mx.example.org.", "192.0.2.1", "\"v=spf1 -all\"". */
void dns_record_format(enum dns_type type, const struct dns_record *record, struct buf *out);

/* The name under which an address has its PTR records: "9.113.0.203.in-addr.arpa". */
#define DNS_REVERSE_BYTES 74
void dns_reverse_name(const struct ip *ip, char name_r[DNS_REVERSE_BYTES]);

#endif
