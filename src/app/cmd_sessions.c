/* SPDX-License-Identifier: BSD-2-Clause */
/* sessions: logs to session records, as JSON lines. */
#include "app/command.h"
#include "base/buf.h"
#include "logs/logs.h"
#include "logs/record_json.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define PENDING_BYTES (256 << 10)	/* output is written in pieces of about this size */

struct options {
	struct logs_options logs;
	const char *missed_path;
	bool quiet;
	bool help;
};

/* What is written while the logs are read. */
struct printing {
	struct buf out;
	int status;
};

static int take_year(const char *text, int *year_r)
{
	char *end;
	long year = strtol(text, &end, 10);

	if (*end != '\0' || year < 1970 || year > 9999)
		return command_usage(&command_sessions, "--year: expected a year like 2026");
	*year_r = (int)year;
	return EXIT_FINE;
}

static int take_format(const char *name, const char **format_r)
{
	const char *names[32];
	const char *near;
	size_t count = 0;

	for (; logs_format_name(count); count++) {
		names[count] = logs_format_name(count);
		if (strcmp(name, names[count]) == 0) {
			*format_r = names[count];
			return EXIT_FINE;
		}
	}
	near = diag_nearest(name, names, count);
	if (near)
		return command_usage(&command_sessions, "unknown format '%s'; did you mean '%s'?", name, near);
	return command_usage(&command_sessions, "unknown format '%s'", name);
}

static int parse_options(int argc, char **argv, struct options *options_r)
{
	static const struct option names[] = {
		{ "format", required_argument, NULL, 'f' }, { "bare", no_argument, NULL, 'b' },
		{ "year", required_argument, NULL, 'y' },   { "tz", required_argument, NULL, 't' },
		{ "missed", required_argument, NULL, 'm' }, { "quiet", no_argument, NULL, 'q' },
		{ "json", no_argument, NULL, 'j' },	    { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, status = EXIT_FINE;

	*options_r = (struct options){ .help = false };
	opterr = 0;
	while (status == EXIT_FINE && (option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
		switch (option) {
		case 'f': status = take_format(optarg, &options_r->logs.format); break;
		case 'b': options_r->logs.bare = true; break;
		case 'y': status = take_year(optarg, &options_r->logs.year); break;
		case 't':
			if (!zone_parse(optarg, &options_r->logs.zone))
				return command_usage(&command_sessions, "--tz: expected UTC, local, or an offset like +01:00");
			break;
		case 'm': options_r->missed_path = optarg; break;
		case 'q': options_r->quiet = true; break;
		case 'j': break;
		case 'h': options_r->help = true; return EXIT_FINE;
		case ':': return command_usage(&command_sessions, "option '%s' needs a value", argv[optind - 1]);
		default: return command_usage(&command_sessions, "unknown option '%s'", argv[optind - 1]);
		}
	}
	if (status == EXIT_FINE && argc == optind)
		return command_usage(&command_sessions, "expected a LOG, or - for standard input");
	if (status == EXIT_FINE && options_r->logs.bare && !options_r->logs.format)
		return command_usage(&command_sessions, "--bare needs --format");
	return status;
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

static void add_samples(struct buf *out, const struct logs_stats *stats)
{
	for (unsigned i = 0; i < stats->sample_count; i++) {
		buf_add(out, "  missed: ");
		buf_add_escaped(out, stats->samples[i].text, "", LOGS_SAMPLE_BYTES);
		buf_add_char(out, '\n');
	}
}

static void add_count(struct buf *out, const char *label, uint64_t count)
{
	if (count > 0)
		buf_addf(out, ", %llu %s", (unsigned long long)count, label);
}

/* What was read, and what was not, in one or a few lines on standard error. */
static void report(const struct logs_stats *stats, bool quiet)
{
	struct buf out;

	if (quiet)
		return;
	buf_init(&out);
	buf_addf(&out, "sessions: %llu", (unsigned long long)stats->sessions);
	add_count(&out, "incomplete", stats->incomplete);
	add_count(&out, "given up before their end", stats->given_up);
	buf_addf(&out, "\nlines: %llu, %llu understood", (unsigned long long)stats->lines,
		 (unsigned long long)stats->understood);
	add_count(&out, "without facts of a session", stats->other);
	add_count(&out, "of sessions that began before the log", stats->orphans);
	add_count(&out, "repeated", stats->repeated);
	add_count(&out, "of other programs", stats->foreign);
	add_count(&out, "cut, being too long", stats->cut);
	buf_addf(&out, ", %llu missed\n", (unsigned long long)stats->missed);
	add_samples(&out, stats);
	if (stats->year_guessed)
		buf_add(&out, "stamps without year: dated by the time of their file; --year sets it\n");
	(void)fputs(out.text, stderr);
	buf_clear(&out);
}

static int read_logs(struct logs *logs, char **paths, size_t count, struct printing *printing, bool quiet)
{
	const struct logs_stats *stats = logs_stats(logs);
	struct diag diag;
	struct buf out;
	bool done;

	diag_init(&diag);
	done = logs_read(logs, (const char *const *)paths, count, &diag) && logs_finish(logs);
	if (printing->status == EXIT_FINE)
		(void)print_pending(printing);
	buf_init(&out);
	diag_print(&diag, &out);
	(void)fputs(out.text, stderr);
	buf_clear(&out);
	diag_clear(&diag);
	report(stats, quiet);
	if (printing->status != EXIT_FINE)
		return printing->status;
	if (!done) {
		(void)fputs("ehlo-milter sessions: out of memory\n", stderr);
		return EXIT_SYSTEM;
	}
	return stats->inputs_unread == stats->inputs ? EXIT_INPUT : EXIT_FINE;
}

static int run_with(struct options *options, char **paths, size_t count)
{
	struct printing printing = { .status = EXIT_FINE };
	const char *error;
	struct logs *logs;
	int status;

	buf_init(&printing.out);
	logs = logs_new(&options->logs, take, &printing, &error);
	if (!logs) {
		(void)fprintf(stderr, "ehlo-milter sessions: %s\n", error);
		return EXIT_SYSTEM;
	}
	status = read_logs(logs, paths, count, &printing, options->quiet);
	logs_free(&logs);
	buf_clear(&printing.out);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options;
	int status = parse_options(argc, argv, &options);

	if (status != EXIT_FINE)
		return status;
	if (options.help)
		return command_manual(&command_sessions);
	if (options.missed_path) {
		options.logs.missed = fopen(options.missed_path, "we");
		if (!options.logs.missed) {
			(void)fprintf(stderr, "ehlo-milter sessions: cannot write '%s': %s\n", options.missed_path,
				      strerrordesc_np(errno));
			return EXIT_OUTPUT;
		}
	}
	status = run_with(&options, argv + optind, (size_t)(argc - optind));
	if (options.logs.missed && fclose(options.logs.missed) != 0 && status == EXIT_FINE) {
		(void)fprintf(stderr, "ehlo-milter sessions: cannot write '%s': %s\n", options.missed_path,
			      strerrordesc_np(errno));
		status = EXIT_OUTPUT;
	}
	return status;
}

const struct command command_sessions = {
	.name = "sessions",
	.synopsis = "[--format F] [--bare] [--year Y] [--tz ZONE] [--missed FILE] [--quiet] LOG...",
	.summary = "logs to session records, as JSON lines",
	.manual =
		"Rebuilds SMTP sessions from logs and prints one JSON object for each, as ehlo-milter-replay(1) describes\n"
		"it. What a log does not tell is absent, and listed under \"missing\": nothing is guessed. What was read is\n"
		"summed up on standard error, with samples of the lines that were not understood.\n"
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
