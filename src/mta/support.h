/* SPDX-License-Identifier: BSD-2-Clause */
/* The table MTA x key x value: by which line, by itself, by the milter, or not at all and why. */
#ifndef MTA_SUPPORT_H
#define MTA_SUPPORT_H

#include "core/commands.h"
#include "core/session.h"

enum support_kind {
	SUPPORT_LINE,	/* mta-config prints it */
	SUPPORT_ITSELF,	/* the MTA does so without a line */
	SUPPORT_MILTER,	/* the milter does it */
	SUPPORT_NEVER	/* not possible here */
};

struct support {
	enum support_kind kind;
	const char *text;	/* LINE: the line in short; else why, as the end of a sentence; without full stop */
};

/* mta: MTA_POSTFIX or MTA_SENDMAIL; value: one that may be written for the key.  Static. */
const struct support *support_of(enum mta mta, enum command_id id, enum command_value value);
const struct support *support_of_outbound(enum mta mta, enum outbound_id id, unsigned value);

#endif
