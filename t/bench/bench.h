/* SPDX-License-Identifier: BSD-2-Clause */
/* What the measuring programs share: figures, and the policy. */
#ifndef BENCH_H
#define BENCH_H

#include "base/buf.h"
#include "base/clock.h"
#include "conf/load.h"
#include "timing.h"

/* NULL after a message. */
static inline struct policy *load(const char *path)
{
	struct diag diag;
	struct buf out;
	struct policy *policy;

	diag_init(&diag);
	buf_init(&out);
	policy = policy_load(path, &diag);
	diag_print(&diag, &out);
	fputs(out.text, stderr);
	buf_clear(&out);
	diag_clear(&diag);
	return policy;
}

#endif
