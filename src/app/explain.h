/* SPDX-License-Identifier: BSD-2-Clause */
/* The two forms in which a judged session is explained. */
#ifndef APP_EXPLAIN_H
#define APP_EXPLAIN_H

#include "app/engine.h"
#include "base/buf.h"
#include "base/json.h"

struct explanation {
	const struct policy *policy;
	const struct session *session;
	const struct judgement *judgement;
	enum stage stage;	/* at which it was judged */
};

/* The finding's action; ACTION_OFF where the result can have none. */
enum action explain_action(const struct explanation *e, enum check_id id);

/* "550 5.5.4 text": what a check or rule (one is NULL) answers; false unless its action refuses. */
bool explain_reply(const struct explanation *e, const struct check *check, const struct rule *rule,
		   char line_r[REPLY_TEXT_BYTES]);

/* The reply of a verdict; false for an accept. */
bool explain_verdict_reply(const struct explanation *e, const struct verdict *verdict,
			   char line_r[REPLY_TEXT_BYTES]);

/* What DNS said to a question; NULL: it was not asked. */
const struct dns_item *explain_item(const struct explanation *e, const struct wanted_question *question);

/* --- explain_spf.c --- */

/* "example.org: mx: no match; asked MX example.org: NOERROR", for one step; in printable ASCII. */
void explain_spf_step(const struct spf_step *step, struct buf *out);

/* All steps as indented lines, with their look-ups; false, and nothing, when SPF was not evaluated for the check. */
bool explain_spf(const struct explanation *e, const struct check *check, struct buf *out);

/* --- the whole: explain_json.c, explain_text.c --- */

/* Memory that is out shows as out->failed: nothing is left out in silence. */

/* As a value of a document that is being written, under key (NULL: inside an array). */
void explain_json_value(const struct explanation *e, struct json *json, const char *key);
/* As a document of its own. */
void explain_json(const struct explanation *e, struct buf *out);
void explain_text(const struct explanation *e, struct buf *out);

#endif
