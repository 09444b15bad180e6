/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of an explanation for people: for explain_*.c alone. */
#ifndef APP_EXPLAIN_PARTS_H
#define APP_EXPLAIN_PARTS_H

#include "app/explain.h"

/* How wide the name of a check or rule is ("ehlo_matches_client"), and in which column begins what belongs to it. */
#define EXPLAIN_NAME 19
#define EXPLAIN_BELOW (EXPLAIN_NAME + 3)

/* The value of a fact that is not unknown. */
void explain_add_fact(struct buf *out, const struct fact *fact, const struct context *context);

/* Lines below a check or rule. */
void explain_add_action(struct buf *out, const struct explanation *e, enum action action, const struct rollout *own);
void explain_add_reply(struct buf *out, const char *line);
void explain_add_questions(struct buf *out, const struct explanation *e, const struct wanted *wanted);
/* "asked PTR 9.113.0.203.in-addr.arpa: NOERROR mail.example.org.", with its line end. */
void explain_question(const struct dns_item *item, struct buf *out);

/* explain_rule.c: the rule of that index in the listener */
void explain_add_rule(struct buf *out, const struct explanation *e, size_t index);

/*
 * explain_exemption.c: the narrowest one that would let the session pass, or if it does because of its modes,
 * would let it pass in mode enforce
 */
void explain_add_exemption(struct buf *out, const struct explanation *e);

#endif
