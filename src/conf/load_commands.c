/* SPDX-License-Identifier: BSD-2-Clause */
/* The key commands, of a listener or at the top level: what only the MTA can enforce. */
#include "conf/loader.h"

#include "base/buf.h"

#include <string.h>

#define VALUES_MAX 8

/* The facts that an MTA can tell when it asks; load_commands() refuses all others. */
static const char *const askable_facts[] = {
	"listener", "mta", "service", "daemon_name", "daemon_port", "daemon_addr", "client",
	"client_name", "authenticated", "auth_user", "tls", "tls_version",
};

/* One key while it is read. */
struct setting_load {
	enum command_id id;
	struct command_setting *setting;
};

/* --- values --- */

/* The words of a key; "default" has no sense as one branch of a condition. */
static void words_of(enum command_id id, bool in_condition, const char *words_r[VALUES_MAX])
{
	size_t count = 0;

	for (const enum command_value *v = command_table[id].values; *v != VALUE_ABSENT; v++)
		if (!in_condition || *v != VALUE_DEFAULT)
			words_r[count++] = command_value_word(*v);
	words_r[count] = NULL;
}

static enum command_value load_value(struct loader *loader, const struct node *node,
				     enum command_id id, bool in_condition)
{
	const char *words[VALUES_MAX];
	bool flag;
	size_t i;

	if (id >= COMMAND_FIRST_EXTENSION) {
		if (!load_bool(loader, node, &flag))
			return VALUE_ABSENT;
		return flag ? VALUE_TRUE : VALUE_FALSE;
	}
	words_of(id, in_condition, words);
	if (!load_choice(loader, node, words, &i))
		return VALUE_ABSENT;
	return command_value_from_word(id, words[i]);
}

/* --- conditions --- */

static const char *fact_objection(const char *name)
{
	if (check_find(name))
		return "a check cannot decide what the MTA does; expected facts such as client";
	if (!fact_find(name))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(askable_facts); i++)
		if (strcmp(name, askable_facts[i]) == 0)
			return NULL;
	return "this fact is not known when the MTA asks; expected client, client_name, "
	       "authenticated, auth_user, tls, tls_version, or what names the listener";
}

static const struct list *find_list(const void *policy, const char *name)
{
	return policy_find_list(policy, name);
}

static void note_dns_list(void *asks_dns, const struct expr_operand *operand)
{
	if (operand->list && list_asks_dns(operand->list))
		*(bool *)asks_dns = true;
}

static void load_if(struct loader *loader, const struct node *node, void *target)
{
	struct setting_load *load = target;
	const struct expr_scope scope = {
		.find_list = find_list, .lists = loader->policy, .objection = fact_objection,
	};
	struct expr_error error;
	bool asks_dns = false;

	if (!is_text(loader, node, "an expression") || is_cut_by_comment(loader, node))
		return;
	load->setting->condition = expr_compile(node->text, &scope, &loader->policy->arena, &error);
	if (!load->setting->condition) {
		diag_error(loader->diag, node_place_at(node, &loader->source, error.offset), "%s",
			   error.text);
		return;
	}
	load->setting->text = policy_copy(loader, node->text);
	expr_each_operand(load->setting->condition, note_dns_list, &asks_dns);
	if (asks_dns)
		error_at(loader, node,
			 "a DNS list cannot decide what the MTA does: it does not wait for the answer");
}

static void load_then(struct loader *loader, const struct node *node, void *target)
{
	struct setting_load *load = target;

	load->setting->value = load_value(loader, node, load->id, true);
}

static void load_else(struct loader *loader, const struct node *node, void *target)
{
	struct setting_load *load = target;

	load->setting->otherwise = load_value(loader, node, load->id, true);
}

static const struct key condition_keys[] = {
	{ .name = "if", .load = load_if, .use = KEY_REQUIRED, .expected = "an expression" },
	{ .name = "then", .load = load_then, .use = KEY_REQUIRED, .expected = "the value where it is true" },
	{ .name = "else", .load = load_else, .use = KEY_REQUIRED,
	  .expected = "the value where it is false or unknown" },
};

static void load_setting(struct loader *loader, const struct node *node, struct commands *commands,
			 enum command_id id)
{
	static const struct key_table table = KEY_TABLE(condition_keys);
	struct command_setting *setting = &commands->settings[id];
	struct setting_load load = { .id = id, .setting = setting };

	setting->line = node->key->place.line;
	if (node->kind != NODE_MAP)
		setting->value = load_value(loader, node, id, false);
	if (node->kind != NODE_MAP)
		return;
	if (id == COMMAND_EIGHT_BIT_HEADERS)
		error_at(loader, node, "'eight_bit_headers' takes no condition; expected accept or reject");
	else
		load_map(loader, node, &table, &load);
}

/* --- keys --- */

/* A key of the file to its row: load_map() hands over the value, which knows its key. */
static enum command_id id_of(const struct node *node, bool extension)
{
	size_t i = extension ? COMMAND_FIRST_EXTENSION : 0;

	while (strcmp(command_table[i].key, node->key->text) != 0)
		i++;
	return (enum command_id)i;
}

static void load_word(struct loader *loader, const struct node *node, void *commands)
{
	load_setting(loader, node, commands, id_of(node, false));
}

static void load_extension(struct loader *loader, const struct node *node, void *commands)
{
	load_setting(loader, node, commands, id_of(node, true));
}

static const struct key extension_keys[] = {
	{ .name = "pipelining", .load = load_extension, .help = "does EHLO list PIPELINING?" },
	{ .name = "chunking", .load = load_extension, .help = "does EHLO list CHUNKING?" },
	{ .name = "dsn", .load = load_extension, .help = "does EHLO list DSN?" },
	{ .name = "vrfy", .load = load_extension, .help = "does EHLO list VRFY?" },
	{ .name = "etrn", .load = load_extension, .help = "does EHLO list ETRN?" },
	{ .name = "smtputf8", .load = load_extension, .help = "does EHLO list SMTPUTF8?" },
	{ .name = "8bitmime", .load = load_extension, .help = "does EHLO list 8BITMIME?" },
	{ .name = "size", .load = load_extension, .help = "does EHLO list SIZE?" },
	{ .name = "starttls", .load = load_extension, .help = "does EHLO list STARTTLS?" },
	{ .name = "auth", .load = load_extension, .help = "does EHLO list AUTH?" },
	{ .name = "requiretls", .load = load_extension, .help = "does EHLO list REQUIRETLS?" },
	{ .name = "no_soliciting", .load = load_extension, .help = "does EHLO list NO-SOLICITING?" },
	{ .name = "future_release", .load = load_extension, .help = "does EHLO list FUTURERELEASE?" },
	{ .name = "deliver_by", .load = load_extension, .help = "does EHLO list DELIVERBY?" },
	{ .name = "mt_priority", .load = load_extension, .help = "does EHLO list MT-PRIORITY?" },
};
static const struct key_table extension_table = KEY_TABLE(extension_keys);

static void load_extensions(struct loader *loader, const struct node *node, void *commands)
{
	load_map(loader, node, &extension_table, commands);
}

/* Nothing in it, or in its parts, but domains? */
static bool is_spelt_out(const struct list *list)
{
	for (size_t i = 0; i < list->part_count; i++)
		if (list->parts[i]->self || list->parts[i]->zone || list->parts[i]->patterns.count > 0)
			return false;
	return !list->self && !list->zone && list->patterns.count == 0;
}

static void load_etrn_domains(struct loader *loader, const struct node *node, void *target)
{
	struct commands *commands = target;

	commands->etrn_domains = load_unnamed_list(loader, node, ITEMS_DOMAINS);
	commands->etrn_domains_line = node->key->place.line;
	if (node->kind == NODE_SEQUENCE && node->count == 0)
		error_at(loader, node, "an empty list; expected domains, or 'etrn: block'");
	if (commands->etrn_domains && !is_spelt_out(commands->etrn_domains))
		error_at(loader, node,
			 "$self, patterns and DNS lists cannot be written out for the MTA; expected domains");
}

static const struct key commands_keys[] = {
	{ .name = "vrfy", .load = load_word,
	  .help = "allow; hide: the same 252 for every address, no keyword; default: as the top level says" },
	{ .name = "expn", .load = load_word,
	  .help = "allow; disable: the same 252; default" },
	{ .name = "etrn", .load = load_word,
	  .help =
		  "allow; domain: only for etrn_domains; silent: done and not advertised; block: advertised and refused; disable: "
		  "neither" },
	{ .name = "etrn_domains", .load = load_etrn_domains,
	  .help = "domains, for 'etrn: domain'" },
	{ .name = "helo", .load = load_word,
	  .help = "allow or refuse; at most one of helo and ehlo may be refused" },
	{ .name = "ehlo", .load = load_word,
	  .help = "allow or refuse" },
	{ .name = "extensions", .load = load_extensions,
	  .below = &extension_table,
	  .help = "true or false for what EHLO lists" },
	{ .name = "line_endings", .load = load_word,
	  .help = "crlf, or lenient: a bare LF ends a line, with which messages can be smuggled in" },
	{ .name = "eight_bit_headers", .load = load_word,
	  .help =
		  "accept or reject. The one that the milter itself carries out: a header with a byte above 127 (RFC 5322 2.2) is "
		  "answered 554 5.6.0, unless MAIL said SMTPUTF8. Mode, exempt and always_deliver_to hold as for a check" },
};
const struct key_table commands_table = KEY_TABLE(commands_keys);

/* --- what must hold between keys --- */

/* Two settings that contradict each other when the one may be a and the other b. */
struct conflict {
	enum command_id first;
	enum command_value a;
	enum command_id second;
	enum command_value b;
	const char *text;
};

static const struct conflict conflicts[] = {
	{ COMMAND_HELO, VALUE_REFUSE, COMMAND_EHLO, VALUE_REFUSE,
	  "'helo: refuse' and 'ehlo: refuse' leave no way to greet; expected at most one of them" },
	{ COMMAND_VRFY, VALUE_HIDE, COMMAND_VRFY_KEYWORD, VALUE_TRUE,
	  "'vrfy: hide' takes the keyword away, 'extensions.vrfy: true' wants it; expected one of them" },
	{ COMMAND_ETRN, VALUE_SILENT, COMMAND_ETRN_KEYWORD, VALUE_TRUE,
	  "'etrn: silent' is not advertised, 'extensions.etrn: true' is; expected 'etrn: allow'" },
	{ COMMAND_ETRN, VALUE_DISABLE, COMMAND_ETRN_KEYWORD, VALUE_TRUE,
	  "'etrn: disable' is not advertised, 'extensions.etrn: true' is; expected 'etrn: block'" },
	{ COMMAND_ETRN, VALUE_ALLOW, COMMAND_ETRN_KEYWORD, VALUE_FALSE,
	  "'etrn: allow' is advertised, 'extensions.etrn: false' is not; expected 'etrn: silent'" },
	{ COMMAND_ETRN, VALUE_BLOCK, COMMAND_ETRN_KEYWORD, VALUE_FALSE,
	  "'etrn: block' is advertised, 'extensions.etrn: false' is not; expected 'etrn: disable'" },
};

/* The node of a key that this map itself holds; NULL where the setting is inherited. */
static const struct node *own_node(const struct node *map, enum command_id id)
{
	const struct node *extensions = node_get(map, "extensions");

	if (id < COMMAND_FIRST_EXTENSION)
		return node_get(map, command_table[id].key);
	return extensions && extensions->kind == NODE_MAP ? node_get(extensions, command_table[id].key) : NULL;
}

/* Where both are inherited, the top level has reported it. */
static void check_conflict(struct loader *loader, const struct node *map, const struct commands *own,
			   const struct conflict *conflict)
{
	const struct commands *top = &loader->policy->commands;
	const struct command_setting first = commands_in_force(own, top, conflict->first);
	const struct command_setting second = commands_in_force(own, top, conflict->second);
	const struct node *at = own_node(map, conflict->second);

	if (!at)
		at = own_node(map, conflict->first);
	if (at && command_may_be(&first, conflict->a) && command_may_be(&second, conflict->b))
		error_at(loader, at, "%s", conflict->text);
}

static void check_etrn(struct loader *loader, const struct node *map, const struct commands *own)
{
	const struct commands *top = &loader->policy->commands;
	const struct command_setting etrn = commands_in_force(own, top, COMMAND_ETRN);
	const struct node *at = node_get(map, "etrn");

	if (at && command_may_be(&etrn, VALUE_DOMAIN) && !commands_etrn_domains(own, top))
		error_at(loader, at,
			 "'etrn: domain' does not say which; expected 'etrn_domains: [...]' beside it");
}

void load_commands(struct loader *loader, const struct node *node, void *target)
{
	struct commands *commands = target;

	load_map(loader, node, &commands_table, commands);
	if (node->kind != NODE_MAP)
		return;
	for (size_t i = 0; i < COUNT_OF(conflicts); i++)
		check_conflict(loader, node, commands, &conflicts[i]);
	check_etrn(loader, node, commands);
}

void load_policy_commands(struct loader *loader, const struct node *node, void *target)
{
	struct policy *policy = target;

	load_commands(loader, node, &policy->commands);
}

void load_listener_commands(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	load_commands(loader, node, &listener->commands);
}

/* --- warnings --- */

static void warn_where(struct loader *loader, const struct node *map, enum command_id id,
		       const struct commands *own, enum command_value value, const char *text)
{
	const struct node *at = own_node(map, id);

	if (at && command_may_be(&own->settings[id], value))
		diag_warn(loader->diag, at->place, "%s", text);
}

void lint_commands(struct loader *loader, const struct commands *own, const struct node *map)
{
	const struct commands *top = &loader->policy->commands;
	const struct command_setting etrn = commands_in_force(own, top, COMMAND_ETRN);
	const struct node *domains = node_get(map, "etrn_domains");

	warn_where(loader, map, COMMAND_HELO, own, VALUE_REFUSE,
		   "refuses clients that say HELO, which a server must support (RFC 5321 3.2)");
	warn_where(loader, map, COMMAND_EHLO, own, VALUE_REFUSE,
		   "refuses EHLO, which a server must support (RFC 5321 2.2.1); without it there is "
		   "neither STARTTLS nor AUTH");
	warn_where(loader, map, COMMAND_LINE_ENDINGS, own, VALUE_LENIENT,
		   "takes a bare LF for the end of a line, which a server must not (RFC 5321 2.3.8): "
		   "messages can be smuggled in");
	/* At the top level a listener may still say domain. */
	if (domains && own != top && !command_may_be(&etrn, VALUE_DOMAIN))
		diag_warn(loader->diag, domains->place, "has no effect without 'etrn: domain'");
}
