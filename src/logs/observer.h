/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions as a network monitor saw them: one observation for each transaction, joined by connection. */
#ifndef LOGS_OBSERVER_H
#define LOGS_OBSERVER_H

#include "logs/reader.h"
#include "logs/sessions.h"

enum observed_tls { OBSERVED_TLS_UNKNOWN, OBSERVED_TLS_NO, OBSERVED_TLS_YES };

/* Spans that are empty were not observed, but for helo and sender, which have a flag. */
struct observation {
	uint64_t key;		/* of the connection */
	struct span line;
	int64_t time_us;
	bool timed;
	struct span client, client_port, server, server_port;
	struct span helo;	/* the last argument of HELO or EHLO */
	bool has_helo;
	struct span sender;	/* with or without brackets */
	bool has_sender;
	enum observed_tls tls;	/* YES: what came after STARTTLS was not seen */
	struct span reply;	/* the last one */
};

struct observer {
	struct log_sink *sink;
	enum record_source source;
	struct sessions *sessions;
	int64_t expired_us;
};

/* false: out of memory. */
bool observer_init(struct observer *observer, struct log_sink *sink, enum record_source source);
void observer_clear(struct observer *observer);

void observer_take(struct observer *observer, const struct observation *observation);
void observer_finish(struct observer *observer);

#endif
