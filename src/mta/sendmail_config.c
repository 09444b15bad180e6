/* SPDX-License-Identifier: BSD-2-Clause */
/* From the policy to lines of sendmail.mc: the milter, PrivacyOptions, and what is one for all listeners. */
#include "mta/sendmail_config.h"

#include "core/decide.h"
#include "mta/daemons.h"
#include "mta/milter_line.h"
#include "mta/plain.h"
#include "mta/sendmail_work.h"
#include "mta/support.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TEXT_BYTES 1000
#define FILTER_NAME "ehlo-milter"

/* --- texts --- */

const char *mc_origin(struct sendmail_work *work, unsigned line, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return line > 0 ? arena_format(work->arena, "%s:%u: %s", work->path, line, text) :
			  arena_format(work->arena, "%s: %s", work->path, text);
}

const char *mc_setting_origin(struct sendmail_work *work, const struct listener *listener, enum command_id id,
			      const struct command_setting *setting)
{
	const char *text = setting_text(work->arena, id, setting);

	work->no_memory = work->no_memory || !text;
	return mc_origin(work, setting->line, "listener %s: %s", listener->name, text ? text : "");
}

static void add(struct sendmail_work *work, struct config_lines *lines, const char *origin, const char *text)
{
	if (!config_lines_add(lines, origin, NULL, text))
		work->no_memory = true;
}

void mc_macro(struct sendmail_work *work, const char *origin, const char *text)
{
	add(work, &work->plan->macros, origin, text);
}

void mc_config(struct sendmail_work *work, const char *origin, const char *text)
{
	add(work, &work->plan->config, origin, text);
}

void mc_rule(struct sendmail_work *work, const char *origin, const char *text)
{
	add(work, &work->plan->rules, origin, text);
}

void mc_note(struct sendmail_work *work, const char *origin, const char *text)
{
	add(work, &work->plan->notes, origin, text);
}

void mc_error(struct sendmail_work *work, unsigned line, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	diag_error(work->diag, (struct place){ .file = work->policy->path, .line = line }, "%s", text);
}

void mc_warn(struct sendmail_work *work, unsigned line, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	diag_warn(work->diag, (struct place){ .file = work->policy->path, .line = line }, "%s", text);
	mc_note(work, NULL, line > 0 ? arena_format(work->arena, "%s:%u: %s", work->path, line, text) :
				       arena_strdup(work->arena, text));
}

/* --- the milter --- */

void mc_check_socket(struct sendmail_work *work, const char *key, const char *socket, unsigned line)
{
	if (!socket_is_plain(socket))
		mc_error(work, line, "%s: '%s' cannot stand in sendmail.mc; " SOCKET_PLAIN_EXPECTED, key, socket);
}

static void warn_guess(struct sendmail_work *work)
{
	const struct server *server = &work->policy->server;

	if (strcmp(server->socket, SOCKET_SYSTEMD) == 0)
		mc_warn(work, server->socket_line, SOCKET_GUESS, server_socket_seen(server));
}

/* Filters run in the order of this list, whatever the order of the INPUT_MAIL_FILTER lines. */
static void put_first(struct sendmail_work *work, const char *origin)
{
	const char *rest = work->current->filters, *item, *list = FILTER_NAME;
	bool others = false;

	while (rest && list && (item = sendmail_next_item(&rest, work->arena)) != NULL) {
		if (strcmp(item, FILTER_NAME) == 0)
			continue;
		list = arena_format(work->arena, "%s, %s", list, item);
		others = true;
	}
	if (others)
		mc_macro(work, origin,
			 arena_format(work->arena, "define(`confINPUT_MAIL_FILTERS', `%s')dnl", list));
}

static void check_daemon_filters(struct sendmail_work *work)
{
	for (const struct sendmail_daemon *d = work->current->daemons; d; d = d->next)
		if (d->filters && !strstr(d->filters, FILTER_NAME))
			mc_warn(work, 0,
				"daemon %s has InputMailFilters=%s of its own: put " FILTER_NAME " there first, or "
				"what comes in there is not judged",
				d->name ? d->name : "(without name)", d->filters);
}

static void add_milter(struct sendmail_work *work)
{
	const struct server *server = &work->policy->server;
	const char *origin = mc_origin(work, server->socket_line, "server.socket: %s", server->socket);
	struct buf line;

	mc_check_socket(work, "server.socket", server_socket_seen(server), server->socket_line);
	warn_guess(work);
	buf_init(&line);
	milter_line_sendmail(server_socket_seen(server), &line);
	mc_macro(work, origin, line.failed ? NULL : arena_strdup(work->arena, line.text));
	buf_clear(&line);
	put_first(work, origin);
	check_daemon_filters(work);
	mc_note(work, NULL, "Without F= mail passes unjudged while the milter does not answer; F=T puts it off. "
			    "The macros that the milter needs it asks for itself.");
}

/* --- PrivacyOptions --- */

static bool any_names(const struct sendmail_work *work, enum command_id id, unsigned *line_r)
{
	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct command_setting setting = mc_setting(work, &work->policy->listeners[i], id);

		*line_r = setting.line;
		if (setting.value != VALUE_ABSENT)
			return true;
	}
	return false;
}

/* novrfy answers before check_vrfy is asked; goaway is novrfy and more. */
static const char *privacy_item(const char *item)
{
	if (strcasecmp(item, "novrfy") == 0)
		return "";
	if (strcasecmp(item, "goaway") == 0)
		return "needmailhelo,needexpnhelo,needvrfyhelo,noexpn,noverb,authwarnings";
	return item;
}

static void open_vrfy(struct sendmail_work *work)
{
	const char *rest = work->current->privacy, *item, *list = "";
	bool changed = false;
	unsigned line;

	if (!any_names(work, COMMAND_VRFY, &line))
		return;
	if (!work->current->given) {
		mc_note(work, mc_origin(work, line, "commands.vrfy"),
			"PrivacyOptions (confPRIVACY_FLAGS) must hold neither novrfy nor goaway: they answer before "
			"check_vrfy is asked. --current sendmail.cf takes them out.");
		return;
	}
	while (rest && list && (item = sendmail_next_item(&rest, work->arena)) != NULL) {
		const char *kept = privacy_item(item);

		changed = changed || kept != item;
		if (kept[0] != '\0')
			list = arena_format(work->arena, "%s%s%s", list, list[0] != '\0' ? "," : "", kept);
	}
	work->vrfy_opened = changed;
	if (changed)
		mc_macro(work, mc_origin(work, line, "commands.vrfy: check_vrfy answers, not novrfy or goaway"),
			 arena_format(work->arena, "define(`confPRIVACY_FLAGS', `%s')dnl", list));
}

/* One option for all listeners: only where all want it. */
static void add_needmailhelo(struct sendmail_work *work)
{
	const struct policy *policy = work->policy;

	for (size_t i = 0; i < policy->listener_count; i++)
		if (!refuses_without_greeting(policy, &policy->listeners[i]))
			return;
	mc_macro(work,
		 mc_origin(work, policy->listeners[0].line,
			   "checks.greeting: reject, in every listener, for exempt clients too"),
		 "define(`confPRIVACY_FLAGS', defn(`confPRIVACY_FLAGS')`,needmailhelo')dnl");
}

/* --- DELIVERBY: one option for all listeners --- */

static void add_deliver_by(struct sendmail_work *work)
{
	const struct listener *first = NULL;
	struct command_setting wanted = { .value = VALUE_ABSENT };

	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];
		const struct command_setting setting = mc_setting(work, listener, COMMAND_DELIVER_BY);

		if (setting.value == VALUE_ABSENT)
			continue;
		if (first && setting.value != wanted.value)
			mc_error(work, setting.line,
				 "listeners %s and %s differ in commands.extensions.deliver_by: Sendmail has one "
				 "DeliverByMin for all",
				 first->name, listener->name);
		first = listener;
		wanted = setting;
	}
	if (first)
		mc_macro(work, mc_setting_origin(work, first, COMMAND_DELIVER_BY, &wanted),
			 wanted.value == VALUE_TRUE ? "define(`confDELIVER_BY_MIN', `0')dnl" :
						      "define(`confDELIVER_BY_MIN', `-1')dnl");
}

/* --- what cannot be had --- */

static void add_impossible(struct sendmail_work *work)
{
	for (size_t i = 0; i < work->policy->listener_count; i++)
		for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
			const struct listener *listener = &work->policy->listeners[i];
			const struct command_setting setting = mc_setting(work, listener, id);
			const struct support *support = support_of(MTA_SENDMAIL, id, setting.value);

			if (setting.value != VALUE_ABSENT && support->kind == SUPPORT_NEVER)
				mc_warn(work, setting.line,
					"listener %s: commands.%s: %s is not possible here: %s", listener->name,
					command_table[id].name, command_value_word(setting.value), support->text);
		}
}

/* Sendmail makes ready for AUTH and STARTTLS only when some daemon may have them; srv_features comes too late. */
static void check_modifier(struct sendmail_work *work, enum command_id id, char modifier)
{
	const struct sendmail_daemon *d = work->current->daemons;

	while (d && d->modifiers && strchr(d->modifiers, modifier))
		d = d->next;
	for (size_t i = 0; work->current->daemons && !d && i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];
		const struct command_setting setting = mc_setting(work, listener, id);

		if (setting.value == VALUE_TRUE)
			mc_warn(work, setting.line,
				"listener %s: commands.%s: true has no effect while every daemon has M=%c",
				listener->name, command_table[id].name, modifier);
	}
}

static void check_services(struct sendmail_work *work)
{
	for (size_t i = 0; i < work->policy->listener_count; i++)
		if (work->policy->listeners[i].match.service_count > 0)
			mc_warn(work, work->policy->listeners[i].line,
				"listener %s: match.service is a macro of Postfix; no daemon of Sendmail is this "
				"listener",
				work->policy->listeners[i].name);
}

/* Names and ports that no DaemonPortOptions line has: misspelt, as likely as not. */
static void check_daemons(struct sendmail_work *work)
{
	for (size_t i = 0; work->current->given && i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];
		struct listener rest = *listener;
		bool found = false;

		rest.match.clients = NULL;
		found = rest.match.service_count > 0;
		for (const struct sendmail_daemon *d = work->current->daemons; d && !found; d = d->next) {
			const struct session daemon = {
				.mta = MTA_SENDMAIL, .daemon_port = d->port, .listener_service = text_none(),
				.daemon_name = d->name ? text_known(d->name) : text_none(),
			};

			found = listener_matches(&rest, &daemon) != TRI_NO;
		}
		if (!found)
			mc_warn(work, listener->line, "listener %s: no daemon of --current has its name or port",
				listener->name);
	}
}

/* Whatever would end a comment of m4, or begin a quote in it, goes. */
static const char *for_m4(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *at = copy; at && *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e || *at == '`' || *at == '\'')
			*at = '?';
	return copy;
}

bool sendmail_config_make(const struct policy *policy, const struct sendmail_current *current, struct arena *arena,
			  struct diag *diag, struct sendmail_plan *plan_r)
{
	struct sendmail_work work = {
		.policy = policy, .current = current, .arena = arena, .diag = diag, .plan = plan_r,
		.path = for_m4(arena, policy->path),
	};
	size_t errors_before = diag->error_count;

	config_lines_init(&plan_r->macros, arena);
	config_lines_init(&plan_r->config, arena);
	config_lines_init(&plan_r->rules, arena);
	config_lines_init(&plan_r->notes, arena);
	if (!work.path)
		return false;
	add_milter(&work);
	open_vrfy(&work);
	add_needmailhelo(&work);
	add_deliver_by(&work);
	sendmail_outbound(&work);
	sendmail_rules(&work);
	add_impossible(&work);
	check_modifier(&work, COMMAND_AUTH, 'A');
	check_modifier(&work, COMMAND_STARTTLS, 'S');
	check_services(&work);
	check_daemons(&work);
	if (work.no_memory)
		diag_no_memory(diag, policy->path);
	return diag->error_count == errors_before;
}
