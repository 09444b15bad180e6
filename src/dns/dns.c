/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources of answers: made, and given up. */
#include "dns/dns.h"

#include "base/clock.h"
#include "base/file.h"
#include "dns/cares.h"
#include "dns/source.h"

#include <stdlib.h>

#define TAPE_BYTES_MAX ((size_t)1 << 30)

void dns_deliver(struct dns *dns, const char *name, enum dns_type type, const struct dns_answer *answer)
{
	int64_t now_us = clock_monotonic_us();

	inbox_deliver(cache_put(dns->cache, name, type, answer, now_us), answer, now_us);
}

/* What comes late has been counted as what it was in time. */
static void on_answer(void *context, const struct question *question, const struct dns_answer *answer)
{
	const struct dns *dns = context;

	if (dns->watch && !question->ended)
		dns->watch->answered(question->type, answer->status, clock_monotonic_us() - question->asked_us);
	dns_deliver(context, question->name, question->type, answer);
}

struct dns *dns_live_new(const struct dns_settings *settings, const char **error_r)
{
	struct servers servers;
	struct dns *dns;

	if (settings->timeout_ms < 1) {
		*error_r = "DNS has no time to answer; expected a timeout of at least 1ms";
		return NULL;
	}
	if (!servers_load(settings->servers, settings->server_count, &servers, error_r))
		return NULL;
	*error_r = "out of memory";
	dns = calloc(1, sizeof *dns);
	if (!dns)
		return NULL;
	dns->watch = settings->watch;
	dns->cache = cache_new(settings->cache_entries);
	if (dns->cache && settings->keep)
		cache_keep(dns->cache);
	if (dns->cache)
		dns->asker = asker_new(&servers, settings->timeout_ms, on_answer, dns, error_r);
	if (!dns->asker)
		dns_free(&dns);
	return dns;
}

struct dns *dns_tape_new_text(const char *path, const char *text, size_t length, struct diag *diag)
{
	struct tape *tape = tape_new(path, text, length, diag);
	struct dns *dns = tape ? calloc(1, sizeof *dns) : NULL;

	if (dns) {
		dns->tape = tape;
		return dns;
	}
	if (tape)
		diag_no_memory(diag, diag_file(diag, path));
	tape_free(&tape);
	return NULL;
}

struct dns *dns_tape_new(const char *path, struct diag *diag)
{
	struct dns *dns;
	const char *error;
	size_t length;
	char *text;

	if (!file_read(path, TAPE_BYTES_MAX, &text, &length, &error)) {
		if (error == file_no_memory)
			diag_no_memory(diag, diag_file(diag, path));
		else
			diag_error(diag, (struct place){ .file = diag_file(diag, path) }, "%s", error);
		return NULL;
	}
	dns = dns_tape_new_text(path, text, length, diag);
	free(text);
	return dns;
}

void dns_free(struct dns **dns)
{
	if (!*dns)
		return;
	asker_free(&(*dns)->asker);
	cache_free(&(*dns)->cache);
	tape_free(&(*dns)->tape);
	free(*dns);
	*dns = NULL;
}

void dns_tape_over(struct dns *tape, struct dns *below)
{
	tape->below = below;
}

bool dns_is_down(const struct dns *dns)
{
	if (dns->below)
		return dns_is_down(dns->below);
	return dns->asker && asker_is_down(dns->asker);
}

size_t dns_cache_count(const struct dns *dns, size_t *bytes_r)
{
	*bytes_r = 0;
	return dns->cache ? cache_count(dns->cache, bytes_r) : 0;
}

const char *dns_library_version(void)
{
	return cares_version();
}
