/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens the source of answers that an option names. */
#include "app/dns_source.h"

#include "app/engine.h"
#include "base/digest.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAPE_PREFIX "tape:"
#define TAPE_BYTES_MAX ((size_t)1 << 30)

static bool is_tape(const char *source)
{
	return strncmp(source, TAPE_PREFIX, strlen(TAPE_PREFIX)) == 0;
}

int dns_source_take(const struct command *command, const char *value, void *at)
{
	if (strcmp(value, "none") != 0 && strcmp(value, "live") != 0 &&
	    !(is_tape(value) && value[strlen(TAPE_PREFIX)] != '\0'))
		return command_usage(command, "unknown source of DNS '%s'; expected live, none or tape:FILE", value);
	*(const char **)at = value;
	return EXIT_FINE;
}

static int open_live(const struct policy *policy, bool keep, struct dns **dns_r)
{
	struct dns_settings settings = engine_dns_settings(policy);
	const char *error = "";

	settings.keep = keep;
	*dns_r = dns_live_new(&settings, &error);
	if (*dns_r)
		return EXIT_FINE;
	(void)fprintf(stderr, "ehlo-milter: cannot ask DNS: %s\n", error);
	return EXIT_DNS;
}

static int open_tape(const char *path, struct dns **dns_r, char digest_r[DIGEST_TEXT_BYTES])
{
	struct diag diag;
	const char *error;
	size_t length;
	char *text;
	int status;

	diag_init(&diag);
	if (file_read(path, TAPE_BYTES_MAX, &text, &length, &error)) {
		digest_sha256(text, length, digest_r);
		*dns_r = dns_tape_new_text(path, text, length, &diag);
		free(text);
	} else {
		diag_error(&diag, (struct place){ .file = diag_file(&diag, path) }, "%s", error);
		diag.no_memory = error == file_no_memory;
	}
	status = *dns_r ? EXIT_FINE : diag_out_of_memory(&diag) ? EXIT_SYSTEM : EXIT_INPUT;
	command_print_diag(&diag);
	diag_clear(&diag);
	return status;
}

static int open_source(const struct policy *policy, const char *source, bool keep, struct dns **dns_r,
		       char name_r[DNS_SOURCE_NAME_BYTES])
{
	char digest[DIGEST_TEXT_BYTES] = "";
	int status;

	*dns_r = NULL;
	(void)snprintf(name_r, DNS_SOURCE_NAME_BYTES, "%s", is_tape(source) ? "tape" : source);
	if (strcmp(source, "none") == 0)
		return EXIT_FINE;
	if (!is_tape(source))
		return open_live(policy, keep, dns_r);
	status = open_tape(source + strlen(TAPE_PREFIX), dns_r, digest);
	(void)snprintf(name_r, DNS_SOURCE_NAME_BYTES, "tape %s", digest);
	return status;
}

int dns_source_open(const struct policy *policy, const char *source, struct dns **dns_r)
{
	char name[DNS_SOURCE_NAME_BYTES];

	return open_source(policy, source, false, dns_r, name);
}

int dns_source_open_for_many(const struct policy *policy, const char *source, struct dns **dns_r,
			     char name_r[DNS_SOURCE_NAME_BYTES])
{
	return open_source(policy, source, true, dns_r, name_r);
}
