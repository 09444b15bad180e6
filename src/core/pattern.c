/* SPDX-License-Identifier: BSD-2-Clause */
/* PCRE2 behind limits: a pattern that would run for ever is unknown, not a stall. */
#include "core/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

/* A name of 255 octets against a sane pattern stays far below; (a+)+$ does not. */
#define MATCH_LIMIT 20000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT_KIB 256

struct pattern {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static pcre2_match_context *limits_new(void)
{
	pcre2_match_context *limits = pcre2_match_context_create(NULL);

	if (!limits)
		return NULL;
	pcre2_set_match_limit(limits, MATCH_LIMIT);
	pcre2_set_depth_limit(limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
	return limits;
}

struct pattern *pattern_new(const char *text, char *error_r, size_t error_bytes, size_t *offset_r)
{
	struct pattern *pattern = calloc(1, sizeof *pattern);
	int error = PCRE2_ERROR_NOMEMORY;

	*offset_r = 0;
	if (pattern) {
		pattern->limits = limits_new();
		pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_CASELESS,
					      &error, offset_r, NULL);
	}
	if (pattern && pattern->limits && pattern->code) {
		/* Without just-in-time code (a sandbox may forbid it) the interpreter serves. */
		(void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
		return pattern;
	}
	pcre2_get_error_message(error, (PCRE2_UCHAR *)error_r, error_bytes);
	pattern_free(&pattern);
	return NULL;
}

void pattern_free(struct pattern **pattern)
{
	if (!*pattern)
		return;
	pcre2_code_free((*pattern)->code);
	pcre2_match_context_free((*pattern)->limits);
	free(*pattern);
	*pattern = NULL;
}

enum tri pattern_match(const struct pattern *pattern, const char *subject)
{
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	int found;

	if (!match)
		return TRI_UNKNOWN;
	found = pcre2_match(pattern->code, (PCRE2_SPTR)subject, PCRE2_ZERO_TERMINATED, 0, 0, match,
			    pattern->limits);
	pcre2_match_data_free(match);
	if (found >= 0)
		return TRI_YES;
	return found == PCRE2_ERROR_NOMATCH ? TRI_NO : TRI_UNKNOWN;
}

const char *pattern_library_version(char version_r[32])
{
	if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) > 32)
		return "unknown";
	pcre2_config(PCRE2_CONFIG_VERSION, version_r);
	return version_r;
}
