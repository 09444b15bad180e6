/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of decide(): the work of one decision. */
#ifndef CORE_DECIDE_WORK_H
#define CORE_DECIDE_WORK_H

#include "core/decide.h"

#include <stdbool.h>

struct decide_work {
	const struct policy *policy;
	const struct choice *choice;
	const struct listener *listener;
	struct context context;
	enum tri checks_exempt[CHECK_COUNT];
	bool exempt_unknown;	/* of some exemption it is not known whether it applies */
	bool always_delivered;	/* the recipient at hand is refused by nothing */
	struct decision *decision;
};

/* Does what a check or rule with this rollout finds count in this session, or is it only observed? */
bool decide_enforces(const struct decide_work *w, const struct rollout *own);

/* A reply that names the client takes DNS too.  template NULL: there is no reply. */
bool decide_reply_needs_dns(const struct decide_work *w, const char *template);

/*
 * After the exemptions and the checks that take no DNS: does one of these, or a rule that takes none, reject in any case,
 * so that DNS need not be asked?
 */
bool decide_without_dns(const struct decide_work *w);

#endif
