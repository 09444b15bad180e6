/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines to syslog or standard error. */
#include "base/log.h"

#include "base/log_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define IDENT "ehlo-milter"

/* Set once before any thread is started, then only read. */
static enum log_target target = LOG_TARGET_STDERR;
static enum log_level wanted = LOG_LEVEL_INFO;
static _Atomic(struct log_queue *) queue;	/* NULL: whoever logs writes */

static const struct {
	int priority;
	const char *word;
} levels[] = {
	[LOG_LEVEL_ERROR] = { LOG_ERR, "error: " },
	[LOG_LEVEL_WARNING] = { LOG_WARNING, "warning: " },
	[LOG_LEVEL_INFO] = { LOG_INFO, "" },
	[LOG_LEVEL_DEBUG] = { LOG_DEBUG, "debug: " },
};

/* --- standard error --- */

/*
 * Whoever started us may share standard error with others, who do not expect that it refuses to block: so it is opened
 * once more, for us and our workers, where that can be done.
 */
static void open_own_stderr(void)
{
	int fd = open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)dup2(fd, STDERR_FILENO);
	(void)close(fd);
}

static bool stderr_never_blocks(void)
{
	int flags = fcntl(STDERR_FILENO, F_GETFL);

	return flags >= 0 && (flags & O_NONBLOCK);
}

/* One write: lines of threads and processes do not mix, and a pipe takes so few bytes whole or not at all. */
static bool put_stderr(const char *line, size_t length)
{
	char whole[LOG_QUEUE_LINE_BYTES + 1];

	memcpy(whole, line, length);
	whole[length++] = '\n';
	return write(STDERR_FILENO, whole, length) >= 0 || (errno != EAGAIN && errno != EINTR);
}

/* An error that waiting does not mend cannot be told anywhere. */
static void wait_and_put_stderr(const char *line, size_t length)
{
	struct pollfd wait = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (!put_stderr(line, length))
		(void)poll(&wait, 1, -1);
}

static bool try_stderr(int level, const char *line, size_t length)
{
	(void)level;
	return put_stderr(line, length);
}

/* --- setting up --- */

void log_init(enum log_target new_target, enum log_level level)
{
	target = new_target;
	wanted = level;
	if (target == LOG_TARGET_SYSLOG)
		openlog(IDENT, LOG_PID | LOG_NDELAY, LOG_MAIL);
	else if (!stderr_never_blocks())
		open_own_stderr();
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

/* --- lines --- */

static void write_line(enum log_level level, const char *line, size_t length)
{
	if (target == LOG_TARGET_SYSLOG)
		syslog(levels[level].priority, "%s", line);
	else
		wait_and_put_stderr(line, length);
}

static size_t format_line(enum log_level level, char line_r[LOG_LINE_BYTES + 1], const char *format, va_list args)
{
	size_t head = 0;

	if (target == LOG_TARGET_STDERR)
		head = (size_t)snprintf(line_r, LOG_LINE_BYTES + 1, IDENT ": %s", levels[level].word);
	(void)vsnprintf(line_r + head, LOG_LINE_BYTES - head, format, args);
	clean(line_r);
	return strlen(line_r);
}

static void write_formatted(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_BYTES + 1];
	va_list args;
	size_t length;

	va_start(args, format);
	length = format_line(level, line, format, args);
	va_end(args);
	write_line(level, line, length);
}

/* The queue's thread: what was lost is told where it is missing. */
static void write_queued(int level, const char *line, size_t length)
{
	unsigned long dropped = log_queue_take_dropped(atomic_load(&queue));

	write_line((enum log_level)level, line, length);
	if (dropped > 0)
		write_formatted(LOG_LEVEL_WARNING, "%lu lines were dropped: the log did not take them fast enough", dropped);
}

bool log_start(void)
{
	bool direct = target == LOG_TARGET_STDERR && stderr_never_blocks();
	struct log_queue *new = log_queue_new(write_queued, direct ? try_stderr : NULL);

	atomic_store(&queue, new);
	return new != NULL;
}

/* The queue stays: its thread may be stuck in a write for ever. */
void log_stop(int limit_ms)
{
	struct log_queue *old = atomic_load(&queue);

	if (old && log_queue_flush(old, limit_ms))
		atomic_store(&queue, NULL);
}

unsigned long log_dropped(void)
{
	struct log_queue *current = atomic_load(&queue);

	return current ? log_queue_dropped(current) : 0;
}

static void put(enum log_level level, const char *format, va_list args)
{
	struct log_queue *current = atomic_load(&queue);
	char line[LOG_LINE_BYTES + 1];
	int saved = errno;
	size_t length;

	if (!log_wants(level))
		return;
	length = format_line(level, line, format, args);
	if (current)
		(void)log_queue_add(current, (int)level, line, length);
	else
		write_line(level, line, length);
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
