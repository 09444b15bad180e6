/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of sendmail.mc that make Sendmail do what the policy says. */
#ifndef MTA_SENDMAIL_CONFIG_H
#define MTA_SENDMAIL_CONFIG_H

#include "base/diag.h"
#include "core/policy.h"
#include "mta/lines.h"
#include "mta/sendmail_current.h"

struct sendmail_plan {
	struct config_lines macros;	/* m4, in front of the MAILER lines */
	struct config_lines config;	/* lines of sendmail.cf itself */
	struct config_lines rules;	/* rulesets; a line without origin belongs to the one before it */
	struct config_lines notes;	/* what cannot be had, and what to know */
};

/*
 * What cannot be done at all is a warning and a note, what cannot be merged an error in diag, with its reason:
 * then false.  False also when memory is out.  All texts lie in arena.
 */
bool sendmail_config_make(const struct policy *policy, const struct sendmail_current *current, struct arena *arena,
			  struct diag *diag, struct sendmail_plan *plan_r);

void sendmail_config_snippet(const struct sendmail_plan *plan, const struct policy *policy, struct buf *out);
void sendmail_config_json(const struct sendmail_plan *plan, const struct policy *policy, struct buf *out);

#endif
