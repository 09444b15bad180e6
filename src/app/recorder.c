/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps the open sessions' notes in sight, and makes lines of them. */
#include "app/recorder.h"

#include "app/redact.h"
#include "app/session_log.h"
#include "base/log.h"
#include "logs/record_json.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK_BYTES 8192
#define END_LIMIT_MS 3000

struct recorder {
	const struct policy *policy;
	struct session_log *log;
	struct redaction redaction;
	pthread_mutex_t lock;		/* of the list */
	struct recording *open;
};

struct recorder *recorder_new(const struct policy *policy)
{
	const struct session_log_settings *settings = &policy->server.session_log;
	struct recorder *recorder;
	const char *error;

	if (!settings->path)
		return NULL;
	recorder = calloc(1, sizeof *recorder);
	if (!recorder) {
		log_error("out of memory: no session is recorded");
		return NULL;
	}
	recorder->policy = policy;
	if (!redaction_init(&recorder->redaction, settings, &error)) {
		log_error("no session is recorded: key_file %s: %s", settings->key_path, error);
		free(recorder);
		return NULL;
	}
	(void)pthread_mutex_init(&recorder->lock, NULL);
	recorder->log = session_log_new(settings);
	if (recorder->log)
		return recorder;
	log_error("no session is recorded: %s", strerrordesc_np(errno));
	(void)pthread_mutex_destroy(&recorder->lock);
	free(recorder);
	return NULL;
}

/* --- one record --- */

/* The line of the record, as of notes_record(); *count_r: its greetings and transactions.  False: memory is out. */
static bool format(struct recorder *recorder, struct notes *notes, bool complete, size_t max, struct buf *line,
		   size_t *count_r)
{
	struct record record;
	struct arena arena;
	bool good;

	arena_init(&arena, NULL, 0, ARENA_BLOCK_BYTES);
	line->length = 0;
	good = notes_record(notes, complete, max, &arena, &record);
	*count_r = record.helo_count + record.tx_count;
	good = good && redact(&recorder->redaction, &arena, &record);
	if (good)
		record_write(&record, line);
	arena_clear(&arena);
	return good && !line->failed;
}

/* Of a long session the end goes, until the line is short enough. */
static void write_record(struct recorder *recorder, struct notes *notes, bool complete)
{
	struct buf line;
	size_t count;
	bool good;

	buf_init(&line);
	good = format(recorder, notes, complete, SIZE_MAX, &line, &count);
	while (good && line.length > SESSION_LINE_MAX && count > 0)
		good = format(recorder, notes, complete, count - (count + 7) / 8, &line, &count);
	if (good && line.length <= SESSION_LINE_MAX) {
		session_log_add(recorder->log, line.text, line.length);	/* which frees the text */
		return;
	}
	buf_clear(&line);
	session_log_lose(recorder->log);
}

/* --- sessions --- */

struct recording *recorder_begin(struct recorder *recorder, const struct session *session, int64_t started_us)
{
	struct recording *recording = recorder ? calloc(1, sizeof *recording) : NULL;

	if (recording)
		recording->notes = notes_new(recorder->policy, session, started_us);
	if (!recording || !recording->notes) {
		if (recorder)
			session_log_lose(recorder->log);
		free(recording);
		return NULL;
	}
	pthread_mutex_lock(&recorder->lock);
	recording->next = recorder->open;
	if (recording->next)
		recording->next->previous = recording;
	recorder->open = recording;
	pthread_mutex_unlock(&recorder->lock);
	return recording;
}

static void unlink_open(struct recorder *recorder, struct recording *recording)
{
	if (recording->next)
		recording->next->previous = recording->previous;
	if (recording->previous)
		recording->previous->next = recording->next;
	else
		recorder->open = recording->next;
}

void recorder_end(struct recorder *recorder, struct recording **recording)
{
	struct recording *r = *recording;

	if (!r)
		return;
	pthread_mutex_lock(&recorder->lock);
	unlink_open(recorder, r);
	pthread_mutex_unlock(&recorder->lock);
	if (!r->written)
		write_record(recorder, r->notes, true);
	notes_free(&r->notes);
	free(r);
	*recording = NULL;
}

void recorder_stop(struct recorder **recorder, bool sessions_left)
{
	struct recorder *r = *recorder;
	bool ended;

	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	for (struct recording *open = r->open; open; open = open->next) {
		write_record(r, open->notes, false);
		open->written = true;
	}
	pthread_mutex_unlock(&r->lock);
	ended = session_log_end(r->log, END_LIMIT_MS);
	*recorder = NULL;
	if (sessions_left || !ended)
		return;
	session_log_free(&r->log);
	(void)pthread_mutex_destroy(&r->lock);
	explicit_bzero(&r->redaction, sizeof r->redaction);
	free(r);
}
