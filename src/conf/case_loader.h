/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that load cases share. */
#ifndef CONF_CASE_LOADER_H
#define CONF_CASE_LOADER_H

#include "conf/cases.h"
#include "conf/loader.h"

/* Defaults, then the case, then its row in each: a later layer takes the place of an earlier one. */
#define CASE_LAYERS_MAX 3

/* A case whose layers are being read. */
struct case_draft {
	struct test_case test;
	const struct policy *policy;
	bool has_expected;
	bool asks_dns;
	const struct node *dns[CASE_LAYERS_MAX];
	size_t dns_count;
};

/* case_session.c: the keys that describe a session.  target: a struct case_draft. */
extern const struct key case_session_keys[];
extern const size_t case_session_key_count;
/* What cannot stand side by side in one map. */
void case_session_check(struct loader *loader, const struct node *map);

/* case_expect.c: the key expect */
void load_expect(struct loader *loader, const struct node *node, void *draft);

/* case_tape.c: the key dns, and the tape that a draft's layers make; NULL: DNS is not asked, or memory is out. */
void load_case_dns(struct loader *loader, const struct node *node, void *draft);
const struct case_tape *case_tape_of(struct loader *loader, const struct case_draft *draft, struct cases *cases);
struct place case_piece_place(const struct case_tape *tape, const struct source *source, unsigned line,
			      unsigned column);

/* The name of a listener or rule of the policy; reports another one. */
bool is_listener_of(struct loader *loader, const struct node *node, const struct policy *policy);
bool is_rule_of(struct loader *loader, const struct node *node, const struct policy *policy);

#endif
