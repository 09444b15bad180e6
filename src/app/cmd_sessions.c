/* SPDX-License-Identifier: BSD-2-Clause */
/* sessions: logs to session records, as JSON lines. */
#include "app/log_options.h"
#include "base/buf.h"
#include "logs/record_json.h"
#include "logs/stats_json.h"

#include <getopt.h>
#include <string.h>

#define PENDING_BYTES (256 << 10)	/* output is written in pieces of about this size */

struct options {
	struct log_reading reading;
	bool help;
};

/* What is written while the logs are read. */
struct printing {
	struct buf out;
	int status;
};

static int parse_options(int argc, char **argv, struct options *options_r)
{
	static const struct option names[] = {
		LOG_OPTION_ROWS,
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, status = EXIT_FINE;

	*options_r = (struct options){ .help = false };
	opterr = 0;
	while (status == EXIT_FINE && (option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
		switch (option) {
		case 'j': break;
		case 'h': options_r->help = true; return EXIT_FINE;
		case ':': return command_usage(&command_sessions, "option '%s' needs a value", argv[optind - 1]);
		case '?': return command_usage(&command_sessions, "unknown option '%s'", argv[optind - 1]);
		default: status = log_option_take(&command_sessions, option, optarg, &options_r->reading);
		}
	}
	return status == EXIT_FINE ? log_options_check(&command_sessions, &options_r->reading, argc - optind) : status;
}

static bool print_pending(struct printing *printing)
{
	printing->status = printing->out.failed ? EXIT_SYSTEM : command_print(printing->out.text, printing->out.length);
	printing->out.length = 0;
	return printing->status == EXIT_FINE;
}

static bool take(void *context, const struct record *record)
{
	struct printing *printing = context;

	record_write(record, &printing->out);
	return (printing->out.length < PENDING_BYTES && !printing->out.failed) || print_pending(printing);
}

static int run(int argc, char **argv)
{
	struct printing printing = { .status = EXIT_FINE };
	struct options options;
	int status = parse_options(argc, argv, &options);

	if (status != EXIT_FINE)
		return status;
	if (options.help)
		return command_manual(&command_sessions);
	buf_init(&printing.out);
	status = log_reading_run(&command_sessions, &options.reading, argv + optind, (size_t)(argc - optind), take,
				 &printing);
	if (printing.status == EXIT_FINE && status == EXIT_FINE)
		logs_stats_write(&options.reading.stats, &printing.out);
	if (printing.status == EXIT_FINE)
		(void)print_pending(&printing);
	buf_clear(&printing.out);
	return printing.status != EXIT_FINE ? printing.status : status;
}

const struct command command_sessions = {
	.name = "sessions",
	.synopsis = "[--format F] [--bare] [--year Y] [--tz ZONE] [--missed FILE] [--quiet] LOG...",
	.summary = "logs to session records, as JSON lines",
	.manual =
		"Rebuilds SMTP sessions from logs and prints one JSON object for each, as ehlo-milter-replay(1) describes\n"
		"it. What a log does not tell is absent, and listed under \"missing\": nothing is guessed. What was read is\n"
		"summed up on standard error, with samples of the lines that were not understood, and in a last line for\n"
		"the stages behind it: {\"schema\":\"ehlo-milter.log_lines/1\",\"log_lines\":{...}}.\n"
		"\n"
		"  LOG            a file, plain or .gz, .zst, .xz (told by its content), or - for standard input;\n"
		"                 several are read in the order of their first stamps\n"
		"  --format F     postfix, sendmail, session, suricata, zeek, swaks, sendmail-x; found out when not given\n"
		"  --bare         lines without stamp and host (needs --format)\n"
		"  --year Y       the year of the first stamp in each LOG, where stamps have none; else it is taken\n"
		"                 from the time of the file\n"
		"  --tz ZONE      the zone of stamps that have none: UTC (default), local, +01:00\n"
		"  --missed FILE  write every line that was not understood to FILE\n"
		"  --quiet        no summary\n"
		"\n"
		"Exit status 0; 65 when nothing could be read.\n"
		"\n"
		"Examples:\n"
		"  ehlo-milter sessions /var/log/mail.log*\n"
		"  journalctl -o json -t postfix/smtpd | ehlo-milter sessions -\n",
	.run = run,
};
