/* SPDX-License-Identifier: BSD-2-Clause */
/* The domain-spec of SPF terms: its grammar, before its macros are expanded. */
#ifndef SPF_SPF_DOMAIN_SPEC_H
#define SPF_SPF_DOMAIN_SPEC_H

#include "base/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* domain-spec of RFC 7208 7.1; points into the record. */
struct spf_domain_spec {
	const char *text;
	size_t length;		/* 0: there is none */
	bool has_macros;	/* any '%' */
	bool has_client_name;	/* %{p}, which asks DNS */
};

/* NULL: text is a domain-spec, whole.  Else what is wrong with it. */
const struct reason *spf_domain_spec_parse(const char *text, size_t length, struct spf_domain_spec *spec_r);

/*
 * NULL: text is a macro-string, whole.  For what is not used: %{c}, %{r} and %{t}, which only explanations may have,
 * are let through.
 */
const struct reason *spf_macro_string_check(const char *text, size_t length);

#endif
