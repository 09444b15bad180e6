/* SPDX-License-Identifier: BSD-2-Clause */
/* Sendmail's lines that hold no facts of a session: of itself, of milters, of messages. */
#include "logs/sasl_line.h"
#include "logs/scan.h"
#include "logs/sendmail.h"

static const char *const others[] = {
	"Milter ",
	"AUTH",
	"STARTTLS",
	"tls_",
	"srv_features",
	"collect: ",
	"Sending \"",
	"rejecting ",
	"SYSERR",
	"restarting ",
	"daemon ",
	"clone",
	"done; ",
	"timeout waiting for input ",
	"alias ",
	"/",
	"ctladdr=",
	"DSN: ",
	"return to sender: ",
	"sender notify: ",
	"postmaster notify: ",
	"locked",
	"Losing ",
	"lost input channel",
	"discarded",
	"gethostbyaddr",
	"NOQUEUE",
	"grew WorkList",
	"runqueue: ",
	"quarantine",
	"header: ",
	"stopping daemon",
	"unable to ",
	"My unqualified host name ",
	"unauthorized PIPELINING",
	"SMTP ",
	"\"",
	"x-connect",
	"WARNING: ",
	"gencrl",
	"engine=",
	"dropenvelope",
	"started as: ",
	"accepting ",
	"assigned id",
	"too young ",
	"dowork",
	"queueup",
	"unlink",
	"unlock",
	"changed",
	"finis, ",
	"interrupt",
	"headers too large ",
	"header overflow ",
	"Too many ",
	"forward ",
	"makeconnection ",
	"in background, ",
	"disconnect level ",
	"sendenvelope, ",
	"setsender: ",
	"smtpquit: ",
	"Warning: ",
	"conn_limits: ",
	"sync_dir: ",
	"stat=",
	"mci_",
	"possible spam ",
	"deferring ",
	"delaying=",
	"Saved message in ",
	"Truncated ",
	"Fixed MIME ",
	"Dropped invalid ",
	"include ",
	"aliasing/forwarding ",
	"ldap=",
	"dns ",
	"timeout connecting ",
	"Aborting queue run",
	"Skipping queue run",
	"poststats: ",
	"split: ",
	"bogus queue file",
	"error: safesasl(",
	"milter_",
	"proc_list_probe: ",
	"have been rejecting connections on daemon ",
	"delaying connections on daemon ",
	"low on space (",
	"POSSIBLE ATTACK from ",
	"persistent queue runner",
	"restart queue runner",
	"ERROR: persistent queue runner",
	"expand ",
	"MCI@",
	"Syntax error in parameters ",
};

/* "  4: fl=0x8002, mode=100600: ...": an open file of the process, which an internal error lists */
static bool is_open_file(struct span text)
{
	struct scan scan = { text.text, text.text + text.length };
	uint64_t number;

	scan_skip_spaces(&scan);
	return scan_take_number(&scan, &number) && SPAN_BEGINS(span_between(scan.at, scan.end), ": fl=");
}

/* "mx.example.org.: SMTP DATA-1 protocol error: 250 ok": what it was answered as a client */
static bool is_protocol_error(struct span text)
{
	const char *at = SPAN_FIND(text, ": SMTP ");

	return at && SPAN_FIND(span_between(at, text.text + text.length), " protocol error: ");
}

bool sendmail_is_other(struct span text)
{
	struct span id, rest;

	/* "OTHERID: DSN: User unknown", "OTHERID: clone: owner=...": a message that was made of the line's. */
	if (span_take_queue_id(text, &id, &rest))
		text = rest;
	return span_begins_any(text, others, sizeof others / sizeof others[0]) || is_open_file(text) ||
	       is_protocol_error(text) || sasl_line_is_other(text);
}
