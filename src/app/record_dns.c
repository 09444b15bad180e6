/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes a tape of what a record holds. */
#include "app/record_dns.h"

#include "logs/record_tape.h"

/* What is no tape holds nothing.  NULL when memory is out. */
static struct dns *tape_of(const char *text, size_t length)
{
	struct diag diag;
	struct dns *dns;

	diag_init(&diag);
	dns = dns_tape_new_text("record", text, length, &diag);
	if (!dns && !diag_out_of_memory(&diag))
		dns = dns_tape_new_text("record", "", 0, &diag);
	diag_clear(&diag);
	return dns;
}

bool record_dns_open(const struct record *record, size_t tx, struct dns *below, struct dns **dns_r)
{
	struct buf text;

	*dns_r = NULL;
	if (record->dns_presence == PRESENCE_UNKNOWN)
		return true;
	buf_init(&text);
	record_tape(record, tx, &text);
	if (!text.failed)
		*dns_r = tape_of(text.text, text.length);
	buf_clear(&text);
	if (*dns_r)
		dns_tape_over(*dns_r, below);
	return *dns_r;
}
