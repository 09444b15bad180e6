/* SPDX-License-Identifier: BSD-2-Clause */
/* smtpd_command_filter: the one table of a service that can change a command before Postfix sees it. */
#include "mta/postfix_work.h"

#include <string.h>

#define ANYTHING "[[:space:]]+[^[:space:]].*$/"

/* A rule of the table at hand. */
static void rule(struct postfix_work *work, struct config_lines *rules, const char *origin, const char *pattern,
		 const char *result)
{
	if (!origin || !config_lines_add(rules, origin, pattern, result))
		work->no_memory = true;
}

static void rule_for(struct postfix_work *work, struct config_lines *rules, enum command_id id,
		     enum command_value value, const char *pattern, const char *result)
{
	const struct command_setting setting = work_setting(work, id);

	if (setting.value == value && !setting.condition)
		rule(work, rules, setting_origin(work, id, &setting), pattern, result);
}

/* HELO NAME reaches the milter with a dot behind the name, EHLO NAME without: the only way to tell it the verb. */
static void add_marker(struct postfix_work *work, struct config_lines *rules)
{
	const struct listener *listener = work->block->listener;
	const char *origin;

	if (listener->helo_marker != HELO_MARKER_TRAILING_DOT)
		return;
	origin = work_origin(work, listener->line, "listener %s: helo_marker: trailing_dot", listener->name);
	rule(work, rules, origin, "/^EHLO[[:space:]]+(.*[^[:space:].])[[:space:]]*\\.[.[:space:]]*$/", "EHLO $1");
	rule(work, rules, origin, "/^EHLO[[:space:]]+[.[:space:]]+$/", "EHLO");
	rule(work, rules, origin, "/^HELO[[:space:]]+(.*[^[:space:].])[.[:space:]]*$/", "HELO $1.");
	rule(work, rules, origin, "/^HELO[[:space:]]+[.[:space:]]+$/", "HELO");
	work_note(work, origin,
		  "with the marker reject_invalid_helo_hostname refuses every HELO [192.0.2.1]: leave that check "
		  "to ehlo_syntax");
}

/* The first rule that fits decides: refusals stand before the marker, and what only logs comes last. */
static void add_rules(struct postfix_work *work, struct config_lines *rules)
{
	rule_for(work, rules, COMMAND_HELO, VALUE_REFUSE, "/^HELO([[:space:]].*)?$/", "X-EHLO-REQUIRED");
	rule_for(work, rules, COMMAND_EHLO, VALUE_REFUSE, "/^EHLO([[:space:]].*)?$/", "X-HELO-ONLY");
	rule_for(work, rules, COMMAND_VRFY, VALUE_HIDE, "/^VRFY" ANYTHING, "VRFY postmaster");
	rule_for(work, rules, COMMAND_EXPN, VALUE_DISABLE, "/^EXPN" ANYTHING, "VRFY postmaster");
	add_marker(work, rules);
	if (work->log_more)
		rule(work, rules, "--log-more", "/^((EHLO|HELO)[[:space:]].*)$/", "$1");
}

/* --- where the rules go --- */

struct postfix_table *work_table(struct postfix_work *work, const char *path, bool foreign,
				 const struct config_lines *rules)
{
	struct postfix_table **last = &work->plan->tables;
	struct postfix_table *table;

	for (; *last; last = &(*last)->next) {
		if (strcmp((*last)->path, path) != 0)
			continue;
		if (config_lines_equal(&(*last)->rules, rules))
			return *last;
		work_error(work, work->block->listener->line,
			   "services %s and %s share the command filter %s, and want "
			   "different rules; give each a file of its own (-o smtpd_command_filter in master.cf)",
			   (*last)->service->name, work->service->name, path);
		return NULL;
	}
	table = arena_alloc(work->arena, sizeof *table);
	if (!table) {
		work->no_memory = true;
		return NULL;
	}
	*table = (struct postfix_table){
		.path = path, .foreign = foreign, .rules = *rules, .service = work->service
	};
	*last = table;
	return table;
}

static bool is_ours(const char *filter)
{
	return strncmp(filter, "regexp:", 7) == 0 && strstr(filter, "/ehlo-milter-");
}

/* The file of an existing filter that rules can be put into: both kinds of tables take them. */
static const char *file_of(const char *filter)
{
	const char *path = NULL;

	if (strncmp(filter, "regexp:", 7) == 0)
		path = filter + 7;
	else if (strncmp(filter, "pcre:", 5) == 0)
		path = filter + 5;
	return path && path[0] != '{' && !strpbrk(path, ", \t") ? path : NULL;
}

/* Where every rule of the table comes from, each place once. */
static const char *all_origins(struct postfix_work *work, const struct config_lines *rules)
{
	const char *origins = NULL, *before = "";

	for (const struct config_line *l = rules->first; l; l = l->next) {
		if (strcmp(l->origin, before) != 0)
			origins = join_origins(work->arena, origins, l->origin);
		before = l->origin;
	}
	return origins;
}

static void use_own_table(struct postfix_work *work, const struct config_lines *rules)
{
	const char *path = arena_format(work->arena, "${config_directory}/ehlo-milter-%s.regexp",
					work->block->listener->name);

	if (!path)
		work->no_memory = true;
	else if (work_table(work, path, false, rules))
		work_line(work, all_origins(work, rules), "smtpd_command_filter",
			  arena_format(work->arena, "regexp:%s", path));
}

static void use_foreign_table(struct postfix_work *work, const char *filter, const struct config_lines *rules)
{
	const char *path = file_of(filter);

	if (!path && rules->count > 0)
		work_error(work, work->block->listener->line,
			   "service %s: smtpd_command_filter = %s: there can be only one, "
			   "and rules cannot be put into this one; move it to a regexp: or pcre: file",
			   work->service->name, filter);
	/* A service without rules of ours shares the file as well, and must not get those of another. */
	else if (path && work_table(work, path, true, rules) && rules->count > 0)
		work_note(work, all_origins(work, rules),
			  arena_format(work->arena,
				       "smtpd_command_filter = %s stays; the rules stand in front of its own",
				       filter));
}

void postfix_filter(struct postfix_work *work)
{
	const char *filter = postfix_value(work->current, work->service, "smtpd_command_filter");
	struct config_lines rules;

	config_lines_init(&rules, work->arena);
	add_rules(work, &rules);
	if (filter && filter[0] != '\0' && !is_ours(filter))
		use_foreign_table(work, filter, &rules);
	else if (rules.count > 0)
		use_own_table(work, &rules);
	else if (filter && is_ours(filter))
		work_line(work, work_origin(work, work->block->listener->line, "listener %s: no rule is left",
					    work->block->listener->name), "smtpd_command_filter", "");
}
