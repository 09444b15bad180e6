/* SPDX-License-Identifier: BSD-2-Clause */
/* A session of the session log, made ready to be judged again. */
#ifndef APP_EXPLAIN_RECORD_H
#define APP_EXPLAIN_RECORD_H

#include "base/buf.h"
#include "core/policy.h"
#include "dns/dns.h"
#include "logs/record.h"

#include <stdbool.h>

struct recorded {
	struct arena arena;
	struct record record;
	size_t tx;		/* the transaction at hand; not below record.tx_count: there was none */
};

/*
 * id: as in log lines and replies, "01JD8XA7Q2M4T9VB" or, for its Nth transaction and not the last, "....N".  An exit
 * status; what is wrong was told on standard error.  recorded_clear() may follow in any case.
 */
int recorded_load(const struct policy *policy, const char *id, struct recorded *recorded_r);
void recorded_clear(struct recorded *recorded);

/* What DNS said then; *dns_r is NULL where the record tells nothing of DNS.  The caller frees it. */
int recorded_dns(const struct recorded *recorded, struct dns **dns_r);

/* In a few lines: which session it is, what it was answered then, and what of it is not there any more. */
void recorded_text(const struct recorded *recorded, const struct policy *policy, struct buf *out);

#endif
