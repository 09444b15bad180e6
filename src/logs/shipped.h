/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of syslog as log shippers write them (Fluentd, Fluent Bit, rsyslog, Logstash, Filebeat, Graylog, Loki) or as what
 * they fill exports them (Elasticsearch, Google Cloud, Splunk): one JSON object each, whose keys have many names.
 */
#ifndef LOGS_SHIPPED_H
#define LOGS_SHIPPED_H

#include "base/arena.h"
#include "logs/syslog_line.h"

#include <stdbool.h>

bool shipped_is_json(struct span head);

/*
 * Its parts, in the arena.  Without a key for the program the tag is empty, and the message may be a whole line of syslog.
 * false: it is no such line, or memory is out.
 */
bool shipped_line(struct arena *arena, const char *text, size_t length, struct log_line *line_r);

#endif
