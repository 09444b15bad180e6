/* SPDX-License-Identifier: BSD-2-Clause */
/* Which listeners, checks and rules of a policy the cases of a test made use of. */
#ifndef APP_COVERAGE_H
#define APP_COVERAGE_H

#include "app/engine.h"
#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>

/* Of one listener. */
struct listener_coverage {
	bool used;			/* it judged a case */
	bool checks[CHECK_COUNT];	/* had one of their results, not just pass or none */
	bool *rules;			/* were true */
};

struct coverage {
	const struct policy *policy;
	struct listener_coverage *listeners;
};

/* Memory from the arena; false when it is out. */
bool coverage_init(struct coverage *coverage, const struct policy *policy, struct arena *arena);

void coverage_add(struct coverage *coverage, const struct judgement *judgement);

/* What was not used, line by line; nothing where all was. */
void coverage_text(const struct coverage *coverage, struct buf *out);

/* "not_exercised":{"listeners":[NAME],"checks":[{"listener","check"}],"rules":[{"listener","rule"}]} */
void coverage_json(const struct coverage *coverage, struct json *json);

#endif
