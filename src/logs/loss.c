/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines by which a syslog daemon tells that others are not in the log. */
#include "logs/loss.h"

#include "logs/span.h"

/*
 * "systemd-journald: Suppressed 9 messages from postfix.service", "rsyslogd: imjournal: 9 messages lost due to rate-limiting",
 * "rsyslogd-2177: imuxsock lost 9 messages from pid 4 due to rate-limiting", "rsyslogd: imuxsock[pid 4]: begin to drop messages
 * due to rate-limiting", "syslog-ng: Message(s) dropped while sending message to destination"
 */
bool log_tells_of_loss(const struct log_line *line)
{
	const struct span tag = line->tag, text = line->message;

	if (SPAN_BEGINS(tag, "systemd-journal") || SPAN_IS(tag, "journal"))
		return SPAN_BEGINS(text, "Suppressed ");
	if (SPAN_BEGINS(tag, "rsyslog"))
		return SPAN_FIND(text, "rate-limiting");
	return SPAN_IS(tag, "syslog-ng") && SPAN_FIND(text, "dropped");
}
