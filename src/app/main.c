/* SPDX-License-Identifier: BSD-2-Clause */
/* ehlo-milter: the table of sub-commands, and the only place that ends the process. */
#include "app/command.h"
#include "app/milter.h"
#include "base/buf.h"
#include "base/idn.h"
#include "conf/load.h"
#include "core/pattern.h"
#include "dns/dns.h"
#include "spf/spf.h"

#include <stdio.h>
#include <string.h>

const struct command *const commands[] = {
	&command_run,
	&command_check,
	&command_explain,
	&command_test,
	&command_lookup,
	&command_mta_config,
	&command_audit,
	&command_replay,
	&command_sessions,
	&command_evaluate,
	&command_report,
	&command_tape,
	&command_import,
	&command_reload,
	&command_status,
	&command_help,
	NULL
};

static int print_version(void)
{
	char milter[32], pcre2[32];
	struct buf out;
	int status;

	buf_init(&out);
	buf_addf(&out, "ehlo-milter %s\n", PACKAGE_VERSION);
	buf_addf(&out, "libmilter %s\n", milter_library_version(milter));
	buf_addf(&out, "libyaml %s\n", yaml_library_version());
	buf_addf(&out, "PCRE2 %s\n", pattern_library_version(pcre2));
	buf_addf(&out, "libidn2 %s\n", idn_library_version());
	buf_addf(&out, "c-ares %s\n", dns_library_version());
	buf_addf(&out, "%s\n", spf_library_version());
	status = command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

static int unknown_command(const char *word)
{
	const char *names[32];
	const char *near;
	struct buf out;
	size_t count = 0;

	buf_init(&out);
	buf_add(&out, "ehlo-milter: ");
	for (size_t i = 0; commands[i]; i++)
		names[count++] = commands[i]->name;
	near = diag_nearest(word, names, count);
	buf_add(&out, "unknown command '");
	buf_add_escaped(&out, word, "", 0);
	if (near)
		buf_addf(&out, "'; did you mean '%s'?\n", near);
	else
		buf_add(&out, "'; see 'ehlo-milter help'\n");
	(void)fputs(out.text, stderr);
	buf_clear(&out);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (strcmp(word, "--version") == 0)
		return print_version();
	if (strcmp(word, "") == 0) {
		(void)fputs("ehlo-milter: no command; see 'ehlo-milter help'\n", stderr);
		return EXIT_USAGE;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		word = "help";
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(word, commands[i]->name) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	if (strcmp(word, command_worker.name) == 0)
		return command_worker.run(argc - 1, argv + 1);
	return unknown_command(word);
}
