/* SPDX-License-Identifier: BSD-2-Clause */
/* A command line as an SMTP client sends it. */
#ifndef LOGS_SMTP_COMMAND_H
#define LOGS_SMTP_COMMAND_H

#include "logs/record.h"
#include "logs/span.h"

struct smtp_command {
	enum record_command command;	/* COUNTED_UNKNOWN: a verb that is none */
	/*
	 * HELO, EHLO: the name, spaces around it taken off.  MAIL, RCPT: the path without its brackets and its
	 * source route.  Else: all that follows the verb.
	 */
	struct span argument;
	bool has_path;			/* of MAIL and RCPT: there was one */
};

/* Whatever the letter case; a line end at the end of text is not part of it. */
void smtp_command_parse(struct span text, struct smtp_command *command_r);

/* "@a,@b:c@d": a source route is ignored (RFC 5321 4.1.2, appendix C), and some of what is logged is without it. */
struct span smtp_without_route(struct span path);

#endif
