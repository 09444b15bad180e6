/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that many sessions share: built once, never changed, given back by the last one. */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include "base/buf.h"
#include "core/dns_answer.h"
#include "dns/wire_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message of 64 KiB could hold 5,000 records, and names of 1,000 characters in two bytes each. */
#define ANSWER_RECORDS_MAX 256
#define ANSWER_TEXT_BYTES_MAX ((size_t)64 << 10)

/* Hops of CNAME that are followed, live and on a tape. */
#define ANSWER_CNAMES_MAX 8

/* Any thread; answer must come from this file. */
const struct dns_answer *answer_ref(const struct dns_answer *answer);
/* Clears the pointer; NULL inside is fine. */
void answer_unref(const struct dns_answer **answer);

/* What it takes in memory. */
size_t answer_bytes(const struct dns_answer *answer);

/* Without records, TTL 0; never given back, so that it is there when memory is out. */
const struct dns_answer *answer_of_status(enum dns_status status);

/* --- building one --- */

struct draft_record;

/* Starts zeroed, then answer_draft_init(). */
struct answer_draft {
	struct draft_record *records;
	size_t count;
	size_t capacity;
	struct buf texts;
	bool too_large;		/* a limit above is reached: what came then is left out */
	bool no_memory;
};

void answer_draft_init(struct answer_draft *draft);
void answer_draft_clear(struct answer_draft *draft);

/* Errors stick in the draft.  A record that is there already is not added again. */
void answer_add_address(struct answer_draft *draft, uint32_t ttl_s, const struct ip *address);
void answer_add_host(struct answer_draft *draft, uint32_t ttl_s, uint16_t preference,
		     const struct wire_name *name);
void answer_add_text(struct answer_draft *draft, uint32_t ttl_s, const char *bytes, size_t length);

/*
 * The answer with one reference, and an empty draft; NULL when memory is or was out.  Without records it is
 * status with ttl_s; with records NOERROR, no TTL above ttl_s.
 */
const struct dns_answer *answer_finish(struct answer_draft *draft, enum dns_status status, uint32_t ttl_s);

#endif
