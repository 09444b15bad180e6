/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints a plan as lines of sendmail.mc, or as JSON. */
#include "mta/sendmail_config.h"

#include "base/json.h"

#include <string.h>

static void add_notes(struct buf *out, const struct config_lines *notes)
{
	for (const struct config_line *note = notes->first; note; note = note->next) {
		if (note->origin)
			add_origin(out, "dnl ", note->origin);
		buf_addf(out, "dnl %s\n", note->value);
	}
}

/* m4 looks for its macros in comments of rulesets too: quotes keep it away. */
static void add_quoted_origin(struct buf *out, const char *origin)
{
	while (origin) {
		size_t length = strcspn(origin, "\n");

		buf_add(out, "`# ");
		for (size_t i = 0; i < length; i++)
			buf_add_char(out, origin[i] == '`' || origin[i] == '\'' ? '"' : origin[i]);
		buf_add(out, "'\n");
		origin = origin[length] == '\n' ? origin + length + 1 : NULL;
	}
}

void sendmail_config_snippet(const struct sendmail_plan *plan, const struct policy *policy, struct buf *out)
{
	buf_add(out, "dnl ehlo-milter mta-config sendmail: ");
	buf_add_escaped(out, policy->path, "`'", 0);
	buf_addf(out, " sha256 %.8s\n", policy->sha256);
	buf_add(out, "dnl For sendmail.mc, behind its own lines and in front of the MAILER lines; blanks between the "
		     "two sides of a\n"
		     "dnl rule are TABs.\n");
	add_notes(out, &plan->notes);
	for (const struct config_line *line = plan->macros.first; line; line = line->next) {
		add_origin(out, "dnl ", line->origin);
		buf_addf(out, "%s\n", line->value);
	}
	if (plan->config.count > 0)
		buf_add(out, "LOCAL_CONFIG\n");
	for (const struct config_line *line = plan->config.first; line; line = line->next) {
		add_quoted_origin(out, line->origin);
		buf_addf(out, "%s\n", line->value);
	}
	if (plan->rules.count == 0)
		return;
	buf_add(out, "LOCAL_RULESETS\n`" SENDMAIL_BEGIN "'\n");
	for (const struct config_line *line = plan->rules.first; line; line = line->next) {
		add_quoted_origin(out, line->origin);
		buf_addf(out, "%s\n", line->value);
	}
	buf_add(out, "`" SENDMAIL_END "'\n");
}

static void add_json_lines(struct json *json, const char *key, const struct config_lines *lines)
{
	json_open_array(json, key);
	for (const struct config_line *line = lines->first; line; line = line->next) {
		json_open_object(json, NULL);
		json_string(json, "origin", line->origin);
		json_string(json, "text", line->value);
		json_close_object(json);
	}
	json_close_array(json);
}

void sendmail_config_json(const struct sendmail_plan *plan, const struct policy *policy, struct buf *out)
{
	struct json json;

	json_init(&json, out);
	json_open_object(&json, NULL);
	json_string(&json, "mta", "sendmail");
	json_string(&json, "policy", policy->path);
	json_string(&json, "policy_sha256", policy->sha256);
	add_json_lines(&json, "macros", &plan->macros);
	add_json_lines(&json, "config", &plan->config);
	add_json_lines(&json, "rules", &plan->rules);
	add_json_lines(&json, "notes", &plan->notes);
	json_close_object(&json);
	buf_add_char(out, '\n');
}
