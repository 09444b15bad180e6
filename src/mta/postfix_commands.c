/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters of smtpd for VRFY, ETRN, advertised keywords, line endings, and what a log should tell. */
#include "mta/ask.h"
#include "mta/keywords.h"
#include "mta/postfix_work.h"

#include <string.h>
#include <strings.h>

/* --- VRFY --- */

static bool drop_word(const char *item, const void *word)
{
	return strcasecmp(item, word) == 0;
}

/* smtpd_noop_commands answers 250 to VRFY before anything else looks at it. */
static void take_out_of_noop(struct postfix_work *work, const char *origin, unsigned line)
{
	const char *value = postfix_value(work->current, work->service, "smtpd_noop_commands");
	const char *rest = work_list_without(work, "smtpd_noop_commands", line, drop_word, "vrfy");

	if (value && rest && strcasestr(value, "vrfy"))
		work_line(work, origin, "smtpd_noop_commands", rest);
}

static void add_vrfy(struct postfix_work *work)
{
	const struct command_setting vrfy = work_setting(work, COMMAND_VRFY);
	const struct command_setting keyword = work_setting(work, COMMAND_VRFY_KEYWORD);
	const char *origin = NULL;

	if (vrfy.value != VALUE_ABSENT)
		origin = setting_origin(work, COMMAND_VRFY, &vrfy);
	if (keyword.value == VALUE_TRUE)
		origin = join_origins(work->arena, origin, setting_origin(work, COMMAND_VRFY_KEYWORD, &keyword));
	if (!origin)
		return;
	work_line(work, origin, "disable_vrfy_command", "no");
	if (vrfy.value != VALUE_ABSENT)
		take_out_of_noop(work, origin, vrfy.line);
}

/* EXPN is answered by VRFY, so VRFY must be there to answer. */
static void check_expn(struct postfix_work *work)
{
	const struct command_setting expn = work_setting(work, COMMAND_EXPN);
	const char *disabled = postfix_value(work->current, work->service, "disable_vrfy_command");
	const char *noop = postfix_value(work->current, work->service, "smtpd_noop_commands");

	if (expn.value != VALUE_DISABLE || work_setting(work, COMMAND_VRFY).value != VALUE_ABSENT)
		return;
	if ((disabled && strcasecmp(disabled, "yes") == 0) || (noop && strcasestr(noop, "vrfy")))
		work_error(work, expn.line,
			   "service %s: 'expn: disable' lets VRFY answer, which disable_vrfy_command or "
			   "smtpd_noop_commands switches off; say 'vrfy: hide' too",
			   work->service->name);
}

/* --- ETRN --- */

/* ".example.org" to /(^|\.)example\.org$/ */
static const char *domain_pattern(struct postfix_work *work, const char *domain)
{
	const char *before = "/^", *pattern;
	struct buf out;

	if (strncmp(domain, "*.", 2) == 0)
		before = "/^.+\\.";
	else if (domain[0] == '.')
		before = "/^(.+\\.)?";
	domain += strspn(domain, "*.");
	buf_init(&out);
	buf_add(&out, before);
	for (; *domain != '\0'; domain++)
		buf_addf(&out, *domain == '.' ? "\\%c" : "%c", *domain);
	buf_add(&out, "$/");
	pattern = out.failed ? NULL : arena_strdup(work->arena, out.text);
	buf_clear(&out);
	return pattern;
}

/* A table of its own: check_etrn_access would let subdomains pass with any other kind. */
static const char *etrn_restrictions(struct postfix_work *work, const struct command_setting *etrn)
{
	const struct listener *listener = work->block->listener;
	const struct list *domains = commands_etrn_domains(&listener->commands, &work->policy->commands);
	const char *path = arena_format(work->arena, "${config_directory}/ehlo-milter-%s-etrn.regexp",
					listener->name);
	struct config_lines rules;
	struct list_source source;
	char domain[300];

	config_lines_init(&rules, work->arena);
	for (size_t i = 0; list_domain_at(domains, i, domain, &source); i++) {
		const char *pattern = domain_pattern(work, domain);

		if (!pattern || !config_lines_add(&rules, setting_origin(work, COMMAND_ETRN, etrn), pattern, "OK"))
			work->no_memory = true;
	}
	if (!path || !work_table(work, path, false, &rules))
		return NULL;
	return arena_format(work->arena, "check_etrn_access regexp:%s, reject", path);
}

static void add_etrn(struct postfix_work *work)
{
	const struct command_setting etrn = work_setting(work, COMMAND_ETRN);
	const char *restrictions = NULL;

	switch (etrn.value) {
	case VALUE_ALLOW:
	case VALUE_SILENT:	restrictions = ""; break;
	case VALUE_BLOCK:
	case VALUE_DISABLE:	restrictions = "reject"; break;
	case VALUE_DOMAIN:	restrictions = etrn_restrictions(work, &etrn); break;
	default:		break;
	}
	if (restrictions)
		work_line(work, setting_origin(work, COMMAND_ETRN, &etrn), "smtpd_etrn_restrictions",
			  restrictions);
}

/* --- keywords --- */

/* What is decided of each keyword, and by which lines of the policy. */
struct keyword_plan {
	enum command_value wanted[COMMAND_COUNT];
	const char *origin;
	unsigned line;
	bool asks;		/* it hangs on the client: some are decided by the socket map */
};

/* The keys that speak of keywords: extensions, and vrfy and etrn where they do. */
static bool speaks_of_keywords(enum command_id id, const struct command_setting *setting)
{
	if (id == COMMAND_VRFY)
		return setting->value == VALUE_HIDE;
	if (id == COMMAND_ETRN)
		return setting->value != VALUE_ABSENT && setting->value != VALUE_DOMAIN;
	return postfix_keyword(id) && setting->value != VALUE_ABSENT;
}

static void note_reqtls(struct postfix_work *work, const struct command_setting *setting)
{
	if (setting->value == VALUE_TRUE && work->current->version > 0)
		work_warn(work, setting->line,
			  "commands.extensions.requiretls: true is not possible here: it needs Postfix 3.11");
	else if (setting->value == VALUE_TRUE)
		work_warn(work, setting->line,
			  "commands.extensions.requiretls: true needs Postfix 3.11; give --current the "
			  "line of 'postconf mail_version' too");
	else if (work->current->version == 0)
		work_note(work, setting_origin(work, COMMAND_REQUIRETLS, setting),
			  "REQUIRETLS comes with Postfix 3.11; give --current the line of 'postconf mail_version' "
			  "too");
}

static void plan_keywords(struct postfix_work *work, struct keyword_plan *plan)
{
	enum command_value values[COMMAND_COUNT];

	for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
		const struct command_setting setting = work_setting(work, id);

		values[id] = setting.value;
		if (id == COMMAND_REQUIRETLS && setting.value != VALUE_ABSENT &&
		    work->current->version < POSTFIX_VERSION_REQTLS) {
			note_reqtls(work, &setting);
			values[id] = VALUE_ABSENT;
			continue;
		}
		if (!speaks_of_keywords(id, &setting))
			continue;
		plan->origin = join_origins(work->arena, plan->origin, setting_origin(work, id, &setting));
		plan->line = setting.line;
		plan->asks = plan->asks || (id >= COMMAND_FIRST_EXTENSION && work_is_asked(work, id));
	}
	postfix_keywords_wanted(values, plan->wanted);
}

static bool is_decided(const char *item, const void *wanted)
{
	return postfix_keyword_is_decided(item, wanted);
}

/* What is discarded whoever asks. */
static void add_static_keywords(struct postfix_work *work, const struct keyword_plan *plan)
{
	const char *kept = work_list_without(work, "smtpd_discard_ehlo_keywords", plan->line, is_decided,
					     plan->wanted);
	struct buf list;

	if (!kept)
		return;
	buf_init(&list);
	postfix_add_discards(&list, kept, plan->wanted, ", ");
	work_line(work, plan->origin, "smtpd_discard_ehlo_keywords",
		  list.failed ? NULL : arena_strdup(work->arena, list.length > 0 ? list.text : ""));
	buf_clear(&list);
}

static void add_keywords(struct postfix_work *work)
{
	const char *maps = postfix_value(work->current, work->service, POSTFIX_KEYWORD_MAPS);
	struct keyword_plan plan = { .origin = NULL };
	bool ours = maps && strstr(maps, ":" ASK_POSTFIX_MAP "/");

	plan_keywords(work, &plan);
	if (!plan.origin)
		return;
	if (maps && maps[0] != '\0' && !ours)
		work_error(work, plan.line,
			   "service %s: smtpd_discard_ehlo_keyword_address_maps = %s gives some clients another "
			   "list; take it out, or say there what the policy says",
			   work->service->name, maps);
	if (plan.asks)
		postfix_asked_keywords(work, plan.origin, plan.line);
	else if (ours)
		work_line(work, plan.origin, POSTFIX_KEYWORD_MAPS, "");
	if (!plan.asks)
		add_static_keywords(work, &plan);
}

/* --- line endings, log --- */

static void add_line_endings(struct postfix_work *work)
{
	const struct command_setting setting = work_setting(work, COMMAND_LINE_ENDINGS);
	const char *origin;

	if (setting.value == VALUE_ABSENT)
		return;
	origin = setting_origin(work, COMMAND_LINE_ENDINGS, &setting);
	work_line(work, origin, "smtpd_forbid_bare_newline", setting.value == VALUE_CRLF ? "reject" : "no");
	if (setting.value != VALUE_CRLF)
		return;
	/* Its default is $mynetworks; the policy speaks of every client. */
	work_line(work, origin, "smtpd_forbid_bare_newline_exclusions", "");
	work_note(work, origin,
		  "smtpd_forbid_bare_newline = reject needs Postfix 3.9, 3.8.5, 3.7.10, 3.6.14 or 3.5.24");
}

/* "check_helo_access static:{INFO ehlo}" in front of what is there. */
static void add_info(struct postfix_work *work, const char *name, const char *info)
{
	const char *before = postfix_value(work->current, work->service, name);

	if (!before || before[0] == '\0')
		work_line(work, "--log-more", name, info);
	else if (!strstr(before, info))
		work_line(work, "--log-more", name,
			  arena_format(work->arena, "%s, %s", info, before));
}

static void add_log_more(struct postfix_work *work)
{
	const char *origin = "--log-more";

	if (!postfix_option(work->service, "syslog_name"))
		work_line(work, origin, "syslog_name",
			  arena_format(work->arena, "postfix/%s", work->block->listener->name));
	work_line(work, origin, "smtpd_client_port_logging", "yes");
	add_info(work, "smtpd_helo_restrictions", "check_helo_access static:{INFO ehlo}");
	add_info(work, "smtpd_sender_restrictions", "check_sender_access static:{INFO mail}");
}

void postfix_commands(struct postfix_work *work)
{
	add_vrfy(work);
	check_expn(work);
	add_etrn(work);
	add_keywords(work);
	add_line_endings(work);
	if (work->log_more)
		add_log_more(work);
}
