/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of report/first_week.h: the clients in it. */
#ifndef REPORT_FIRST_WEEK_CLIENTS_H
#define REPORT_FIRST_WEEK_CLIENTS_H

#include "logs/record.h"
#include "report/first_week.h"

#include <stddef.h>
#include <stdint.h>

/* What would keep a session out, and the evidence of the transactions that would be: bits as in struct week_client. */
struct kept_out {
	uint32_t checks;
	uint64_t rules;
	unsigned evidence;
};

/* What of a transaction is a sign of being legitimate. */
unsigned week_evidence(const struct record *record, size_t tx);

/* One more session of the client that the record tells of, at the listener with this number. */
void week_client_add(struct first_week *week, size_t listener, const struct record *record, size_t tx,
		     const struct kept_out *kept_out);

void week_clients_clear(struct first_week *week);

#endif
