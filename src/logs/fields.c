/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields in which log shippers and search engines keep a line of syslog. */
#include "logs/fields.h"

#include "logs/field_time.h"
#include "logs/scan.h"

#include <string.h>
#include <strings.h>

/* Of those that stand for the same, the better ones first. */
static const struct {
	const char *name;
	enum field field;
} fields[] = {
	{ "_raw", FIELD_MESSAGE }, { "message", FIELD_MESSAGE }, { "@message", FIELD_MESSAGE }, { "msg", FIELD_MESSAGE },
	{ "line", FIELD_MESSAGE }, { "short_message", FIELD_MESSAGE }, { "textPayload", FIELD_MESSAGE },
	{ "SyslogMessage", FIELD_MESSAGE }, { "_msg", FIELD_MESSAGE }, { "full_log", FIELD_MESSAGE },
	{ "event.original", FIELD_MESSAGE }, { "log", FIELD_MESSAGE }, { "content", FIELD_MESSAGE },
	{ "system.syslog.message", FIELD_MESSAGE },
	{ "syslogtag", FIELD_TAG }, { "syslog-tag", FIELD_TAG }, { "ident", FIELD_TAG }, { "program", FIELD_TAG },
	{ "syslog_program", FIELD_TAG }, { "SYSLOG_IDENTIFIER", FIELD_TAG }, { "appname", FIELD_TAG }, { "app_name", FIELD_TAG },
	{ "app-name", FIELD_TAG }, { "application_name", FIELD_TAG }, { "_application_name", FIELD_TAG },
	{ "log.syslog.appname", FIELD_TAG }, { "syslog.identifier", FIELD_TAG }, { "process.name", FIELD_TAG },
	{ "ProcessName", FIELD_TAG }, { "system.syslog.program", FIELD_TAG },
	{ "SourceName", FIELD_TAG }, { "_SYSLOG_IDENTIFIER", FIELD_TAG }, { "_program", FIELD_TAG },
	/* Of rsyslog's templates syslogtag under another name; elsewhere it may be anything. */
	{ "tag", FIELD_TAG },
	/* Of rsyslog, which ends it at a slash. */
	{ "programname", FIELD_TAG },
	{ "pid", FIELD_PID }, { "procid", FIELD_PID }, { "proc_id", FIELD_PID }, { "process_id", FIELD_PID },
	{ "_process_id", FIELD_PID }, { "syslog_pid", FIELD_PID }, { "log.syslog.procid", FIELD_PID },
	{ "syslog.pid", FIELD_PID }, { "system.syslog.pid", FIELD_PID },
	{ "process.pid", FIELD_PID }, { "ProcessID", FIELD_PID }, { "_SYSLOG_PID", FIELD_PID }, { "_PID", FIELD_PID },
	/* Of Filebeat 6, whose host is its own. */
	{ "system.syslog.hostname", FIELD_HOST },
	{ "host", FIELD_HOST }, { "hostname", FIELD_HOST }, { "logsource", FIELD_HOST }, { "syslog_hostname", FIELD_HOST },
	{ "host.name", FIELD_HOST }, { "host.hostname", FIELD_HOST }, { "log.syslog.hostname", FIELD_HOST },
	{ "_HOSTNAME", FIELD_HOST }, { "Computer", FIELD_HOST }, { "source", FIELD_HOST },
	{ "FromHost", FIELD_HOST }, { "_sourceHost", FIELD_HOST }, { "sysloghost", FIELD_HOST },
	{ "@timestamp", FIELD_TIME }, { "timestamp", FIELD_TIME }, { "_time", FIELD_TIME }, { "time", FIELD_TIME },
	{ "date", FIELD_TIME }, { "ISODATE", FIELD_TIME }, { "timereported", FIELD_TIME }, { "TimeGenerated", FIELD_TIME },
	{ "TimeGenerated [UTC]", FIELD_TIME }, { "EventTime", FIELD_TIME }, { "_messageTime", FIELD_TIME },
	{ "DeviceReportedTime", FIELD_TIME }, { "ReceivedAt", FIELD_TIME }, { "datetime", FIELD_TIME },
	{ "__REALTIME_TIMESTAMP", FIELD_TIME }, { "_SOURCE_REALTIME_TIMESTAMP", FIELD_TIME },
	{ "system.syslog.timestamp", FIELD_TIME },
};

enum field field_of(struct span name, unsigned *rank_r)
{
	for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (strlen(fields[i].name) == name.length && strncasecmp(name.text, fields[i].name, name.length) == 0) {
			*rank_r = i;
			return fields[i].field;
		}
	}
	return FIELD_NONE;
}

bool field_names_message(struct span text)
{
	for (size_t i = 0; i < sizeof fields / sizeof fields[0] && fields[i].field == FIELD_MESSAGE; i++) {
		size_t length = strlen(fields[i].name);

		for (size_t at = 1; at + length < text.length; at++)
			if (text.text[at - 1] == '"' && text.text[at + length] == '"' &&
			    strncasecmp(text.text + at, fields[i].name, length) == 0)
				return true;
	}
	return false;
}

static void set_pid(struct log_line *line, struct span value)
{
	line->has_pid = scan_is_pid((struct scan){ value.text, value.text + value.length }, &line->pid);
}

/* "postfix/smtpd", "postfix/smtpd[9]:" */
static void set_tag(struct log_line *line, struct span value)
{
	const char *open = memchr(value.text, '[', value.length), *end = value.text + value.length;
	const char *close = open ? memchr(open, ']', (size_t)(end - open)) : NULL;

	if (close)
		set_pid(line, span_between(open + 1, close));
	line->tag = span_between(value.text, open ? open : end);
	line->tag.length -= line->tag.length > 0 && line->tag.text[line->tag.length - 1] == ':';
}

static void set_message(struct log_line *line, struct span value)
{
	size_t length = 0;

	while (value.length > 0 && value.text[0] == ' ')
		value = span_after(value, 1);
	while (length < value.length && value.text[length] != '\r' && value.text[length] != '\n')
		length++;
	line->message = line->whole = (struct span){ value.text, length };
}

void field_set(struct arena *arena, struct log_line *line, enum field field, struct span value)
{
	switch (field) {
	case FIELD_NONE: break;
	case FIELD_MESSAGE: set_message(line, value); break;
	case FIELD_TAG: set_tag(line, value); break;
	case FIELD_PID: set_pid(line, value); break;
	case FIELD_HOST:
		/* Where "source" is no host, it is a file. */
		if (!memchr(value.text, '/', value.length))
			line->host = value;
		break;
	case FIELD_TIME: field_time(arena, line, value); break;
	}
}
