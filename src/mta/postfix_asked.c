/* SPDX-License-Identifier: BSD-2-Clause */
/* Keywords that hang on the client: smtpd asks the daemon's socket map by the client's address. */
#include "mta/ask.h"
#include "mta/dynamic.h"
#include "mta/keywords.h"
#include "mta/milter_line.h"
#include "mta/postfix_work.h"

#include <string.h>

bool work_is_asked(struct postfix_work *work, enum command_id id)
{
	const struct command_setting first = work_setting(work, id);

	if (first.condition)
		return true;
	for (size_t i = 1; i < work->listeners.count; i++) {
		const struct command_setting other = commands_in_force(&work->listeners.listeners[i]->commands,
								       &work->policy->commands, id);
		const struct command_setting resolved = dynamic_resolve(&other, work->listeners.listeners[i],
									&work->daemon);

		if (!command_setting_equal(&first, &resolved))
			return true;
	}
	return false;
}

/* Conditions that Postfix cannot ask about, and a socket map that is not there. */
void postfix_check_conditions(struct postfix_work *work)
{
	unsigned asked_line = 0;

	for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
		for (size_t i = 0; i < work->listeners.count; i++) {
			const struct listener *listener = work->listeners.listeners[i];
			const struct command_setting setting = commands_in_force(&listener->commands,
										 &work->policy->commands, id);
			const struct command_setting resolved = dynamic_resolve(&setting, listener, &work->daemon);
			const char *objection = resolved.condition ?
						dynamic_objection(MTA_POSTFIX, id, &resolved) : NULL;

			if (objection)
				work_error(work, setting.line, "service %s: commands.%s: %s", work->service->name,
					   command_table[id].name, objection);
		}
		if (id >= COMMAND_FIRST_EXTENSION && work_is_asked(work, id) && asked_line == 0)
			asked_line = work->listeners.listeners[0]->line;
	}
	if (asked_line > 0 && !work->policy->server.socketmap)
		work_error(work, asked_line,
			   "service %s: the keywords of EHLO hang on the client, so Postfix must ask for them; "
			   "expected server.socketmap, such as inet:8898@127.0.0.1",
			   work->service->name);
}

/* The listeners that may judge, and the keywords that are discarded already, as parts of the map's name. */
static void add_map_name(struct postfix_work *work, const char *kept, struct buf *out)
{
	const char *rest = kept, *item, *between = "";

	buf_add(out, ":" ASK_POSTFIX_MAP "/");
	for (size_t i = 0; i < work->listeners.count; i++)
		buf_addf(out, "%s%s", i > 0 ? "+" : "", work->listeners.listeners[i]->name);
	buf_add_char(out, '/');
	while ((item = postfix_next_item(&rest, work->arena)) != NULL) {
		buf_addf(out, "%s%s", between, item);
		between = "+";
	}
	if (work->current->version >= POSTFIX_VERSION_REQTLS)
		buf_add(out, "/reqtls");
}

static bool is_silent_discard(const char *item, const void *unused)
{
	(void)unused;
	return strcasecmp(item, "silent-discard") == 0;
}

/* They become parts of the map's name. */
static void check_kept(struct postfix_work *work, const char *kept, unsigned line)
{
	const char *rest = kept, *item;

	while ((item = postfix_next_item(&rest, work->arena)) != NULL)
		if (!postfix_keyword_is_word(item, strlen(item)))
			work_error(work, line,
				   "service %s: smtpd_discard_ehlo_keywords holds '%s', which is no keyword of EHLO; "
				   "take it out",
				   work->service->name, item);
}

void postfix_asked_keywords(struct postfix_work *work, const char *origin, unsigned line)
{
	const char *socket = work->policy->server.socketmap;
	const char *kept = work_list_without(work, "smtpd_discard_ehlo_keywords", line, is_silent_discard, NULL);
	struct buf map;

	if (!socket || !kept)
		return;
	work_check_socket(work, "server.socketmap", socket, work->policy->server.socketmap_line);
	check_kept(work, kept, line);
	buf_init(&map);
	buf_add(&map, "socketmap:");
	milter_address_postfix(socket, work_inside(work, socket), &map);
	add_map_name(work, kept, &map);
	work_line(work,
		  join_origins(work->arena, origin,
			       work_origin(work, work->policy->server.socketmap_line, "server.socketmap: %s",
					   socket)),
		  POSTFIX_KEYWORD_MAPS, map.failed ? NULL : arena_strdup(work->arena, map.text));
	buf_clear(&map);
	work_note(work, NULL, "While the daemon does not answer the socket map, EHLO is answered by 421.");
}
