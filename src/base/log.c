/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines to syslog or standard error. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define IDENT "ehlo-milter"

/* Set once before any thread is started, then only read. */
static enum log_target target = LOG_TARGET_STDERR;
static enum log_level wanted = LOG_LEVEL_INFO;

static const struct {
	int priority;
	const char *word;
} levels[] = {
	[LOG_LEVEL_ERROR] = { LOG_ERR, "error: " },
	[LOG_LEVEL_WARNING] = { LOG_WARNING, "warning: " },
	[LOG_LEVEL_INFO] = { LOG_INFO, "" },
	[LOG_LEVEL_DEBUG] = { LOG_DEBUG, "debug: " },
};

void log_init(enum log_target new_target, enum log_level level)
{
	target = new_target;
	wanted = level;
	if (target == LOG_TARGET_SYSLOG)
		openlog(IDENT, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

bool log_wants(enum log_level level)
{
	return level <= wanted;
}

/* Whatever a caller forgot to escape still makes one line. */
static void clean(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static void put(enum log_level level, const char *format, va_list args)
{
	char line[LOG_LINE_BYTES + 1];
	int saved = errno;
	size_t head = 0, length;

	if (!log_wants(level))
		return;
	if (target == LOG_TARGET_STDERR)
		head = (size_t)snprintf(line, sizeof line, IDENT ": %s", levels[level].word);
	(void)vsnprintf(line + head, sizeof line - head - 1, format, args);
	clean(line);
	if (target == LOG_TARGET_SYSLOG) {
		syslog(levels[level].priority, "%s", line);
	} else {
		length = strlen(line);
		line[length++] = '\n';
		/* One write: lines of threads do not mix.  There is nowhere to tell that it failed. */
		if (write(STDERR_FILENO, line, length) < 0)
			errno = saved;
	}
	errno = saved;
}

#define LOG_FUNCTION(name, level) \
	void name(const char *format, ...) \
	{ \
		va_list args; \
\
		va_start(args, format); \
		put(level, format, args); \
		va_end(args); \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
