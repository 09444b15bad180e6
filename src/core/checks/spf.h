/* SPDX-License-Identifier: BSD-2-Clause */
/* What spf_helo and spf_mail_from have in common: when there is nothing to test, and their setting. */
#ifndef CORE_CHECKS_SPF_H
#define CORE_CHECKS_SPF_H

#include "core/check.h"
#include "core/checks/table.h"

/* The parameter header, and its words. */
enum { SPF_HEADER };
enum { SPF_IN_AUTH_RESULTS, SPF_IN_RECEIVED_SPF };
extern const struct parameter spf_parameters[1];

/* None of the two identities can be tested: true with the finding that says why. */
bool spf_has_no_client(const struct context *context, struct finding *finding_r);

/* The identity postmaster@NAME of the greeting (RFC 7208 2.3, 2.4). */
struct finding spf_eval_greeting(const struct context *context, enum identity identity);

#endif
