/* SPDX-License-Identifier: BSD-2-Clause */
/* One service of master.cf: which listener it is, and the milter's own lines. */
#include "core/decide.h"
#include "mta/daemons.h"
#include "mta/milter_line.h"
#include "mta/plain.h"
#include "mta/postfix_work.h"

#include <string.h>
#include <strings.h>

/* --- which listener a service is --- */

struct session postfix_daemon(const struct postfix_service *service)
{
	return (struct session){
		.mta = MTA_POSTFIX, .daemon_port = service->port, .daemon_addr = service->address
	};
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(word, words[i]) == 0)
			return true;
	return false;
}

/* The part of the service's name that could be a daemon's: "submission" of "127.0.0.1:submission". */
static const char *short_name(const struct postfix_service *service)
{
	const char *colon = strrchr(service->name, ':');

	return colon ? colon + 1 : service->name;
}

/* {service} in milter_macro_defaults. */
static const char *macro_service(struct postfix_work *work)
{
	static const char key[] = "{service}=";
	const char *rest = postfix_value(work->current, work->service, "milter_macro_defaults"), *item;

	if (!rest)
		return NULL;
	while ((item = postfix_next_item(&rest, work->arena)) != NULL)
		if (strncmp(item, key, sizeof key - 1) == 0)
			return item + sizeof key - 1;
	return NULL;
}

/*
 * Postfix calls a daemon by what main.cf or master.cf say.  Where they say nothing, a listener that asks for a
 * name gives it: to the service of its port or address, else to the one that bears it in master.cf.
 */
static const char *name_to_give(const struct postfix_work *work, const struct session *daemon,
				const char *const *names, size_t count, const struct listener *listener)
{
	const struct match *match = &listener->match;
	struct listener rest = *listener;
	bool placed = match->daemon_port_count > 0 || match->daemon_addr_count > 0;

	if (count == 0)
		return NULL;
	rest.match.daemon_name_count = rest.match.service_count = 0;
	rest.match.clients = NULL;
	if (listener_matches(&rest, daemon) != TRI_YES)
		return NULL;
	if (placed)
		return names[0];
	return is_one_of(short_name(work->service), names, count) ? short_name(work->service) : NULL;
}

static void give_name(struct postfix_work *work, const struct listener *listener, const char *name,
		      struct session *daemon)
{
	if (!name_is_plain(name)) {
		work_error(work, listener->line,
			   "listener %s: daemon_name '%s' cannot stand in master.cf; expected letters, "
			   "digits, '-', '_' and '.'",
			   listener->name, name);
		return;
	}
	daemon->daemon_name = text_known(name);
	work_line(work,
		  work_origin(work, listener->line, "listener %s: match.daemon_name: %s", listener->name, name),
		  "milter_macro_daemon_name", name);
}

static void give_service(struct postfix_work *work, const struct listener *listener, const char *name,
			 struct session *daemon)
{
	const char *before = postfix_value(work->current, work->service, "milter_macro_defaults");
	const char *more = before && before[0] != '\0' ? ", " : "";

	if (!name_is_plain(name)) {
		work_error(work, listener->line,
			   "listener %s: service '%s' cannot stand in master.cf; expected letters, "
			   "digits, '-', '_' and '.'",
			   listener->name, name);
		return;
	}
	daemon->listener_service = text_known(name);
	work_line(work, work_origin(work, listener->line, "listener %s: match.service: %s", listener->name, name),
		  "milter_macro_defaults",
		  arena_format(work->arena, "{service}=%s%s%s", name, more, before ? before : ""));
}

/* Its name and {service}, as configured or as some listener wants them. */
void postfix_names(struct postfix_work *work, struct session *daemon)
{
	const char *name = postfix_value(work->current, work->service, "milter_macro_daemon_name");
	const char *service = macro_service(work);

	const char *host = postfix_value(work->current, NULL, "myhostname");

	daemon->daemon_name = name ? text_known(name) : host ? text_known(host) : text_none();
	daemon->listener_service = service ? text_known(service) : text_none();
	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];
		const struct match *match = &listener->match;
		const char *wanted;

		wanted = name ? NULL :
			 name_to_give(work, daemon, match->daemon_names, match->daemon_name_count, listener);
		if (wanted)
			give_name(work, listener, name = wanted, daemon);
		wanted = service ? NULL :
			 name_to_give(work, daemon, match->services, match->service_count, listener);
		if (wanted)
			give_service(work, listener, service = wanted, daemon);
		if (listener_matches(listener, daemon) == TRI_YES)
			return;
	}
}

void postfix_agreement(struct postfix_work *work)
{
	const struct daemon_listeners *all = &work->listeners;
	const struct listener *first = all->listeners[0], *other = first;
	enum command_id id = daemon_listeners_differ(work->policy, all, &other);

	/* Keywords of EHLO can be asked for: postfix_check_conditions(). */
	if (id < COMMAND_FIRST_EXTENSION)
		work_error(work, other->line,
			   "listeners %s and %s share the service %s, and differ in commands.%s: Postfix cannot tell "
			   "their clients apart; give one a service of its own (match: { daemon_port: ... })",
			   first->name, other->name, work->service->name, command_table[id].name);
	for (size_t i = 1; i < all->count; i++)
		if (all->listeners[i]->helo_marker != first->helo_marker)
			work_error(work, all->listeners[i]->line,
				   "listeners %s and %s share the service %s, and differ in helo_marker; give both "
				   "the same",
				   first->name, all->listeners[i]->name, work->service->name);
}

/* --- the milter itself --- */

/* Relative to the queue directory, where every smtpd works, chrooted or not. */
const char *work_inside(const struct postfix_work *work, const char *socket)
{
	const char *folder = postfix_value(work->current, NULL, "queue_directory");
	const char *path = socket + strlen("unix:");
	size_t length;

	if (strncmp(socket, "unix:", 5) != 0)
		return NULL;
	if (!folder)
		folder = "/var/spool/postfix";
	length = strlen(folder);
	return strncmp(path, folder, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static void check_chroot(struct postfix_work *work, const char *inside)
{
	const char *socket = server_socket_seen(&work->policy->server);
	unsigned line = work->policy->server.socket_line;

	if (strncmp(socket, "unix:", 5) != 0 || inside || work->service->chroot == TRI_NO)
		return;
	if (work->service->chroot == TRI_YES)
		work_error(work, line,
			   "service %s runs chrooted and cannot reach %s; put the socket below Postfix's queue "
			   "directory, or use inet:8897@127.0.0.1",
			   work->service->name, socket);
	else
		work_warn(work, line, "a chrooted smtpd, as Debian has it, cannot reach %s", socket);
}

/* "{ inet:127.0.0.1:8897, command_timeout = 30s }" and "inet:127.0.0.1:8897" are the same milter. */
static bool is_same_milter(const char *item, const void *address)
{
	size_t length = strlen(address);

	item += strspn(item, "{ \t");
	return strncmp(item, address, length) == 0 && (item[length] == '\0' || strchr(" \t,}", item[length]));
}

bool postfix_wants_no_milters(const struct postfix_service *service)
{
	const char *own = postfix_option(service, "smtpd_milters");
	const char *options = postfix_option(service, "receive_override_options");

	return (own && own[0] == '\0') || (options && strstr(options, "no_milters"));
}

/* What it finds for a client takes the place of smtpd_milters (postconf(5)). */
static void check_milter_maps(struct postfix_work *work)
{
	static const char name[] = "smtpd_milter_maps";
	const char *maps = postfix_value(work->current, work->service, name);
	const struct place place = { .file = work->current->file,
				     .line = postfix_line(work->current, work->service, name) };
	const char *text;

	if (!maps || maps[0] == '\0')
		return;
	text = arena_format(work->arena, "service %s: %s = %s gives clients other milters, or none: they are not judged unless "
			    "this one is in what it finds", work->service->name, name, maps);
	work_note(work, NULL, text);
	if (text)
		diag_warn(work->diag, place, "%s", text);
}

void postfix_milters(struct postfix_work *work)
{
	const struct server *server = &work->policy->server;
	const char *inside = work_inside(work, server_socket_seen(server));
	const char *value = postfix_value(work->current, work->service, "smtpd_milters");
	const char *item, *rest = value ? value : "";
	struct buf address, list;

	work_check_socket(work, "server.socket", server_socket_seen(server), server->socket_line);
	check_chroot(work, inside);
	check_milter_maps(work);
	buf_init(&address);
	buf_init(&list);
	milter_address_postfix(server_socket_seen(server), inside, &address);
	milter_line_postfix(server_socket_seen(server), inside, &list);
	while ((item = postfix_next_item(&rest, work->arena)) != NULL)
		if (!is_same_milter(item, address.text))
			buf_addf(&list, ", %s", item);
	work_line(work, work_origin(work, server->socket_line, "server.socket: %s", server->socket),
		  "smtpd_milters", list.failed || address.failed ? NULL : arena_strdup(work->arena, list.text));
	buf_clear(&list);
	buf_clear(&address);
}

/* What Postfix itself asks of every client, the exempt ones too; it closes the hole after STARTTLS. */
void postfix_helo_required(struct postfix_work *work)
{
	const struct listener *listener = work->listeners.listeners[0];

	if (!refuses_without_greeting(work->policy, listener) || work->listeners.count > 1)
		return;
	work_line(work,
		  work_origin(work, listener->line, "listener %s: checks.greeting: reject, for exempt clients too",
			      listener->name),
		  "smtpd_helo_required", "yes");
}
