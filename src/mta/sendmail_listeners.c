/* SPDX-License-Identifier: BSD-2-Clause */
/* The rulesets that the others ask: which listener a session belongs to, and what the daemon says of it. */
#include "mta/ask.h"
#include "mta/milter_line.h"
#include "mta/plain.h"
#include "mta/sendmail_work.h"

#include <string.h>

static void add_match(struct sendmail_work *work, const struct listener *listener, const char *name,
		      const char *port)
{
	const char *origin = mc_origin(work, listener->line, "listener %s: match", listener->name);

	if (name && !name_is_plain(name)) {
		mc_error(work, listener->line,
			 "listener %s: daemon_name '%s' cannot stand in a rule; expected letters, digits, "
			 "'-', '_' and '.'",
			 listener->name, name);
		return;
	}
	if (name)
		name = arena_format(work->arena, "`%s'", name);
	mc_rule(work, origin,
		arena_format(work->arena, "R%s $| %s\t$@ `%s'", name ? name : "$*", port ? port : "$*",
			     listener->name));
}

static void add_ports(struct sendmail_work *work, const struct listener *listener, const char *name)
{
	const struct match *match = &listener->match;

	for (size_t i = 0; i < match->daemon_port_count; i++)
		add_match(work, listener, name, arena_format(work->arena, "%u", match->daemon_ports[i]));
	if (match->daemon_port_count == 0)
		add_match(work, listener, name, NULL);
}

static void add_listener(struct sendmail_work *work, const struct listener *listener)
{
	const struct match *match = &listener->match;

	if (match->daemon_addr_count > 0)
		mc_error(work, listener->line,
			 "listener %s: rules do not tell daemons apart by daemon_addr; give the daemon a name "
			 "(DAEMON_OPTIONS Name=) and match daemon_name",
			 listener->name);
	for (size_t i = 0; i < match->daemon_name_count; i++)
		add_ports(work, listener, match->daemon_names[i]);
	if (match->daemon_name_count == 0)
		add_ports(work, listener, NULL);
}

/* What comes by a pipe (sendmail -bs) has no daemon, and is nobody's listener. */
void sendmail_listener_ruleset(struct sendmail_work *work)
{
	mc_rule(work, NULL, "S" MC_LISTENER_RULESET);
	mc_rule(work, NULL, "R$*\t\t$: $&{daemon_name} $| $&{daemon_port}");
	mc_rule(work, NULL, "R$| $*\t\t$@");
	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];

		/* A listener that asks for clients: its sessions fall to those below, which want the same. */
		if (mc_is_here(listener) && !listener->match.clients)
			add_listener(work, listener);
	}
	mc_rule(work, NULL, "R$*\t\t$@");
}

/* Its argument is the kind of question, its value that of the key, NONE or TEMP. */
void sendmail_ask_ruleset(struct sendmail_work *work)
{
	const struct server *server = &work->policy->server;
	const char *origin = mc_origin(work, server->socketmap_line, "server.socketmap: %s", server->socketmap);
	struct buf map;

	mc_check_socket(work, "server.socketmap", server->socketmap, server->socketmap_line);
	buf_init(&map);
	buf_add(&map, "K" ASK_SENDMAIL_MAP " socket -f -t -a<@> -T<TMPF> ");
	if (strncmp(server->socketmap, "unix:", 5) == 0)
		buf_addf(&map, "local:%s", server->socketmap + 5);
	else
		milter_address_sendmail(server->socketmap, &map);
	mc_config(work, origin, map.failed ? NULL : arena_strdup(work->arena, map.text));
	buf_clear(&map);
	mc_rule(work, NULL, "S" MC_ASK_RULESET);
	mc_rule(work, NULL, "R$*\t\t$: $1 $| $&{daemon_name}");
	mc_rule(work, NULL, "R$* $|\t\t$@ NONE");
	mc_rule(work, origin,
		"R$* $| $*\t$: $(" ASK_SENDMAIL_MAP " $1^$&{daemon_name}^$&{daemon_port}^$&{client_addr}"
		"^$&{client_resolve}^$&{tls_version}^$&{auth_authen}^$&{client_name} $: NOTFOUND $)");
	mc_rule(work, NULL, "R$* <@>\t\t$@ $1");
	/* The daemon does not answer, or not this: nothing is let through for that. */
	mc_rule(work, NULL, "R$*\t\t$@ TEMP");
}
