/* SPDX-License-Identifier: BSD-2-Clause */
/* From policy and services to a plan: which listener a service is, and the milter's own lines. */
#include "mta/postfix_config.h"

#include "mta/dynamic.h"
#include "mta/milter_line.h"
#include "mta/plain.h"
#include "mta/postfix_work.h"
#include "mta/support.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 1000

/* --- texts --- */

const char *work_origin(struct postfix_work *work, unsigned line, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return line > 0 ? arena_format(work->arena, "%s:%u: %s", work->path, line, text) :
			  arena_format(work->arena, "%s: %s", work->path, text);
}

const char *setting_origin(struct postfix_work *work, enum command_id id, const struct command_setting *setting)
{
	const char *text = setting_text(work->arena, id, setting);

	work->no_memory = work->no_memory || !text;
	return work_origin(work, setting->line, "%s", text ? text : "");
}

/* Where the value of a parameter stands in what was given. */
static struct place place_of(const struct postfix_work *work, const char *name)
{
	unsigned line = postfix_line(work->current, work->service, name);

	return (struct place){ .file = work->current->file, .line = line > 0 ? line : work->service->line };
}

void work_line(struct postfix_work *work, const char *origin, const char *name, const char *value)
{
	if (!origin || !config_lines_add(&work->block->lines, origin, name, value))
		work->no_memory = true;
	else if (work->current->given && !braces_are_closed(value))
		diag_error(work->diag, place_of(work, name),
			   "service %s: %s cannot be put into braces: one in its value is not closed, or not "
			   "opened; mend it there",
			   work->service->name, name);
}

void work_note(struct postfix_work *work, const char *origin, const char *text)
{
	if (!config_lines_add(&work->block->notes, origin, NULL, text))
		work->no_memory = true;
}

void work_error(struct postfix_work *work, unsigned line, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	diag_error(work->diag, (struct place){ .file = work->policy->path, .line = line }, "%s", text);
}

void work_warn(struct postfix_work *work, unsigned line, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	diag_warn(work->diag, (struct place){ .file = work->policy->path, .line = line }, "%s", text);
	work_note(work, NULL, arena_format(work->arena, "%s:%u: %s", work->path, line, text));
}

void work_check_socket(struct postfix_work *work, const char *key, const char *socket, unsigned line)
{
	if (!socket_is_plain(socket))
		work_error(work, line, "%s: '%s' cannot stand in Postfix's files; " SOCKET_PLAIN_EXPECTED, key, socket);
}

struct command_setting work_setting(const struct postfix_work *work, enum command_id id)
{
	const struct command_setting setting = daemon_setting(work->policy, &work->listeners, id);

	return dynamic_resolve(&setting, work->listeners.listeners[0], &work->daemon);
}

const char *work_list_without(struct postfix_work *work, const char *name, unsigned line,
			      bool (*drop)(const char *item, const void *context), const void *context)
{
	const char *value = postfix_value(work->current, work->service, name), *rest, *item, *list = "";

	if (!value)
		return list;
	rest = strchr(value, '$') ? postfix_expand(work->current, work->service, value, work->arena) : value;
	if (!rest) {
		work_error(work, line,
			   "service %s: %s = %s refers to what --current does not show; write it out there, "
			   "or give it to --current",
			   work->service->name, name, value);
		return NULL;
	}
	while ((item = postfix_next_item(&rest, work->arena)) != NULL) {
		if (drop(item, context))
			continue;
		list = list[0] == '\0' ? item : arena_format(work->arena, "%s, %s", list, item);
		work->no_memory = work->no_memory || !list;
		if (!list)
			return NULL;
	}
	return list;
}

/* --- blocks --- */

bool postfix_begin_block(struct postfix_work *work, const struct postfix_service *service)
{
	struct postfix_block **last = &work->plan->blocks;
	struct postfix_block *block = arena_alloc(work->arena, sizeof *block);

	if (!block) {
		work->no_memory = true;
		return false;
	}
	while (*last)
		last = &(*last)->next;
	*last = block;
	block->service = service;
	config_lines_init(&block->lines, work->arena);
	config_lines_init(&block->notes, work->arena);
	work->service = service;
	work->block = block;
	return true;
}

/* What Postfix cannot do, whatever the line. */
static void add_impossible(struct postfix_work *work)
{
	for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
		const struct command_setting setting = work_setting(work, id);
		const struct support *support = support_of(MTA_POSTFIX, id, setting.value);

		if (setting.value != VALUE_ABSENT && support->kind == SUPPORT_NEVER)
			work_warn(work, setting.line, "commands.%s: %s is not possible here: %s",
				  command_table[id].name, command_value_word(setting.value), support->text);
	}
}

static void mark_reached(struct postfix_work *work)
{
	for (size_t i = 0; i < work->listeners.count; i++)
		work->reached[work->listeners.listeners[i] - work->policy->listeners] = true;
}

static void add_service(struct postfix_work *work, const struct postfix_service *service)
{
	if (!postfix_begin_block(work, service))
		return;
	if (postfix_wants_no_milters(service)) {
		work_note(work, NULL, "has no milters by its own setting: it is left alone");
		return;
	}
	work->daemon = postfix_daemon(service);
	postfix_names(work, &work->daemon);
	if (!daemon_listeners_find(work->policy, &work->daemon, work->arena, &work->listeners)) {
		work->no_memory = true;
		return;
	}
	work->block->listener = work->listeners.listeners[0];
	mark_reached(work);
	postfix_agreement(work);
	postfix_check_conditions(work);
	postfix_milters(work);
	postfix_helo_required(work);
	postfix_filter(work);
	postfix_commands(work);
	add_impossible(work);
}

/* A listener that no service belongs to has no lines. */
static void check_reached(struct postfix_work *work)
{
	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];

		if (work->reached[i] || listener->match_any)
			continue;
		if (work->current->given)
			diag_warn(work->diag, (struct place){ .file = work->policy->path, .line = listener->line },
				  "listener %s: no smtpd of --current has its port, address or name; it gets no "
				  "lines", listener->name);
		else
			work_error(work, listener->line,
				   "listener %s: only --current can tell which service of master.cf it "
				   "is: (postconf -n; postconf -M) | ehlo-milter mta-config --current - postfix",
				   listener->name);
	}
}

static void warn_guess(struct postfix_work *work)
{
	const struct server *server = &work->policy->server;
	const char *text = arena_format(work->arena, SOCKET_GUESS, server_socket_seen(server));

	if (strcmp(server->socket, SOCKET_SYSTEMD) != 0)
		return;
	if (!config_lines_add(&work->plan->notes, NULL, NULL, text))
		work->no_memory = true;
	else
		diag_warn(work->diag, (struct place){ .file = work->policy->path, .line = server->socket_line }, "%s",
			  text);
}

static void add_general_notes(struct postfix_work *work)
{
	static const char *const notes[] = {
		"permit_mynetworks does not protect from a milter's reply: name your networks in the policy (exempt).",
		"What postscreen answers by itself follows postscreen_command_filter and its like, by default those of "
		"main.cf.",
	};
	bool screens = false;

	for (const struct postfix_service *s = work->current->services; s; s = s->next)
		screens = screens || strcmp(s->command, "postscreen") == 0;
	for (size_t i = 0; i < 1 + (size_t)screens; i++)
		if (!config_lines_add(&work->plan->notes, NULL, NULL, notes[i]))
			work->no_memory = true;
}

static const char *escaped(struct arena *arena, const char *text)
{
	const char *copy = NULL;
	struct buf out;

	buf_init(&out);
	buf_add_escaped(&out, text, "", 0);
	if (!out.failed)
		copy = arena_strdup(arena, out.text);
	buf_clear(&out);
	return copy;
}

bool postfix_config_make(const struct postfix_request *request, struct arena *arena, struct diag *diag,
			 struct postfix_plan *plan_r)
{
	struct postfix_work work = {
		.policy = request->policy, .current = request->current, .arena = arena, .diag = diag,
		.plan = plan_r, .path = escaped(arena, request->policy->path), .log_more = request->log_more,
		.reached = arena_array(arena, request->policy->listener_count, sizeof(bool)),
	};
	size_t errors_before = diag->error_count;

	*plan_r = (struct postfix_plan){ .blocks = NULL };
	config_lines_init(&plan_r->notes, arena);
	if (!work.path || !work.reached)
		return false;
	for (const struct postfix_service *s = work.current->services; s && !work.no_memory; s = s->next)
		if (postfix_is_smtpd(s))
			add_service(&work, s);
	if (!work.no_memory)
		check_reached(&work);
	postfix_outbound(&work);
	add_general_notes(&work);
	warn_guess(&work);
	/* A list that memory was out for looks like one that ends. */
	if (work.no_memory || arena->failed)
		diag_no_memory(diag, request->policy->path);
	return diag->error_count == errors_before;
}
