/* SPDX-License-Identifier: BSD-2-Clause */
/* Rulesets that decide by the listener: one tells which it is, the others ask it. */
#include "mta/sendmail_work.h"

#include <string.h>
#include <strings.h>

#define LISTENER_RULESET "EhloMilterListener"
#define VRFY_REPLY "$#error $@ 2.5.2 $: \"252 2.5.2 Cannot VRFY user, but will accept message and attempt delivery\""
#define EXPN_REPLY "$#error $@ 2.5.2 $: \"252 2.5.2 Cannot EXPN list, but will accept message and attempt delivery\""
#define ETRN_REPLY "$#error $@ 5.7.1 $: \"554 5.7.1 ETRN refused\""
#define HELO_REPLY "$#error $@ 5.5.1 $: \"503 5.5.1 EHLO required\""

/* What Local_srv_features turns on and off per listener, by key and value. */
struct feature {
	enum command_id id;
	enum command_value value;
	const char *letters;
};

static const struct feature features[] = {
	{ COMMAND_EXPN, VALUE_ALLOW, "x" },
	/* 502 would come from Sendmail itself, and check_expn were not asked. */
	{ COMMAND_EXPN, VALUE_DISABLE, "x" },
	{ COMMAND_ETRN, VALUE_ALLOW, "e" },
	{ COMMAND_ETRN, VALUE_DOMAIN, "e" },
	{ COMMAND_ETRN, VALUE_BLOCK, "e" },
	{ COMMAND_ETRN, VALUE_DISABLE, "E" },
	{ COMMAND_LINE_ENDINGS, VALUE_CRLF, "o g u" },
	{ COMMAND_LINE_ENDINGS, VALUE_LENIENT, "O G U" },
	{ COMMAND_PIPELINING, VALUE_TRUE, "p" },
	{ COMMAND_PIPELINING, VALUE_FALSE, "P" },
	{ COMMAND_DSN, VALUE_TRUE, "d" },
	{ COMMAND_DSN, VALUE_FALSE, "D" },
	{ COMMAND_ETRN_KEYWORD, VALUE_TRUE, "e" },
	{ COMMAND_ETRN_KEYWORD, VALUE_FALSE, "E" },
	{ COMMAND_STARTTLS, VALUE_TRUE, "s" },
	{ COMMAND_STARTTLS, VALUE_FALSE, "S" },
	{ COMMAND_AUTH, VALUE_TRUE, "a" },
	{ COMMAND_AUTH, VALUE_FALSE, "A" },
};

#define FEATURE_COUNT (sizeof features / sizeof features[0])

/* --- listeners that share sessions --- */

static bool share_a_number(const unsigned *a, size_t a_count, const unsigned *b, size_t b_count)
{
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			if (a[i] == b[j])
				return true;
	return a_count == 0 || b_count == 0;
}

static bool share_a_name(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			if (strcasecmp(a[i], b[j]) == 0)
				return true;
	return a_count == 0 || b_count == 0;
}

/* Could one daemon be both? */
static bool may_meet(const struct listener *a, const struct listener *b)
{
	return share_a_number(a->match.daemon_ports, a->match.daemon_port_count, b->match.daemon_ports,
			      b->match.daemon_port_count) &&
	       share_a_name(a->match.daemon_names, a->match.daemon_name_count, b->match.daemon_names,
			    b->match.daemon_name_count);
}

/* The macro {service} is Postfix's: such a listener is never one of Sendmail's daemons. */
static bool is_here(const struct listener *listener)
{
	return listener->match.service_count == 0;
}

static bool differ(struct sendmail_work *work, const struct listener *a, const struct listener *b, enum command_id id)
{
	const struct command_setting x = mc_setting(work, a, id), y = mc_setting(work, b, id);

	return !command_setting_equal(&x, &y) ||
	       (id == COMMAND_ETRN && x.value == VALUE_DOMAIN &&
		commands_etrn_domains(&a->commands, &work->policy->commands) !=
		commands_etrn_domains(&b->commands, &work->policy->commands));
}

/* Rules know daemons, not the clients of match: a listener that asks for clients must want what the others do. */
static void check_clients(struct sendmail_work *work, const struct listener *listener)
{
	const struct policy *policy = work->policy;

	for (const struct listener *other = listener + 1; other < policy->listeners + policy->listener_count; other++)
		for (enum command_id id = 0; id < COMMAND_COUNT; id++)
			if (id != COMMAND_EIGHT_BIT_HEADERS && is_here(other) && may_meet(listener, other) &&
			    differ(work, listener, other, id)) {
				mc_error(work, listener->line, "listeners %s and %s share daemons, and differ in commands.%s: static "
					 "rules do not know match.client; give one a daemon of its own", listener->name,
					 other->name, command_table[id].name);
				return;
			}
}

/* --- which listener --- */

static bool is_plain(const char *name)
{
	return name[0] != '\0' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

static void add_match(struct sendmail_work *work, const struct listener *listener, const char *name, const char *port)
{
	const char *origin = mc_origin(work, listener->line, "listener %s: match", listener->name);

	if (name && !is_plain(name)) {
		mc_error(work, listener->line, "listener %s: daemon_name '%s' cannot stand in a rule; expected letters, digits, "
			 "'-', '_' and '.'", listener->name, name);
		return;
	}
	if (name)
		name = arena_format(work->arena, "`%s'", name);
	mc_rule(work, origin, arena_format(work->arena, "R%s $| %s\t$@ `%s'", name ? name : "$*", port ? port : "$*",
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
		mc_error(work, listener->line, "listener %s: rules do not tell daemons apart by daemon_addr; give the daemon a name "
			 "(DAEMON_OPTIONS Name=) and match daemon_name", listener->name);
	for (size_t i = 0; i < match->daemon_name_count; i++)
		add_ports(work, listener, match->daemon_names[i]);
	if (match->daemon_name_count == 0)
		add_ports(work, listener, NULL);
}

/* What comes by a pipe (sendmail -bs) has no daemon, and is nobody's listener. */
static void add_listeners(struct sendmail_work *work)
{
	mc_rule(work, NULL, "S" LISTENER_RULESET);
	mc_rule(work, NULL, "R$*\t\t$: $&{daemon_name} $| $&{daemon_port}");
	mc_rule(work, NULL, "R$| $*\t\t$@");
	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];

		/* A listener that asks for clients: its sessions fall to those below, which want the same. */
		if (is_here(listener) && !listener->match.clients)
			add_listener(work, listener);
	}
	mc_rule(work, NULL, "R$*\t\t$@");
}

/* --- rulesets that ask for it --- */

/* A ruleset is written when some listener has a rule in it. */
struct ruleset {
	struct sendmail_work *work;
	enum sendmail_ruleset id;
	const char *first;	/* its first line, which makes the workspace */
	bool open;
};

static void open_ruleset(struct ruleset *ruleset, unsigned line)
{
	struct sendmail_work *work = ruleset->work;
	const char *name = sendmail_rulesets[ruleset->id];

	if (ruleset->open)
		return;
	ruleset->open = true;
	if (work->current->taken[ruleset->id])
		mc_error(work, line, "ruleset %s has rules in --current already; two cannot be merged: put what they do into the "
			 "policy, or leave the key out", name);
	mc_rule(work, NULL, arena_format(work->arena, "S%s", name));
	mc_rule(work, NULL, ruleset->first);
}

/* One rule of a listener: what stands before and behind its name on the left, and the right side. */
static void add_rule(struct ruleset *ruleset, const struct listener *listener, enum command_id id, const char *left,
		     const char *right)
{
	struct sendmail_work *work = ruleset->work;
	const struct command_setting setting = mc_setting(work, listener, id);

	open_ruleset(ruleset, setting.line);
	mc_rule(work, mc_setting_origin(work, listener, id, &setting),
		arena_format(work->arena, "R%s`%s'\t%s", left, listener->name, right));
}

static bool static_value_is(struct sendmail_work *work, const struct listener *listener, enum command_id id,
			    enum command_value value)
{
	const struct command_setting setting = mc_setting(work, listener, id);

	return setting.value == value && !setting.condition && is_here(listener) && !listener->match.clients;
}

/* A listener that names no vrfy stays as novrfy had it, though that option must go for the others. */
static void keep_hidden(struct ruleset *ruleset, const struct listener *listener)
{
	struct sendmail_work *work = ruleset->work;

	open_ruleset(ruleset, listener->line);
	mc_rule(work, mc_origin(work, listener->line, "listener %s names no vrfy: as PrivacyOptions had it", listener->name),
		arena_format(work->arena, "R`%s'\t%s", listener->name, VRFY_REPLY));
}

/* check_vrfy and check_expn: the same reply for every argument. */
static void add_same_reply(struct sendmail_work *work, enum sendmail_ruleset ruleset_id, enum command_id id,
			   enum command_value value, const char *reply)
{
	struct ruleset ruleset = { .work = work, .id = ruleset_id, .first = "R$*\t\t$: $>" LISTENER_RULESET " $1" };

	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];

		if (static_value_is(work, listener, id, value))
			add_rule(&ruleset, listener, id, "", reply);
		else if (id == COMMAND_VRFY && work->vrfy_opened && static_value_is(work, listener, id, VALUE_ABSENT))
			keep_hidden(&ruleset, listener);
	}
	if (ruleset.open)
		mc_rule(work, NULL, "R$*\t\t$@ OK");
}

static bool holds_self(const struct list *list)
{
	for (size_t i = 0; i < list->part_count; i++)
		if (list->parts[i]->self)
			return true;
	return list->self;
}

/* ".example.org" allows the node, the nodes below it, and "@example.org", which means all of them (RFC 1985 5). */
static void add_etrn_domain(struct ruleset *ruleset, const struct listener *listener, const char *domain)
{
	struct arena *arena = ruleset->work->arena;
	bool below = domain[0] == '.' || domain[0] == '*';
	bool self = domain[0] != '*';

	domain += strspn(domain, "*.");
	if (self)
		add_rule(ruleset, listener, COMMAND_ETRN, arena_format(arena, "`%s' $| ", domain), "$@ OK");
	if (below)
		add_rule(ruleset, listener, COMMAND_ETRN, arena_format(arena, "$+ . `%s' $| ", domain), "$@ OK");
	if (below && self)
		add_rule(ruleset, listener, COMMAND_ETRN, arena_format(arena, "@ `%s' $| ", domain), "$@ OK");
}

static void add_etrn_domains(struct ruleset *ruleset, const struct listener *listener)
{
	struct sendmail_work *work = ruleset->work;
	const struct list *domains = commands_etrn_domains(&listener->commands, &work->policy->commands);
	struct list_source source;
	char domain[300];

	if (holds_self(domains))
		mc_error(work, listener->line, "etrn_domains: $self cannot be written out for Sendmail; name the domains");
	for (size_t i = 0; list_domain_at(domains, i, domain, &source); i++)
		add_etrn_domain(ruleset, listener, domain);
}

static void add_etrn(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_CHECK_ETRN, .first = "R$*\t\t$: $1 $| $>" LISTENER_RULESET " $1"
	};

	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];
		bool domain = static_value_is(work, listener, COMMAND_ETRN, VALUE_DOMAIN);

		if (domain)
			add_etrn_domains(&ruleset, listener);
		if (domain || static_value_is(work, listener, COMMAND_ETRN, VALUE_BLOCK))
			add_rule(&ruleset, listener, COMMAND_ETRN, "$* $| ", ETRN_REPLY);
	}
	if (ruleset.open)
		mc_rule(work, NULL, "R$*\t\t$@ OK");
}

/* Macro r is SMTP without any greeting too: that is refused with it. */
static void add_helo(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_CHECK_MAIL, .first = "R$*\t\t$: $1 $| $&r $| $>" LISTENER_RULESET " $1"
	};

	for (size_t i = 0; i < work->policy->listener_count; i++)
		if (static_value_is(work, &work->policy->listeners[i], COMMAND_HELO, VALUE_REFUSE))
			add_rule(&ruleset, &work->policy->listeners[i], COMMAND_HELO, "$* $| SMTP $| ", HELO_REPLY);
	if (ruleset.open)
		mc_rule(work, NULL, "R$* $| $* $| $*\t$: $1");
}

/* One line of letters for each listener, with the origin of each of them. */
static void add_letters(struct ruleset *ruleset, const struct listener *listener)
{
	struct sendmail_work *work = ruleset->work;
	const char *letters = "", *origin = NULL;
	unsigned line = 0;

	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		const struct feature *f = &features[i];
		const struct command_setting setting = mc_setting(work, listener, f->id);

		if (!static_value_is(work, listener, f->id, f->value))
			continue;
		if (!strstr(letters, f->letters))
			letters = arena_format(work->arena, "%s %s", letters, f->letters);
		if (!letters)
			return;
		origin = join_origins(work->arena, origin, mc_setting_origin(work, listener, f->id, &setting));
		line = setting.line;
	}
	if (!origin)
		return;
	open_ruleset(ruleset, line);
	mc_rule(work, origin, arena_format(work->arena, "R`%s'\t\t$#%s", listener->name, letters));
}

static void add_features(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_SRV_FEATURES, .first = "R$*\t\t$: $>" LISTENER_RULESET " $1"
	};

	for (size_t i = 0; i < work->policy->listener_count; i++)
		add_letters(&ruleset, &work->policy->listeners[i]);
	if (!ruleset.open)
		return;
	mc_rule(work, NULL, "R$*\t\t$@ OK");
	mc_macro(work, NULL, "define(`_LOCAL_SRV_FEATURES_')dnl");
}

void sendmail_rules(struct sendmail_work *work)
{
	struct config_lines *rules = &work->plan->rules, asking;

	for (size_t i = 0; i < work->policy->listener_count; i++)
		if (work->policy->listeners[i].match.clients && is_here(&work->policy->listeners[i]))
			check_clients(work, &work->policy->listeners[i]);
	add_same_reply(work, RULESET_CHECK_VRFY, COMMAND_VRFY, VALUE_HIDE, VRFY_REPLY);
	add_same_reply(work, RULESET_CHECK_EXPN, COMMAND_EXPN, VALUE_DISABLE, EXPN_REPLY);
	add_etrn(work);
	add_helo(work);
	add_features(work);
	if (rules->count == 0 && !work->vrfy_opened)
		return;
	asking = *rules;
	config_lines_init(rules, work->arena);
	if (work->vrfy_opened)
		mc_rule(work, NULL, arena_format(work->arena, "`" SENDMAIL_PRIVACY "%s'", work->current->privacy));
	add_listeners(work);
	config_lines_append(rules, &asking);
}
