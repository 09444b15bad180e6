/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the metrics as text. */
#include "app/metrics_text.h"

#include "app/metrics.h"
#include "app/metrics_process.h"
#include "core/policy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 300

const char *const metrics_content_types[] = {
	[FORMAT_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[FORMAT_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
};

static const char *const type_words[] = {
	[TYPE_COUNTER] = "counter", [TYPE_GAUGE] = "gauge", [TYPE_HISTOGRAM] = "histogram", [TYPE_INFO] = "info",
};

/* What no number tells; of the supervisor's threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char path[PATH_MAX_BYTES];
	char sha256[DIGEST_TEXT_BYTES];
} policy;

enum metrics_format metrics_format_accepted(const char *accept)
{
	return accept && strstr(accept, "application/openmetrics-text") ? FORMAT_OPENMETRICS : FORMAT_PROMETHEUS;
}

void metrics_policy_is(const char *path, const char *sha256)
{
	struct buf text;

	pthread_mutex_lock(&lock);
	buf_init_fixed(&text, policy.path, sizeof policy.path);
	buf_add_escaped(&text, path, "", sizeof policy.path - 1);
	buf_init_fixed(&text, policy.sha256, sizeof policy.sha256);
	buf_add(&text, sha256);
	pthread_mutex_unlock(&lock);
}

/* --- one line --- */

static void add_label(struct buf *out, const char **before, const char *name, const char *value)
{
	buf_addf(out, "%s%s=\"", *before, name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buf_add_char(out, '\\');
		buf_add_char(out, *value);
	}
	buf_add_char(out, '"');
	*before = ",";
}

/* Without the closing brace; *before_r: what a further label begins with. */
static void add_labels(struct buf *out, const struct metric_row *row, uint64_t key, const char **before_r)
{
	*before_r = "{";
	for (size_t i = 0; i < METRIC_LABELS_MAX && row->labels[i] != LABEL_NONE; i++) {
		const char *word = metrics_word(row->labels[i], metrics_key_label(key, i));

		if (word[0] != '\0')
			add_label(out, before_r, label_rows[row->labels[i]].name, word);
	}
}

/* Millionths as a decimal number, without zeros at its end. */
static void add_micro(struct buf *out, uint64_t value)
{
	unsigned rest = (unsigned)(value % 1000000);
	int digits = 6;

	buf_addf(out, "%llu", (unsigned long long)(value / 1000000));
	for (; digits > 0 && rest % 10 == 0; digits--)
		rest /= 10;
	if (digits > 0)
		buf_addf(out, ".%0*u", digits, rest);
}

static void add_value(struct buf *out, const struct metric_row *row, uint64_t value)
{
	buf_add_char(out, ' ');
	if (strcmp(row->unit, "seconds") == 0)
		add_micro(out, value);
	else
		buf_addf(out, "%llu", (unsigned long long)value);
	buf_add_char(out, '\n');
}

/* --- one metric --- */

static void add_head(struct buf *out, const struct metric_row *row, enum metrics_format format)
{
	const char *suffix = "", *type = type_words[row->type];

	if (format == FORMAT_PROMETHEUS && row->type == TYPE_COUNTER)
		suffix = "_total";
	if (format == FORMAT_PROMETHEUS && row->type == TYPE_INFO) {
		suffix = "_info";
		type = "gauge";
	}
	buf_addf(out, "# HELP " METRIC_PREFIX "%s%s %s\n", row->name, suffix, row->help);
	buf_addf(out, "# TYPE " METRIC_PREFIX "%s%s %s\n", row->name, suffix, type);
	if (format == FORMAT_OPENMETRICS && row->unit[0] != '\0')
		buf_addf(out, "# UNIT " METRIC_PREFIX "%s %s\n", row->name, row->unit);
}

static void add_plain(struct buf *out, const struct metric_row *row, const struct metrics_series *series)
{
	const char *before;

	buf_addf(out, METRIC_PREFIX "%s%s", row->name, row->type == TYPE_COUNTER ? "_total" : "");
	add_labels(out, row, series->key, &before);
	buf_add(out, before[0] == ',' ? "}" : "");
	add_value(out, row, series->value);
}

static void add_bucket(struct buf *out, const struct metric_row *row, uint64_t key, size_t bucket, uint64_t total)
{
	const char *before;

	buf_addf(out, METRIC_PREFIX "%s_bucket", row->name);
	add_labels(out, row, key, &before);
	buf_addf(out, "%sle=\"", before);
	if (bucket == METRIC_BUCKETS)
		buf_add(out, "+Inf");
	else
		add_micro(out, metric_bucket_us[bucket]);
	if (bucket < METRIC_BUCKETS && metric_bucket_us[bucket] % 1000000 == 0)
		buf_add(out, ".0");		/* the canonical form of OpenMetrics */
	buf_addf(out, "\"} %llu\n", (unsigned long long)total);
}

static void add_of_histogram(struct buf *out, const struct metric_row *row, const char *what, uint64_t key)
{
	const char *before;

	buf_addf(out, METRIC_PREFIX "%s_%s", row->name, what);
	add_labels(out, row, key, &before);
	buf_add(out, before[0] == ',' ? "} " : " ");
}

/* All series that differ in their bucket only; returns how many. */
static size_t add_histogram(struct buf *out, const struct metric_row *row, const struct metrics_series *series,
			    const struct metrics_series *end)
{
	uint64_t key = series->key | 0xff, total = 0, sum_us = 0;
	const struct metrics_series *at = series;

	for (size_t bucket = 0; bucket <= METRIC_BUCKETS; bucket++) {
		if (at < end && (at->key | 0xff) == key && metrics_key_bucket(at->key) == bucket)
			total += at++->value;
		add_bucket(out, row, key, bucket, total);
	}
	if (at < end && at->key == key)
		sum_us = at++->value;
	add_of_histogram(out, row, "sum", key);
	add_micro(out, sum_us);
	buf_add_char(out, '\n');
	add_of_histogram(out, row, "count", key);
	buf_addf(out, "%llu\n", (unsigned long long)total);
	return (size_t)(at - series);
}

static void add_info(struct buf *out, enum metric metric)
{
	const char *before = "{";

	buf_addf(out, METRIC_PREFIX "%s_info", metric_rows[metric].name);
	if (metric == METRIC_BUILD) {
		add_label(out, &before, "version", PACKAGE_VERSION);
	} else {
		pthread_mutex_lock(&lock);
		add_label(out, &before, "sha256", policy.sha256);
		add_label(out, &before, "path", policy.path);
		pthread_mutex_unlock(&lock);
	}
	buf_add(out, "} 1\n");
}

/* --- all of it --- */

static void add_all(struct buf *out, const struct metrics_series *series, size_t count, enum metrics_format format)
{
	const struct metrics_series *end = series + count;

	for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
		const struct metric_row *row = &metric_rows[metric];

		add_head(out, row, format);
		if (row->type == TYPE_INFO)
			add_info(out, metric);
		while (series < end && metrics_key_metric(series->key) == metric) {
			if (row->type == TYPE_HISTOGRAM)
				series += add_histogram(out, row, series, end);
			else
				add_plain(out, row, series++);
		}
	}
	if (format == FORMAT_OPENMETRICS)
		buf_add(out, "# EOF\n");
}

void metrics_text(enum metrics_format format, struct buf *out)
{
	struct metrics_series *series = calloc(METRICS_SERIES, sizeof *series);

	out->failed = out->failed || !series;
	if (!series)
		return;
	metrics_process_look();
	add_all(out, series, metrics_read(series), format);
	free(series);
}
