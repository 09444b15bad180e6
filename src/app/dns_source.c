/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens the source of answers that an option names. */
#include "app/dns_source.h"

#include "app/command.h"
#include "app/engine.h"

#include <stdio.h>
#include <string.h>

#define TAPE_PREFIX "tape:"

static bool is_tape(const char *source)
{
	return strncmp(source, TAPE_PREFIX, strlen(TAPE_PREFIX)) == 0;
}

bool dns_source_is_valid(const char *source)
{
	return strcmp(source, "none") == 0 || strcmp(source, "live") == 0 ||
	       (is_tape(source) && source[strlen(TAPE_PREFIX)] != '\0');
}

static int open_live(const struct policy *policy, struct dns **dns_r)
{
	struct dns_settings settings = engine_dns_settings(policy);
	const char *error = "";

	*dns_r = dns_live_new(&settings, &error);
	if (*dns_r)
		return EXIT_FINE;
	(void)fprintf(stderr, "ehlo-milter: cannot ask DNS: %s\n", error);
	return EXIT_DNS;
}

static int open_tape(const char *path, struct dns **dns_r)
{
	struct diag diag;

	diag_init(&diag);
	*dns_r = dns_tape_new(path, &diag);
	command_print_diag(&diag);
	diag_clear(&diag);
	return *dns_r ? EXIT_FINE : EXIT_INPUT;
}

int dns_source_open(const struct policy *policy, const char *source, struct dns **dns_r)
{
	*dns_r = NULL;
	if (strcmp(source, "none") == 0)
		return EXIT_FINE;
	return is_tape(source) ? open_tape(source + strlen(TAPE_PREFIX), dns_r) : open_live(policy, dns_r);
}
