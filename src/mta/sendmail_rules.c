/* SPDX-License-Identifier: BSD-2-Clause */
/* Rulesets that decide by the listener: one tells which it is, the others ask it. */
#include "mta/keywords.h"
#include "mta/sendmail_work.h"

#include <string.h>

#define VRFY_REPLY \
	"$#error $@ 2.5.2 $: \"252 2.5.2 Cannot VRFY user, but will accept message and attempt delivery\""
#define EXPN_REPLY \
	"$#error $@ 2.5.2 $: \"252 2.5.2 Cannot EXPN list, but will accept message and attempt delivery\""
#define ETRN_REPLY "$#error $@ 5.7.1 $: \"554 5.7.1 ETRN refused\""
#define HELO_REPLY "$#error $@ 5.5.1 $: \"503 5.5.1 EHLO required\""

#define LATER_REPLY "$#error $@ 4.3.0 $: \"451 4.3.0 Policy service does not answer, try again later\""

/* --- one ruleset --- */

/* Written when some listener has a rule in it.  Its workspace ends with the listener's name, or the value itself. */
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
		mc_error(work, line, "ruleset %s has rules in --current already; two cannot be merged: put what they "
			 "do into the policy, or leave the key out", name);
	mc_rule(work, NULL, arena_format(work->arena, "S%s", name));
	mc_rule(work, NULL, ruleset->first);
}

static void close_ruleset(struct ruleset *ruleset, const char *last)
{
	if (ruleset->open)
		mc_rule(ruleset->work, NULL, last);
}

/* One rule of a listener: what stands before its name on the left, and the right side. */
static void add_rule(struct ruleset *ruleset, const struct listener *listener, enum command_id id,
		     const char *left, const char *right)
{
	struct sendmail_work *work = ruleset->work;
	const struct command_setting setting = mc_setting(work, listener, id);

	open_ruleset(ruleset, setting.line);
	mc_rule(work, mc_setting_origin(work, listener, id, &setting),
		arena_format(work->arena, "R%s`%s'\t%s", left, listener->name, right));
}

/* The places where a key may come out as value. */
static const char *origins_of(struct sendmail_work *work, enum command_id id, enum command_value value,
			      unsigned *line_r)
{
	const char *origins = NULL;

	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];
		const struct command_setting setting = mc_setting(work, listener, id);

		if (!mc_is_here(listener) || !command_may_be(&setting, value))
			continue;
		origins = join_origins(work->arena, origins, mc_setting_origin(work, listener, id, &setting));
		*line_r = setting.line;
	}
	return origins;
}

/* One rule for a value that the daemon says, where any listener may have it. */
static void add_asked_rule(struct ruleset *ruleset, enum command_id id, enum command_value value, const char *left,
			   const char *right)
{
	unsigned line = 0;
	const char *origins = origins_of(ruleset->work, id, value, &line);

	if (!origins)
		return;
	open_ruleset(ruleset, line);
	mc_rule(ruleset->work, origins, arena_format(ruleset->work->arena, "R%s\t%s", left, right));
}

static bool static_value_is(struct sendmail_work *work, const struct listener *listener, enum command_id id,
			    enum command_value value)
{
	const struct command_setting setting = mc_setting(work, listener, id);

	return setting.value == value && !setting.condition && mc_is_here(listener) && !listener->match.clients;
}

/* --- VRFY and EXPN: the same reply for every argument --- */

/* A listener that names no vrfy stays as novrfy had it, though that option must go for the others. */
static void keep_hidden(struct ruleset *ruleset, const struct listener *listener)
{
	struct sendmail_work *work = ruleset->work;

	open_ruleset(ruleset, listener->line);
	mc_rule(work,
		mc_origin(work, listener->line, "listener %s names no vrfy: as PrivacyOptions had it",
			  listener->name),
		arena_format(work->arena, "R`%s'\t%s", listener->name, VRFY_REPLY));
}

static void add_same_reply(struct sendmail_work *work, enum sendmail_ruleset ruleset_id, enum command_id id,
			   enum command_value value, const char *reply)
{
	struct ruleset ruleset = {
		.work = work, .id = ruleset_id, .first = "R$*\t\t$: $>" MC_LISTENER_RULESET " $1"
	};

	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];

		if (static_value_is(work, listener, id, value))
			add_rule(&ruleset, listener, id, "", reply);
		else if (id == COMMAND_VRFY && work->vrfy_opened &&
			 static_value_is(work, listener, id, VALUE_ABSENT))
			keep_hidden(&ruleset, listener);
	}
	close_ruleset(&ruleset, "R$*\t\t$@ OK");
}

static void add_asked_reply(struct sendmail_work *work, enum sendmail_ruleset ruleset_id, enum command_id id,
			    enum command_value value, const char *reply)
{
	struct ruleset ruleset = {
		.work = work, .id = ruleset_id,
		.first = arena_format(work->arena, "R$*\t\t$: $>" MC_ASK_RULESET " %s", command_table[id].key),
	};
	const char *word = value == VALUE_HIDE ? "HIDE" : "DISABLE";

	add_asked_rule(&ruleset, id, value, word, reply);
	if (!ruleset.open)
		return;
	if (id == COMMAND_VRFY && work->vrfy_opened)
		mc_rule(work, NULL, "RNONE\t\t" VRFY_REPLY);
	mc_rule(work, NULL, "RTEMP\t\t" LATER_REPLY);
	close_ruleset(&ruleset, "R$*\t\t$@ OK");
}

/* --- ETRN --- */

/* ".example.org" allows the node, those below it, and "@example.org", which means all of them (RFC 1985 5). */
static void add_etrn_domain(struct ruleset *ruleset, const struct listener *listener, const char *domain,
			    const char *mark)
{
	struct sendmail_work *work = ruleset->work;
	const struct command_setting setting = mc_setting(work, listener, COMMAND_ETRN);
	const char *origin = mc_setting_origin(work, listener, COMMAND_ETRN, &setting);
	bool below = domain[0] == '.' || domain[0] == '*';
	bool self = domain[0] != '*';

	domain += strspn(domain, "*.");
	open_ruleset(ruleset, setting.line);
	if (self)
		mc_rule(work, origin, arena_format(work->arena, "R`%s' $| %s\t$@ OK", domain, mark));
	if (below)
		mc_rule(work, origin, arena_format(work->arena, "R$+ . `%s' $| %s\t$@ OK", domain, mark));
	if (below && self)
		mc_rule(work, origin, arena_format(work->arena, "R@ `%s' $| %s\t$@ OK", domain, mark));
}

/* mark: what ends the workspace of a session that these domains are for. */
static void add_etrn_domains(struct ruleset *ruleset, const struct listener *listener, const char *mark)
{
	struct sendmail_work *work = ruleset->work;
	const struct list *domains = commands_etrn_domains(&listener->commands, &work->policy->commands);
	const struct command_setting setting = mc_setting(work, listener, COMMAND_ETRN);
	struct list_source source;
	char domain[300];

	for (size_t i = 0; list_domain_at(domains, i, domain, &source); i++)
		add_etrn_domain(ruleset, listener, domain, mark);
	open_ruleset(ruleset, setting.line);
	mc_rule(work, mc_setting_origin(work, listener, COMMAND_ETRN, &setting),
		arena_format(work->arena, "R$* $| %s\t" ETRN_REPLY, mark));
}

static void add_etrn(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_CHECK_ETRN, .first = "R$*\t\t$: $1 $| $>" MC_LISTENER_RULESET " $1"
	};

	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];

		if (static_value_is(work, listener, COMMAND_ETRN, VALUE_DOMAIN))
			add_etrn_domains(&ruleset, listener, arena_format(work->arena, "`%s'", listener->name));
		else if (static_value_is(work, listener, COMMAND_ETRN, VALUE_BLOCK))
			add_rule(&ruleset, listener, COMMAND_ETRN, "$* $| ", ETRN_REPLY);
	}
	close_ruleset(&ruleset, "R$*\t\t$@ OK");
}

static void add_asked_etrn(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_CHECK_ETRN, .first = "R$*\t\t$: $1 $| $>" MC_ASK_RULESET " etrn"
	};

	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];
		const struct command_setting setting = mc_setting(work, listener, COMMAND_ETRN);

		if (mc_is_here(listener) && command_may_be(&setting, VALUE_DOMAIN))
			add_etrn_domains(&ruleset, listener,
					 arena_format(work->arena, "`DOMAIN-%s'", listener->name));
	}
	add_asked_rule(&ruleset, COMMAND_ETRN, VALUE_BLOCK, "$* $| BLOCK", ETRN_REPLY);
	if (ruleset.open)
		mc_rule(work, NULL, "R$* $| TEMP\t" LATER_REPLY);
	close_ruleset(&ruleset, "R$*\t\t$@ OK");
}

/* --- HELO: macro r is SMTP without any greeting too, which is refused with it --- */

static void add_helo(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_CHECK_MAIL,
		.first = "R$*\t\t$: $1 $| $&r $| $>" MC_LISTENER_RULESET " $1"
	};

	for (size_t i = 0; i < work->policy->listener_count; i++)
		if (static_value_is(work, &work->policy->listeners[i], COMMAND_HELO, VALUE_REFUSE))
			add_rule(&ruleset, &work->policy->listeners[i], COMMAND_HELO, "$* $| SMTP $| ",
				 HELO_REPLY);
	close_ruleset(&ruleset, "R$* $| $* $| $*\t$: $1");
}

static void add_asked_helo(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_CHECK_MAIL, .first = "R$*\t\t$: $1 $| $&r $| $>" MC_ASK_RULESET " helo"
	};

	add_asked_rule(&ruleset, COMMAND_HELO, VALUE_REFUSE, "$* $| SMTP $| REFUSE", HELO_REPLY);
	if (ruleset.open)
		mc_rule(work, NULL, "R$* $| SMTP $| TEMP\t" LATER_REPLY);
	close_ruleset(&ruleset, "R$* $| $* $| $*\t$: $1");
}

/* --- what EHLO lists, and line endings --- */

/* One line of letters for each listener, with the origin of each of them. */
static void add_letters(struct ruleset *ruleset, const struct listener *listener)
{
	struct sendmail_work *work = ruleset->work;
	enum command_value values[COMMAND_COUNT];
	const char *origin = NULL;
	unsigned line = 0;
	struct buf letters;

	for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
		const struct command_setting setting = mc_setting(work, listener, id);

		values[id] = setting.condition ? VALUE_ABSENT : setting.value;
		if (!sendmail_letters(id, values[id]))
			continue;
		origin = join_origins(work->arena, origin, mc_setting_origin(work, listener, id, &setting));
		line = setting.line;
	}
	if (!origin || !mc_is_here(listener) || listener->match.clients)
		return;
	buf_init(&letters);
	sendmail_add_letters(&letters, values);
	open_ruleset(ruleset, line);
	mc_rule(work, origin,
		letters.failed ? NULL : arena_format(work->arena, "R`%s'\t\t$# %s", listener->name, letters.text));
	buf_clear(&letters);
}

static void use_srv_features(struct sendmail_work *work)
{
	mc_rule(work, NULL, "R$*\t\t$@ OK");
	mc_macro(work, NULL, "define(`_LOCAL_SRV_FEATURES_')dnl");
}

static void add_features(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_SRV_FEATURES, .first = "R$*\t\t$: $>" MC_LISTENER_RULESET " $1"
	};

	for (size_t i = 0; i < work->policy->listener_count; i++)
		add_letters(&ruleset, &work->policy->listeners[i]);
	if (ruleset.open)
		use_srv_features(work);
}

static void add_asked_features(struct sendmail_work *work)
{
	struct ruleset ruleset = {
		.work = work, .id = RULESET_SRV_FEATURES, .first = "R$*\t\t$: $>" MC_ASK_RULESET " features"
	};

	open_ruleset(&ruleset, work->policy->server.socketmap_line);
	mc_rule(work, NULL, "RTEMP\t\t$# temp");
	mc_rule(work, NULL, "RNONE\t\t$@ OK");
	mc_rule(work, NULL, "R$+\t\t$# $1");
	use_srv_features(work);
}

/* --- all of them --- */

static void add_rulesets(struct sendmail_work *work)
{
	if (mc_is_asked(work, COMMAND_VRFY))
		add_asked_reply(work, RULESET_CHECK_VRFY, COMMAND_VRFY, VALUE_HIDE, VRFY_REPLY);
	else
		add_same_reply(work, RULESET_CHECK_VRFY, COMMAND_VRFY, VALUE_HIDE, VRFY_REPLY);
	if (mc_is_asked(work, COMMAND_EXPN))
		add_asked_reply(work, RULESET_CHECK_EXPN, COMMAND_EXPN, VALUE_DISABLE, EXPN_REPLY);
	else
		add_same_reply(work, RULESET_CHECK_EXPN, COMMAND_EXPN, VALUE_DISABLE, EXPN_REPLY);
	if (mc_is_asked(work, COMMAND_ETRN))
		add_asked_etrn(work);
	else
		add_etrn(work);
	if (mc_is_asked(work, COMMAND_HELO))
		add_asked_helo(work);
	else
		add_helo(work);
	if (mc_features_are_asked(work))
		add_asked_features(work);
	else
		add_features(work);
}

static bool asks_for(const struct config_lines *rules, const char *ruleset)
{
	for (const struct config_line *line = rules->first; line; line = line->next)
		if (strstr(line->value, ruleset))
			return true;
	return false;
}

void sendmail_rules(struct sendmail_work *work)
{
	struct config_lines *rules = &work->plan->rules, asking;

	sendmail_check_conditions(work);
	add_rulesets(work);
	if (rules->count == 0 && !work->vrfy_opened)
		return;
	asking = *rules;
	config_lines_init(rules, work->arena);
	if (work->vrfy_opened)
		mc_rule(work, NULL, arena_format(work->arena, "`" SENDMAIL_PRIVACY "%s'", work->current->privacy));
	if (asks_for(&asking, MC_LISTENER_RULESET))
		sendmail_listener_ruleset(work);
	if (asks_for(&asking, MC_ASK_RULESET) && work->policy->server.socketmap)
		sendmail_ask_ruleset(work);
	config_lines_append(rules, &asking);
}
