/* SPDX-License-Identifier: BSD-2-Clause */
/* What Sendmail is configured to do now, from its sendmail.cf: all that m4 made of the .mc file stands there. */
#ifndef MTA_SENDMAIL_CURRENT_H
#define MTA_SENDMAIL_CURRENT_H

#include "base/arena.h"
#include "base/diag.h"
#include "core/session.h"

#include <stdbool.h>
#include <stddef.h>

/* A line of DaemonPortOptions. */
struct sendmail_daemon {
	const char *name;		/* Name=; NULL: none given */
	struct number port;		/* unknown: another name than smtp, submission and their like */
	const char *filters;		/* InputMailFilters=; NULL: those of all */
	const char *modifiers;		/* M=; NULL: none */
	struct sendmail_daemon *next;
};

/* Rulesets that mta-config needs for itself. */
enum sendmail_ruleset {
	RULESET_CHECK_VRFY,
	RULESET_CHECK_EXPN,
	RULESET_CHECK_ETRN,
	RULESET_CHECK_MAIL,	/* Local_check_mail */
	RULESET_SRV_FEATURES,	/* Local_srv_features */
	RULESET_COUNT
};

extern const char *const sendmail_rulesets[RULESET_COUNT];

struct sendmail_current {
	bool given;			/* from the administrator; else all below is empty */
	const char *privacy;		/* PrivacyOptions, without the effect of our own lines; NULL: not set */
	const char *filters;		/* InputMailFilters; NULL: none */
	struct sendmail_daemon *daemons;
	bool taken[RULESET_COUNT];	/* it has rules that are not ours */
};

/* What our own rules stand between, as comments that m4 passes on, and what they took novrfy or goaway from. */
#define SENDMAIL_BEGIN "# ehlo-milter: begin"
#define SENDMAIL_END "# ehlo-milter: end"
#define SENDMAIL_PRIVACY "# ehlo-milter: PrivacyOptions were "

/* text: a sendmail.cf.  False with an error when it is none, and when memory is out. */
bool sendmail_current_parse(const char *text, const char *file, struct arena *arena, struct diag *diag,
			    struct sendmail_current *current_r);

/* The items of a list separated by commas and blanks: the next one from *rest, which moves on; NULL at the end. */
const char *sendmail_next_item(const char **rest, struct arena *arena);

#endif
