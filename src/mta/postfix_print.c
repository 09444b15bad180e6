/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints a plan: as a commented snippet, as commands for a shell, as JSON. */
#include "mta/postfix_config.h"

#include "base/json.h"

#include <string.h>

#define BEGIN "# ehlo-milter: begin"
#define END "# ehlo-milter: end"

static void add_head(struct buf *out, const struct policy *policy, const char *options)
{
	buf_addf(out, "# ehlo-milter mta-config%s postfix: ", options);
	buf_add_escaped(out, policy->path, "", 0);
	buf_addf(out, " sha256 %.8s\n", policy->sha256);
}

static void add_notes(struct buf *out, const char *prefix, const struct config_lines *notes)
{
	for (const struct config_line *note = notes->first; note; note = note->next) {
		if (note->origin)
			add_origin(out, prefix, note->origin);
		buf_addf(out, "%s%s\n", prefix, note->value);
	}
}

static void add_rules(struct buf *out, const struct config_lines *rules)
{
	const char *before = "";

	for (const struct config_line *rule = rules->first; rule; rule = rule->next) {
		if (strcmp(rule->origin, before) != 0)
			add_origin(out, "# ", rule->origin);
		buf_addf(out, "%s  %s\n", rule->name, rule->value);
		before = rule->origin;
	}
}

/* --- snippet --- */

/* Values with blanks or commas stand in braces (master.cf(5)). */
static void add_option(struct buf *out, const struct config_line *line)
{
	if (line->value[strcspn(line->value, " \t,{}")] != '\0')
		buf_addf(out, "  -o { %s = %s }\n", line->name, line->value);
	else
		buf_addf(out, "  -o %s=%s\n", line->name, line->value);
}

static void add_block(struct buf *out, const struct postfix_block *block)
{
	buf_addf(out, "\n# --- master.cf, below the line of %s %s", block->service->name, block->service->type);
	if (block->listener)
		buf_addf(out, " (listener %s)", block->listener->name);
	buf_add(out, " ---\n");
	add_notes(out, "# ", &block->notes);
	for (const struct config_line *line = block->lines.first; line; line = line->next) {
		add_origin(out, "  # ", line->origin);
		add_option(out, line);
	}
}

void postfix_config_snippet(const struct postfix_plan *plan, const struct policy *policy, struct buf *out)
{
	add_head(out, policy, "");
	buf_add(out, "# An -o that is there already under the same name must go. Afterwards: postfix check && "
		     "postfix reload\n");
	add_notes(out, "# ", &plan->notes);
	for (const struct postfix_table *table = plan->tables; table; table = table->next) {
		if (table->rules.count == 0)
			continue;
		buf_addf(out, "\n# --- %s%s ---\n", table->path,
			 table->foreign ? ", in front of what it holds" : "");
		add_rules(out, &table->rules);
	}
	for (const struct postfix_block *block = plan->blocks; block; block = block->next)
		add_block(out, block);
}

/* --- script --- */

static void add_shell_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_add(out, "'\\''");
		else
			buf_add_char(out, *text);
	}
	buf_add_char(out, '\'');
}

/* The shell knows config_directory as Postfix does; everything else in the path is taken as it is. */
static void add_shell_path(struct buf *out, const char *path)
{
	static const char *const references[] = { "${config_directory}", "$config_directory" };

	for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
		size_t length = strlen(references[i]);

		if (strncmp(path, references[i], length) == 0) {
			buf_add(out, "\"$config_directory\"");
			path += length;
			break;
		}
	}
	add_shell_quoted(out, path);
}

/* Rules that an earlier run put in front of the file are taken out again first. */
static void add_table_commands(struct buf *out, const struct postfix_table *table)
{
	buf_add(out, "\ntable=");
	add_shell_path(out, table->path);
	buf_add(out, table->foreign ? "\n{\ncat <<'EOF'\n" BEGIN "\n" : "\ncat > \"$table\" <<'EOF'\n");
	add_rules(out, &table->rules);
	if (table->foreign)
		buf_add(out, END "\nEOF\nsed '/^" BEGIN "$/,/^" END "$/d' \"$table\"\n} > \"$table.new\"\n"
			"mv \"$table.new\" \"$table\"\n");
	else
		buf_add(out, "EOF\n");
}

static void add_command(struct buf *out, const char *options, const char *setting, bool failed)
{
	buf_addf(out, "postconf %s ", options);
	add_shell_quoted(out, setting);
	buf_add_char(out, '\n');
	out->failed = out->failed || failed;
}

/* "smtp/inet/" as part of a parameter's name: "smtp_inet_" */
static void add_name_part(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_add_char(out, (char)(strchr(POSTFIX_NAME_BYTES, *text) ? *text : '_'));
	buf_add_char(out, '_');
}

/* postconf -P takes no value with blanks: such a one stands in main.cf, under a name of our own. */
static void add_setting(struct buf *out, const struct postfix_service *service, const struct config_line *line)
{
	struct buf own, setting;

	buf_init(&own);
	buf_init(&setting);
	if (strpbrk(line->value, " \t")) {
		buf_add(&own, POSTFIX_OWN_PREFIX);
		add_name_part(&own, service->name);
		add_name_part(&own, service->type);
		buf_add(&own, line->name);
		buf_addf(&setting, "%s = %s", own.text, line->value);
		add_command(out, "-e", setting.text, own.failed || setting.failed);
		buf_clear(&setting);
		buf_init(&setting);
	}
	buf_addf(&setting, "%s/%s/%s=%s%s", service->name, service->type, line->name, own.length > 0 ? "$" : "",
		 own.length > 0 ? own.text : line->value);
	add_command(out, "-P", setting.text, setting.failed);
	buf_clear(&setting);
	buf_clear(&own);
}

static void add_block_commands(struct buf *out, const struct postfix_block *block)
{
	buf_addf(out, "\n# service %s %s", block->service->name, block->service->type);
	if (block->listener)
		buf_addf(out, ", listener %s", block->listener->name);
	buf_add_char(out, '\n');
	add_notes(out, "# ", &block->notes);
	for (const struct config_line *line = block->lines.first; line; line = line->next) {
		add_origin(out, "# ", line->origin);
		add_setting(out, block->service, line);
	}
}

void postfix_config_script(const struct postfix_plan *plan, const struct policy *policy, struct buf *out)
{
	buf_add(out, "#!/bin/sh\n");
	add_head(out, policy, " --postconf");
	add_notes(out, "# ", &plan->notes);
	buf_add(out, "set -eu\nconfig_directory=$(postconf -h config_directory)\n");
	for (const struct postfix_table *table = plan->tables; table; table = table->next)
		if (table->rules.count > 0)
			add_table_commands(out, table);
	for (const struct postfix_block *block = plan->blocks; block; block = block->next)
		add_block_commands(out, block);
}

/* --- JSON --- */

static void add_json_lines(struct json *json, const char *key, const struct config_lines *lines, const char *name,
			   const char *value)
{
	json_open_array(json, key);
	for (const struct config_line *line = lines->first; line; line = line->next) {
		json_open_object(json, NULL);
		json_string(json, "origin", line->origin);
		if (name)
			json_string(json, name, line->name);
		json_string(json, value, line->value);
		json_close_object(json);
	}
	json_close_array(json);
}

static void add_json_block(struct json *json, const struct postfix_block *block)
{
	json_open_object(json, NULL);
	json_string(json, "service", block->service->name);
	json_string(json, "type", block->service->type);
	json_string(json, "listener", block->listener ? block->listener->name : NULL);
	add_json_lines(json, "options", &block->lines, "name", "value");
	add_json_lines(json, "notes", &block->notes, NULL, "text");
	json_close_object(json);
}

void postfix_config_json(const struct postfix_plan *plan, const struct policy *policy, struct buf *out)
{
	struct json json;

	json_init(&json, out);
	json_open_object(&json, NULL);
	json_string(&json, "mta", "postfix");
	json_string(&json, "policy", policy->path);
	json_string(&json, "policy_sha256", policy->sha256);
	json_open_array(&json, "tables");
	for (const struct postfix_table *table = plan->tables; table; table = table->next) {
		if (table->rules.count == 0)
			continue;
		json_open_object(&json, NULL);
		json_string(&json, "path", table->path);
		json_bool(&json, "in_front", table->foreign);
		add_json_lines(&json, "rules", &table->rules, "pattern", "result");
		json_close_object(&json);
	}
	json_close_array(&json);
	json_open_array(&json, "services");
	for (const struct postfix_block *block = plan->blocks; block; block = block->next)
		add_json_block(&json, block);
	json_close_array(&json);
	add_json_lines(&json, "notes", &plan->notes, NULL, "text");
	json_close_object(&json);
	buf_add_char(out, '\n');
}
