/* SPDX-License-Identifier: BSD-2-Clause */
/* Brings new policies into service. */
#include "app/supervisor_state.h"

#include "app/command.h"
#include "app/link.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAYS_MAX_BYTES 60000

void supervisor_tell(const struct supervisor *s, const char *state, const char *status)
{
	char lines[300];

	(void)snprintf(lines, sizeof lines, "%sSTATUS=%s\n", state, status);
	notify_send(&s->setup->notify, lines);
}

static void tell_reloading(const struct supervisor *s)
{
	char state[60];

	(void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld\n", (long long)clock_monotonic_us());
	supervisor_tell(s, state, "Loading the policy");
}

static void load_over(struct supervisor *s, int status, const char *text)
{
	waiters_answer(&s->waiters, s->loads, s->says.text ? s->says.text : "", status, text);
	buf_clear(&s->says);
	s->reloading = false;
	if (s->load_again && !s->stopping) {
		s->load_again = false;
		s->reloading = true;
		supervisor_load(s);
	}
}

void supervisor_load_failed(struct supervisor *s, int status)
{
	char text[200];

	(void)snprintf(text, sizeof text, "%s; %s",
		       status == EXIT_POLICY ? "the policy is not loaded" : "the new worker did not start, see the log",
		       s->current ? "the old one goes on" : "no worker serves, and another one is tried");
	if (s->stopping) {
		load_over(s, EXIT_UNAVAILABLE, "the daemon ends");
		return;
	}
	if (!s->started) {
		s->status = status;
		s->done = true;
		return;
	}
	log_error("%s: %s", s->reloading ? "reload failed" : "a worker cannot be replaced", text);
	if (s->reloading) {
		supervisor_tell(s, "READY=1\n", text);
		supervisor_note_reload(false);
	}
	if (!s->current) {
		s->deaths_in_a_row++;
		supervisor_schedule_restart(s);
	}
	load_over(s, status, text);
}

/* Nobody but the new worker takes sessions any more, except for one that does not say so in time. */
static void load_done(struct supervisor *s, const char *exception)
{
	char text[200];

	s->loaded = false;
	(void)snprintf(text, sizeof text, "worker %d serves policy %s%s", (int)s->current->pid, s->current->policy,
		       exception);
	if (s->started)
		log_info("%s: %s%s", s->reloading ? "reload done" : "replaced", text,
			 s->child_count > 1 ? "; older ones finish their sessions" : "");
	if (s->reloading || !s->started)
		supervisor_tell(s, "READY=1\n", text);
	s->reloads += s->reloading;
	if (s->reloading)
		supervisor_note_reload(true);
	if (!s->started && s->setup->notify.watchdog_us > 0)
		s->check_us = clock_monotonic_us();
	s->started = true;
	load_over(s, EXIT_FINE, text);
}

void supervisor_has_left(struct supervisor *s, bool late)
{
	char exception[100] = "";

	if (late) {
		(void)snprintf(exception, sizeof exception, "; worker %d may still take some sessions: it does not answer",
			       (int)s->leaving->pid);
		log_warning("%s", exception + 2);
	}
	s->leaving = NULL;
	if (s->loaded)
		load_done(s, exception);
}

/* The new worker serves. Whoever waits for the new policy is told when the old one does not any more. */
static void take_over(struct supervisor *s)
{
	struct child *old = s->current;

	s->current = s->next;
	s->next = NULL;
	s->restart_us = 0;
	child_enter(s->current, CHILD_SERVING);
	s->loaded = true;
	if (old) {
		s->leaving = old;
		s->leaving_us = clock_monotonic_us();
		supervisor_retire(s, old);
	}
	if (!s->leaving)
		load_done(s, "");
}

void supervisor_load(struct supervisor *s)
{
	s->loads++;
	s->loaded = false;
	s->restart_us = 0;
	buf_clear(&s->says);
	buf_init(&s->says);
	if (s->reloading)
		tell_reloading(s);
	if (s->child_count == WORKERS_MAX) {
		log_error("%d workers are finishing their sessions: no further one is started", WORKERS_MAX);
		supervisor_load_failed(s, EXIT_SYSTEM);
		return;
	}
	s->next = child_start(&s->setup->child);
	if (!s->next) {
		log_error("cannot start a worker: %s", strerrordesc_np(errno));
		supervisor_load_failed(s, EXIT_SYSTEM);
		return;
	}
	s->next->next = s->children;
	s->children = s->next;
	s->child_count++;
}

void supervisor_reload(struct supervisor *s)
{
	if (s->stopping)
		return;
	if (s->next || s->loaded) {
		s->load_again = true;	/* what is being loaded may be the file of before */
		return;
	}
	s->reloading = true;
	supervisor_load(s);
}

/* A libmilter that opens the socket itself can do so only when no other has it. */
static bool socket_is_free(const struct supervisor *s)
{
	if (s->setup->child.listen_fd >= 0)
		return true;
	for (const struct child *child = s->children; child; child = child->next)
		if (child->state >= CHILD_SERVING)
			return false;
	return true;
}

void supervisor_let_next_go(struct supervisor *s)
{
	if (!s->next || s->next->state != CHILD_LOADED)
		return;
	if (!socket_is_free(s)) {
		if (s->current)
			supervisor_stop_child(s->current);
		s->current = NULL;
		return;
	}
	child_enter(s->next, CHILD_STARTING);
	(void)link_send(s->next->link_fd, LINK_GO, "");
}

/* --- what workers say --- */

static void take_diagnostic(struct supervisor *s, bool error, const char *text)
{
	if (!s->started && !error)
		return;		/* told by the command that started the daemon */
	if (error)
		log_error("%s", text);
	else
		log_warning("%s", text);
	if (s->says.length + strlen(text) < SAYS_MAX_BYTES)
		buf_addf(&s->says, "%s\n", text);
}

static void take_loaded(struct supervisor *s, struct child *child, const char *settings)
{
	child_enter(child, CHILD_LOADED);
	if (s->started && strcmp(settings, s->setup->settings) != 0)
		take_diagnostic(s, false, "server: a change of socket, socket_group, socket_mode, metrics or user takes effect "
				"when the daemon is started anew");
	supervisor_let_next_go(s);
}

static void take_ready(struct supervisor *s, struct child *child, const char *text)
{
	char sha256[DIGEST_TEXT_BYTES] = "";
	int path = 0;

	if (sscanf(text, "%u %64s %n", &child->drain_ms, sha256, &path) < 2)
		return;
	(void)snprintf(child->policy, sizeof child->policy, "%.8s", sha256);
	if (child != s->next || child->stopping)
		return;
	supervisor_note_policy(text + path, sha256);
	take_over(s);
}

static void take_pause(struct supervisor *s, struct child *child, const struct link_message *message)
{
	child->paused = message->kind == LINK_PAUSED;
	if (child->paused)
		listen_abstract(message->text, &child->idle);
	if (child == s->current)
		supervisor_check_anew(s);
}

void supervisor_take_messages(struct supervisor *s, struct child *child)
{
	struct link_message message;

	while (child->link_fd >= 0) {
		switch (link_receive(child->link_fd, false, &message)) {
		case LINK_NOTHING:
			return;
		case LINK_ERROR:
		case LINK_WARNING:
			take_diagnostic(s, message.kind == LINK_ERROR, message.text);
			break;
		case LINK_LOADED:
			take_loaded(s, child, message.text);
			break;
		case LINK_READY:
			take_ready(s, child, message.text);
			break;
		case LINK_AWAY:
			child->away = true;
			if (child == s->current)
				supervisor_went_away(s);
			else if (child == s->leaving)
				supervisor_has_left(s, false);
			break;
		case LINK_PAUSED:
		case LINK_RESUMED:
			take_pause(s, child, &message);
			break;
		default:
			(void)close(child->link_fd);
			child->link_fd = -1;
			break;
		}
	}
}

void settings_of_start(const struct server *server, char text_r[SETTINGS_BYTES])
{
	(void)snprintf(text_r, SETTINGS_BYTES, "socket %s group %s mode %o user %s metrics %s", server->socket,
		       server->socket_group ? server->socket_group : "-", server->socket_mode,
		       server->user ? server->user : "-", server->metrics ? server->metrics : "-");
}
