/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads logs for a command. */
#include "app/log_options.h"

#include "app/progress.h"
#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- options --- */

static int take_year(const struct command *command, const char *text, void *at)
{
	char *end;
	long year = strtol(text, &end, 10);

	if (*end != '\0' || year < 1970 || year > 9999)
		return command_usage(command, "--year: expected a year like 2026");
	*(int *)at = (int)year;
	return EXIT_FINE;
}

static int take_format(const struct command *command, const char *name, void *at)
{
	const char *names[32];
	size_t count = 0;

	for (; logs_format_name(count); count++) {
		names[count] = logs_format_name(count);
		if (strcmp(name, names[count]) == 0) {
			*(const char **)at = names[count];
			return EXIT_FINE;
		}
	}
	return command_unknown(command, "format", name, names, count);
}

static int take_zone(const struct command *command, const char *text, void *at)
{
	return zone_parse(text, at) ? EXIT_FINE :
	       command_usage(command, "--tz: expected UTC, local, or an offset like +01:00");
}

#define AT(member) .at = offsetof(struct log_command, reading.member)

const struct command_option log_options[] = {
	{ .name = "format", .value = "F", .help = "the format of every LOG; found out when not given",
	  .words = "postfix sendmail session suricata zeek swaks sendmail-x", AT(options.format), .take = take_format },
	{ .name = "bare", .help = "lines without stamp and host (needs --format)", AT(options.bare) },
	{ .name = "year", .value = "Y",
	  .help = "the year of the first stamp in each LOG, where stamps have none; else it is taken from the time of the file",
	  AT(options.year), .take = take_year },
	{ .name = "tz", .value = "ZONE",
	  .help = "the zone of stamps that have none, or a name other than UTC and GMT: UTC (default), local, +01:00",
	  .words = "UTC local", AT(options.zone), .take = take_zone },
	{ .name = "missed", .value = "FILE", .help = "writes every line that was not understood to FILE", AT(missed_path) },
	{ .name = "quiet", .help = "does not say on standard error what was read", AT(quiet) },
	{ .name = NULL },
};

int log_options_check(const struct command *command, const struct log_reading *reading)
{
	if (reading->options.bare && !reading->options.format)
		return command_usage(command, "--bare needs --format");
	return EXIT_FINE;
}

/* --- what was read --- */

static void add_samples(struct buf *out, const struct logs_stats *stats)
{
	for (unsigned i = 0; i < stats->missed_lines.count; i++) {
		buf_add(out, "  missed: ");
		buf_add_escaped(out, stats->missed_lines.items[i].text, "", LINE_SAMPLE_BYTES);
		buf_add_char(out, '\n');
	}
}

static void add_count(struct buf *out, const char *label, uint64_t count)
{
	if (count > 0)
		buf_addf(out, ", %llu %s", (unsigned long long)count, label);
}

/* What was read, and what was not, in one or a few lines on standard error. */
static void report(const struct logs_stats *stats)
{
	struct buf out;

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

/* --- reading --- */

/* What is called for each session, with a look at the progress before it. */
struct watched {
	struct logs *logs;
	struct progress progress;
	record_take *take;
	void *context;
	bool deferred;
	bool ended;		/* by take() */
};

static bool watch(void *context, struct record *record, struct arena *arena)
{
	struct watched *watched = context;
	int64_t done, total;

	if (progress_is_due(&watched->progress)) {
		logs_progress(watched->logs, &done, &total);
		progress_show(&watched->progress, done, total);
	}
	if (!watched->deferred && !record_make_whole(record, arena))
		return false;
	watched->ended = !watched->take(watched->context, record, arena);
	return !watched->ended;
}

static int read_all(const struct command *command, struct log_reading *reading, char **paths, size_t count,
		    struct watched *watched)
{
	const char *error;
	struct diag diag;
	bool done;
	int status = EXIT_FINE;

	watched->logs = logs_new(&reading->options, watch, watched, &error);
	if (!watched->logs)
		return command_complain(command, EXIT_SYSTEM, NULL, error);
	diag_init(&diag);
	progress_begin(&watched->progress);
	done = logs_read(watched->logs, (const char *const *)paths, count, &diag) && logs_finish(watched->logs);
	progress_end(&watched->progress);
	command_print_diag(&diag);
	diag_clear(&diag);
	reading->stats = *logs_stats(watched->logs);
	if (!reading->quiet)
		report(&reading->stats);
	if (!done && !watched->ended)
		status = command_no_memory(command);
	else if (done && reading->stats.inputs_unread == reading->stats.inputs)
		status = EXIT_INPUT;
	logs_free(&watched->logs);
	return status;
}

int log_reading_run(const struct command *command, struct log_reading *reading, char **paths, size_t count,
		    record_take *take, void *context)
{
	struct watched watched = { .take = take, .context = context, .deferred = reading->deferred };
	int status;

	if (reading->missed_path) {
		reading->options.missed = fopen(reading->missed_path, "we");
		if (!reading->options.missed)
			return command_cannot_write(command, reading->missed_path, strerrordesc_np(errno));
	}
	status = read_all(command, reading, paths, count, &watched);
	if (reading->options.missed && fclose(reading->options.missed) != 0 && status == EXIT_FINE)
		status = command_cannot_write(command, reading->missed_path, strerrordesc_np(errno));
	return status;
}
