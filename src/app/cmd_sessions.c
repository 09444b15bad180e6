/* SPDX-License-Identifier: BSD-2-Clause */
/* sessions: logs to session records, as JSON lines. */
#include "app/log_options.h"
#include "app/replay_setup.h"
#include "base/buf.h"
#include "logs/record_json.h"
#include "logs/stats_json.h"

#include <string.h>

#define PENDING_BYTES (256 << 10)	/* output is written in pieces of about this size */

struct options {
	struct log_command log;
	bool json;
};

/* What is written while the logs are read. */
struct printing {
	struct buf out;
	int status;
};

static bool print_pending(struct printing *printing)
{
	printing->status = printing->out.failed ? command_no_memory(&command_sessions) :
						  command_print(printing->out.text, printing->out.length);
	printing->out.length = 0;
	return printing->status == EXIT_FINE;
}

static bool take(void *context, struct record *record, struct arena *arena)
{
	struct printing *printing = context;

	(void)arena;
	if (replay_interrupted())
		return false;
	record_write(record, &printing->out);
	return (printing->out.length < PENDING_BYTES && !printing->out.failed) || print_pending(printing);
}

static int run(int argc, char **argv)
{
	struct printing printing = { .status = EXIT_FINE };
	struct options options = { .json = true };
	int status;
	char **paths = command_options(&command_sessions, argc, argv, &options, &status);

	if (paths)
		status = log_options_check(&command_sessions, &options.log.reading);
	if (!paths || status != EXIT_FINE)
		return status;
	buf_init(&printing.out);
	replay_interrupt_catch();
	status = log_reading_run(&command_sessions, &options.log.reading, paths, command_argument_count(paths), take,
				 &printing);
	if (replay_interrupted())
		status = EXIT_INTERRUPTED;
	if (printing.status == EXIT_FINE && (status == EXIT_FINE || status == EXIT_INTERRUPTED))
		logs_stats_write(&options.log.reading.stats, &printing.out);
	if (printing.status == EXIT_FINE)
		(void)print_pending(&printing);
	buf_clear(&printing.out);
	return printing.status != EXIT_FINE ? printing.status : status;
}

static const struct command_option own_options[] = {
	{ .name = "json", .help = "changes nothing: the output is JSON", .at = offsetof(struct options, json) },
	{ .name = NULL },
};

const struct command command_sessions = {
	.name = "sessions",
	.summary = "logs to session records, as JSON lines",
	.options = { LOG_OPTIONS, { .rows = own_options } },
	.arguments = "LOG...",
	.argument_min = 1,
	.argument_max = -1,
	.about =
		"Rebuilds SMTP sessions from logs and prints one JSON object for each. What a log does not tell is absent, and "
		"listed under \"missing\": nothing is guessed. What was read is summed up on standard error, with samples of the "
		"lines that were not understood, and in a last line for the stages behind it: "
		"{\"schema\":\"ehlo-milter.log_lines/1\",\"log_lines\":{...}}.\n"
		"\n"
		"A LOG is a file, plain or .gz, .zst, .xz, UTF-16 or UTF-8 (told by its content), or - for standard input: a log of "
		"Postfix or Sendmail in the forms of syslog daemons, of journalctl (every -o but cat, months in other languages too; "
		"short-monotonic and short-delta tell no time), of containers (Docker's JSON, what it sends to syslog or the journal, "
		"docker compose, kubectl) and of log shippers and what they fill (JSON by lines or in an array, as of Fluentd, its output "
		"stdout too, Fluent Bit, Filebeat, Logstash, Vector, NXLog, rsyslog, Elasticsearch, Graylog and GELF, VictoriaLogs, Wazuh, "
		"Datadog, Google Cloud, Azure, Splunk, logcli; answers of Loki, in whatever order; tables with a head, as of Splunk, "
		"Kibana, CloudWatch, Excel; archives of Papertrail; rsyslog's RSYSLOG_DebugFormat), also with what "
		"grep, cat -n, tail -f or a letter puts before the lines, session records, transcripts of swaks or sendmail -X, smtp.log "
		"of Zeek, EVE of Suricata. Several are read in the order of their first stamps; the lines of one must stand in their "
		"order. A plain file that has the newest first is read from its end; tac turns others round.",
	.statuses = "0; 65 nothing could be read; 74 output cannot be written; 130 interrupted",
	.examples =
		"ehlo-milter sessions /var/log/mail.log*\n"
		"journalctl -o json -t postfix/smtpd | ehlo-milter sessions -\n",
	.run = run,
};
