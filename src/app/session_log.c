/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded queue of records, and the thread that writes them. */
#include "app/session_log.h"

#include "app/metrics.h"
#include "app/session_file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAITING_BYTES_MAX (8 << 20)
#define TELL_EVERY_US (60 * US_PER_SECOND)
#define TRY_EVERY_US US_PER_SECOND	/* while the file cannot be written */
#define TICK_S 10

struct waiting {
	struct waiting *next;
	size_t length;
	char *line;
};

struct session_log {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;		/* the queue, ending, ended */
	struct waiting *first, **end;	/* the oldest first */
	size_t bytes;
	unsigned long lost;		/* for want of room */
	int64_t lost_told_us;		/* 0: never */
	bool ending;
	bool ended;
	char *path;			/* the thread may outlive the policy, when nobody reads what it writes */
	/* the thread's own */
	struct session_file file;
	bool stuck_told;
	bool failing;
	int64_t failed_us;
	unsigned long failed;		/* records, since it began to fail */
};

/* --- the sessions' side --- */

/* Under the lock; true: it is time to say so. */
static bool count_lost(struct session_log *log)
{
	int64_t now_us = clock_monotonic_us();

	METRICS_COUNT(METRIC_RECORDS_LOST, 0);
	log->lost++;
	if (log->ending)
		return false;
	if (log->lost_told_us != 0 && now_us - log->lost_told_us < TELL_EVERY_US)
		return false;
	log->lost_told_us = now_us;
	return true;
}

static void tell_lost(const struct session_log *log, unsigned long lost)
{
	log_warning("session log %s: too slow, or memory is out: %lu records are lost so far, mail goes on",
		    log->file.path, lost);
}

void session_log_lose(struct session_log *log)
{
	unsigned long lost;
	bool tell;

	pthread_mutex_lock(&log->lock);
	tell = count_lost(log);
	lost = log->lost;
	pthread_mutex_unlock(&log->lock);
	if (tell)
		tell_lost(log, lost);
}

/* Under the lock. */
static bool append(struct session_log *log, struct waiting *waiting)
{
	if (log->ending || log->bytes + waiting->length > WAITING_BYTES_MAX)
		return false;
	*log->end = waiting;
	log->end = &waiting->next;
	log->bytes += waiting->length;
	pthread_cond_broadcast(&log->changed);
	return true;
}

void session_log_add(struct session_log *log, char *line, size_t length)
{
	struct waiting *waiting = malloc(sizeof *waiting);
	bool taken = false;

	if (waiting) {
		*waiting = (struct waiting){ .line = line, .length = length };
		pthread_mutex_lock(&log->lock);
		taken = append(log, waiting);
		pthread_mutex_unlock(&log->lock);
	}
	if (taken)
		return;
	free(waiting);
	free(line);
	session_log_lose(log);
}

/* --- the thread --- */

static void count_failed(struct session_log *log)
{
	METRICS_COUNT(METRIC_RECORDS_LOST, 0);
	log->failed++;
}

/* Said when it begins and when it ends, not for each record between. */
static void note_written(struct session_log *log, const char *error)
{
	if (error) {
		if (!log->failing)
			log_error("session log %s: %s: records are lost until it can be written, mail goes on",
				  log->file.path, error);
		log->failing = true;
		count_failed(log);
		log->failed_us = clock_monotonic_us();
	} else if (log->failing) {
		log_warning("session log %s: is written again; %lu records were lost", log->file.path, log->failed);
		log->failing = false;
		log->failed = 0;
	}
}

static void write_out(struct session_log *log, struct waiting *waiting)
{
	while (waiting) {
		struct waiting *next = waiting->next;

		if (log->failing && clock_monotonic_us() - log->failed_us < TRY_EVERY_US)
			count_failed(log);
		else
			note_written(log, session_file_write(&log->file, waiting->line, waiting->length,
							     clock_realtime_us()));
		free(waiting->line);
		free(waiting);
		waiting = next;
	}
}

/* A file that cannot be renamed goes beyond its bounds; said once, until it can be. */
static void note_stuck(struct session_log *log)
{
	if (log->file.stuck && !log->stuck_told)
		log_warning("session log %s: cannot be renamed to begin a new one: %s: it grows beyond max_size and max_age; "
			    "its folder must be writable for the daemon's user", log->file.path, log->file.stuck);
	log->stuck_told = log->file.stuck != NULL;
}

/* Until something waits, or the log is to end, or the files want to be looked at. */
static void wait_for_work(struct session_log *log)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TICK_S;
	while (!log->first && !log->ending)
		if (pthread_cond_timedwait(&log->changed, &log->lock, &until) != 0)
			return;
}

static void *serve(void *argument)
{
	struct session_log *log = argument;
	struct waiting *taken;
	bool ending = false;

	while (!ending) {
		pthread_mutex_lock(&log->lock);
		wait_for_work(log);
		taken = log->first;
		log->first = NULL;
		log->end = &log->first;
		log->bytes = 0;
		ending = log->ending;
		pthread_mutex_unlock(&log->lock);
		write_out(log, taken);
		session_file_tick(&log->file, clock_realtime_us());
		note_stuck(log);
	}
	pthread_mutex_lock(&log->lock);
	log->ended = true;
	pthread_cond_broadcast(&log->changed);
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

/* --- begin and end --- */

static int init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	int error = pthread_condattr_init(&attributes);

	if (error != 0)
		return error;
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	error = pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return error;
}

struct session_log *session_log_new(const struct session_log_settings *settings)
{
	struct session_log *log = calloc(1, sizeof *log);

	if (!log)
		return NULL;
	log->end = &log->first;
	log->path = strdup(settings->path);
	if (!log->path) {
		free(log);
		errno = ENOMEM;
		return NULL;
	}
	session_file_init(&log->file, log->path, settings->max_bytes, settings->max_age_s);
	errno = pthread_mutex_init(&log->lock, NULL);
	if (errno == 0) {
		errno = init_condition(&log->changed);
		if (errno == 0) {
			/* Blocked, SIGPIPE of a reader that goes away is an error of write() and no more. */
			errno = thread_start(&log->thread, serve, log);
			if (errno == 0)
				return log;
			(void)pthread_cond_destroy(&log->changed);
		}
		(void)pthread_mutex_destroy(&log->lock);
	}
	free(log->path);
	free(log);
	return NULL;
}

bool session_log_end(struct session_log *log, unsigned limit_ms)
{
	struct timespec until;
	int error = 0;
	bool ended;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += limit_ms / 1000;
	pthread_mutex_lock(&log->lock);
	log->ending = true;
	pthread_cond_broadcast(&log->changed);
	while (!log->ended && error == 0)
		error = pthread_cond_timedwait(&log->changed, &log->lock, &until);
	ended = log->ended;
	pthread_mutex_unlock(&log->lock);
	if (ended)
		(void)pthread_join(log->thread, NULL);
	else
		log_warning("session log %s: cannot be written out; its last records are lost", log->file.path);
	return ended;
}

void session_log_free(struct session_log **log)
{
	struct session_log *l = *log;

	if (!l)
		return;
	session_file_close(&l->file);
	(void)pthread_cond_destroy(&l->changed);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->path);
	free(l);
	*log = NULL;
}
