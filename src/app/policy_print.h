/* SPDX-License-Identifier: BSD-2-Clause */
/* The effective policy as text: what was written, and what the profiles added. */
#ifndef APP_POLICY_PRINT_H
#define APP_POLICY_PRINT_H

#include "base/buf.h"
#include "core/policy.h"

/*
 * YAML that reads like a policy file.  What a file cannot say stands behind '#': the size of lists, and a
 * tag that comes from a profile.
 */
void policy_print(const struct policy *policy, struct buf *out);

#endif
