/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells marks from lines. */
#include "logs/mark.h"

static bool ends_with(struct span text, const char *end)
{
	size_t length = strlen(end);

	return text.length >= length && memcmp(text.text + text.length - length, end, length) == 0;
}

/*
 * "-- Boot ... --" of journalctl, "--" of grep between places, "==> mail.log <==" of tail and head, and what a syslog daemon says
 * for itself: "-- MARK --", "syslogd 1.5.0#6: restart."
 */
bool log_is_mark(struct span line)
{
	return SPAN_BEGINS(line, "--") || (SPAN_BEGINS(line, "==> ") && ends_with(line, " <==")) || ends_with(line, " -- MARK --") ||
	       (SPAN_FIND(line, " syslogd ") && ends_with(line, ": restart."));
}
