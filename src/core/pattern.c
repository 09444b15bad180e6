/* SPDX-License-Identifier: BSD-2-Clause */
/* PCRE2 behind limits: a pattern that would run for ever is unknown, not a stall. */
#include "core/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdalign.h>
#include <stdint.h>
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

struct pattern *pattern_new(const char *text, struct pattern_error *error_r)
{
	struct pattern *pattern = calloc(1, sizeof *pattern);
	int error = PCRE2_ERROR_NOMEMORY;

	error_r->offset = 0;
	if (pattern) {
		pattern->limits = limits_new();
		pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_CASELESS,
					      &error, &error_r->offset, NULL);
	}
	if (pattern && pattern->limits && pattern->code) {
		/* Without just-in-time code (a sandbox may forbid it) the interpreter serves. */
		(void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
		return pattern;
	}
	if (!pattern || !pattern->limits)
		error = PCRE2_ERROR_NOMEMORY;
	pcre2_get_error_message(error, (PCRE2_UCHAR *)error_r->text, sizeof error_r->text);
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

/* --- the memory of one match, on the stack of whoever asks --- */

/*
 * The interpreter's first frames are 20,480 bytes (START_FRAMES_SIZE); what it wants beyond them comes from the
 * heap.
 */
#define MATCH_BYTES 24576

struct match_space {
	size_t used;
	alignas(max_align_t) char bytes[MATCH_BYTES];
};

static void *take(PCRE2_SIZE size, void *data)
{
	struct match_space *space = data;
	size_t rounded = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	void *taken = space->bytes + space->used;

	if (rounded < size || rounded > sizeof space->bytes - space->used)
		return malloc(size);
	space->used += rounded;
	return taken;
}

static void give_back(void *taken, void *data)
{
	struct match_space *space = data;
	const char *bytes = taken;

	if (bytes < space->bytes || bytes >= space->bytes + sizeof space->bytes)
		free(taken);
}

enum tri pattern_match(const struct pattern *pattern, const char *subject, size_t length)
{
	struct match_space space;
	pcre2_general_context *memory;
	pcre2_match_data *match;
	int found;

	space.used = 0;
	memory = pcre2_general_context_create(take, give_back, &space);
	match = memory ? pcre2_match_data_create(1, memory) : NULL;
	if (!match)
		return TRI_UNKNOWN;
	found = pcre2_match(pattern->code, (PCRE2_SPTR)subject, length, 0, 0, match, pattern->limits);
	pcre2_match_data_free(match);
	pcre2_general_context_free(memory);
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
