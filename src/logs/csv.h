/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of syslog in a table that was exported (Splunk, Kibana, CloudWatch, Graylog, Grafana, Azure, Datadog): RFC 4180, or
 * with semicolons or tabs; its first line names the columns.
 */
#ifndef LOGS_CSV_H
#define LOGS_CSV_H

#include "logs/fields.h"

struct csv {
	char delimiter;
	int count;			/* of columns */
	int columns[FIELD_KINDS];	/* of each field, -1: none */
	size_t head_length;		/* the first line, by a hash: it comes again where tables were joined */
	uint64_t head_hash;
};

/* false: the first line of head names no message, or what else it names is not known. */
bool csv_begin(struct csv *csv, struct span head);

bool csv_is_head(const struct csv *csv, const char *text, size_t length);

/* As shipped_line(); the values lie in text or in the arena. */
bool csv_line(const struct csv *csv, struct arena *arena, const char *text, size_t length, struct log_line *line_r);

#endif
