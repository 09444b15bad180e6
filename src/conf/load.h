/* SPDX-License-Identifier: BSD-2-Clause */
/* A policy file to a policy, with every error at its place in one run. */
#ifndef CONF_LOAD_H
#define CONF_LOAD_H

#include "base/diag.h"
#include "core/policy.h"

#define POLICY_DEFAULT_PATH "/etc/ehlo-milter/policy.yaml"
#define POLICY_BUILT_IN_NAME "(built-in)"	/* the path of the policy that is no file */

/*
 * path NULL: POLICY_DEFAULT_PATH if it is there, else the built-in policy.  Errors and warnings go to diag; NULL when
 * there was an error (diag->error_count > 0) or memory is out.  The caller frees by policy_free().
 */
struct policy *policy_load(const char *path, struct diag *diag);

/* As policy_load() for text in memory; path is its name in messages and the base of relative files. */
struct policy *policy_load_text(const char *path, const char *text, size_t length, struct diag *diag);

/* As policy_load_text() on the day today (days since 1970-01-01 UTC): some warnings depend on it. */
struct policy *policy_load_text_on(int32_t today, const char *path, const char *text, size_t length,
				   struct diag *diag);

/* The YAML of the built-in policy. */
extern const char policy_built_in[];

const char *yaml_library_version(void);

#endif
