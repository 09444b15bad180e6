/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters of smtpd for VRFY, ETRN, advertised keywords, line endings, and what a log should tell. */
#include "mta/postfix_work.h"

#include <string.h>
#include <strings.h>

/* As smtpd_discard_ehlo_keywords spells them; NULL: Postfix does not have the extension. */
static const char *const keywords[COMMAND_COUNT] = {
	[COMMAND_PIPELINING] = "pipelining",
	[COMMAND_CHUNKING] = "chunking",
	[COMMAND_DSN] = "dsn",
	[COMMAND_VRFY_KEYWORD] = "vrfy",
	[COMMAND_ETRN_KEYWORD] = "etrn",
	[COMMAND_SMTPUTF8] = "smtputf8",
	[COMMAND_8BITMIME] = "8bitmime",
	[COMMAND_SIZE] = "size",
	[COMMAND_STARTTLS] = "starttls",
	[COMMAND_AUTH] = "auth",
	[COMMAND_REQUIRETLS] = "reqtls",
};

#define VERSION_REQTLS 311

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
		work_error(work, expn.line, "service %s: 'expn: disable' lets VRFY answer, which disable_vrfy_command or "
			   "smtpd_noop_commands switches off; say 'vrfy: hide' too", work->service->name);
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

static bool holds_self(const struct list *list)
{
	for (size_t i = 0; i < list->part_count; i++)
		if (list->parts[i]->self)
			return true;
	return list->self;
}

/* A table of its own: check_etrn_access would let subdomains pass with any other kind. */
static const char *etrn_restrictions(struct postfix_work *work, const struct command_setting *etrn)
{
	const struct listener *listener = work->block->listener;
	const struct list *domains = commands_etrn_domains(&listener->commands, &work->policy->commands);
	const char *path = arena_format(work->arena, "${config_directory}/ehlo-milter-%s-etrn.regexp", listener->name);
	struct config_lines rules;
	struct list_source source;
	char domain[300];

	if (holds_self(domains)) {
		work_error(work, etrn->line, "etrn_domains: $self cannot be written out for Postfix; name the domains");
		return NULL;
	}
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
		work_line(work, setting_origin(work, COMMAND_ETRN, &etrn), "smtpd_etrn_restrictions", restrictions);
}

/* --- keywords --- */

/* What is decided of each keyword: true stays, false goes, absent is left as it is. */
struct keyword_plan {
	enum command_value wanted[COMMAND_COUNT];
	const char *origin;
	unsigned line;
	bool any;
};

static void want(struct postfix_work *work, struct keyword_plan *plan, enum command_id keyword, enum command_value value,
		 enum command_id id)
{
	const struct command_setting setting = work_setting(work, id);

	plan->wanted[keyword] = value;
	plan->origin = join_origins(work->arena, plan->origin, setting_origin(work, id, &setting));
	plan->line = setting.line;
	plan->any = true;
}

static void want_reqtls(struct postfix_work *work, struct keyword_plan *plan)
{
	const struct command_setting setting = work_setting(work, COMMAND_REQUIRETLS);

	if (work->current->version >= VERSION_REQTLS)
		want(work, plan, COMMAND_REQUIRETLS, setting.value, COMMAND_REQUIRETLS);
	else if (setting.value == VALUE_TRUE && work->current->version > 0)
		work_warn(work, setting.line, "commands.extensions.requiretls: true is not possible here: it needs Postfix 3.11");
	else if (setting.value == VALUE_TRUE)
		work_warn(work, setting.line, "commands.extensions.requiretls: true needs Postfix 3.11; give --current the "
			  "line of 'postconf mail_version' too");
	else if (work->current->version == 0)
		work_note(work, setting_origin(work, COMMAND_REQUIRETLS, &setting),
			  "REQUIRETLS comes with Postfix 3.11; give --current the line of 'postconf mail_version' too");
}

static void plan_keywords(struct postfix_work *work, struct keyword_plan *plan)
{
	enum command_value etrn = work_setting(work, COMMAND_ETRN).value;

	if (work_setting(work, COMMAND_VRFY).value == VALUE_HIDE)
		want(work, plan, COMMAND_VRFY_KEYWORD, VALUE_FALSE, COMMAND_VRFY);
	if (etrn == VALUE_SILENT || etrn == VALUE_DISABLE)
		want(work, plan, COMMAND_ETRN_KEYWORD, VALUE_FALSE, COMMAND_ETRN);
	if (etrn == VALUE_ALLOW || etrn == VALUE_BLOCK)
		want(work, plan, COMMAND_ETRN_KEYWORD, VALUE_TRUE, COMMAND_ETRN);
	for (enum command_id id = COMMAND_FIRST_EXTENSION; id < COMMAND_COUNT; id++) {
		enum command_value value = work_setting(work, id).value;

		if (value == VALUE_ABSENT || !keywords[id])
			continue;
		if (id == COMMAND_REQUIRETLS)
			want_reqtls(work, plan);
		else
			want(work, plan, id, value, id);
	}
}

static bool is_decided(const char *item, const void *plan)
{
	const struct keyword_plan *p = plan;

	if (strcasecmp(item, "silent-discard") == 0)
		return true;
	for (size_t i = COMMAND_FIRST_EXTENSION; i < COMMAND_COUNT; i++)
		if (p->wanted[i] != VALUE_ABSENT && strcasecmp(item, keywords[i]) == 0)
			return true;
	return false;
}

static void add_keywords(struct postfix_work *work)
{
	const char *maps = postfix_value(work->current, work->service, "smtpd_discard_ehlo_keyword_address_maps");
	struct keyword_plan plan = { .any = false };
	const char *list;

	plan_keywords(work, &plan);
	if (!plan.any)
		return;
	if (maps && maps[0] != '\0')
		work_error(work, plan.line, "service %s: smtpd_discard_ehlo_keyword_address_maps = %s gives some clients another "
			   "list; take it out, or say there what the policy says", work->service->name, maps);
	list = work_list_without(work, "smtpd_discard_ehlo_keywords", plan.line, is_decided, &plan);
	for (size_t i = COMMAND_FIRST_EXTENSION; list && i < COMMAND_COUNT; i++)
		if (plan.wanted[i] == VALUE_FALSE)
			list = arena_format(work->arena, "%s%s%s", list, list[0] != '\0' ? ", " : "", keywords[i]);
	if (list && list[0] != '\0')
		list = arena_format(work->arena, "silent-discard, %s", list);
	if (list)
		work_line(work, plan.origin, "smtpd_discard_ehlo_keywords", list);
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
	work_note(work, origin, "smtpd_forbid_bare_newline = reject needs Postfix 3.9, 3.8.5, 3.7.10, 3.6.14 or 3.5.24");
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
