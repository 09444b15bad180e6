/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes what mta-config --current is given of Postfix: an error has its line; what is printed is lines, JSON and shell
 * commands that nothing of it breaks; and merged into what there was, it changes nothing when it is merged again.
 */
#include "mta.h"

#include "mta/postfix_config.h"

#define INPUT "input"

/* --- what is printed --- */

/* postconf -P 'NAME=VALUE', with \' for a quote within. */
static void check_command(const char *line, size_t length)
{
	const char *end = line + length;

	promise(length > 12 && line[11] == ' ');
	line += 12;
	while (line < end) {
		const char *close = *line == '\'' ? memchr(line + 1, '\'', (size_t)(end - line) - 1) : NULL;

		promise(close || (end - line > 1 && strncmp(line, "\\'", 2) == 0));
		line = close ? close + 1 : line + 2;
	}
}

static void check_script(const struct buf *script)
{
	fuzz_check_lines(script);
	for (const char *line = script->text; *line != '\0'; line = strchr(line, '\n') + 1)
		if (strncmp(line, "postconf -", 10) == 0)
			check_command(line, strcspn(line, "\n"));
}

static void check_printing(const struct postfix_plan *plan)
{
	struct buf out;

	buf_init(&out);
	postfix_config_snippet(plan, fuzz_policy(), &out);
	fuzz_check_lines(&out);
	buf_clear(&out);
	buf_init(&out);
	postfix_config_script(plan, fuzz_policy(), &out);
	check_script(&out);
	buf_clear(&out);
	buf_init(&out);
	postfix_config_json(plan, fuzz_policy(), &out);
	fuzz_check_json(&out);
	buf_clear(&out);
}

/* --- merged into what there was --- */

static const struct postfix_block *block_of(const struct postfix_plan *plan, const struct postfix_service *service)
{
	const struct postfix_block *block = plan->blocks;

	while (block && block->service != service)
		block = block->next;
	return block;
}

static const struct config_line *line_of(const struct postfix_block *block, const char *name)
{
	const struct config_line *line = block ? block->lines.first : NULL;

	while (line && strcmp(line->name, name) != 0)
		line = line->next;
	return line;
}

static void add_option(struct buf *out, const char *name, const char *value)
{
	if (strpbrk(value, " \t"))
		buf_addf(out, " -o { %s = %s }", name, value);
	else
		buf_addf(out, " -o %s=%s", name, value);
}

/* A line of postconf -P may hold braces that master.cf, where blanks need braces around them, has no way to write. */
static bool can_be_written(const struct postfix_current *current)
{
	struct buf braces;
	bool closed = true;

	for (const struct postfix_service *s = current->services; s; s = s->next)
		for (const struct postfix_parameter *option = s->options; option && closed; option = option->next) {
			buf_init(&braces);
			buf_addf(&braces, "{%s}", option->value);
			promise(!braces.failed);
			closed = postfix_braces_length(braces.text) == braces.length;
			buf_clear(&braces);
		}
	return closed;
}

static void add_service(struct buf *out, const struct postfix_service *service, const struct postfix_block *block)
{
	buf_addf(out, "%s %s - - %s - - %s", service->name, service->type, service->chroot == TRI_YES ? "y" : "n",
		 service->command);
	for (const struct postfix_parameter *option = service->options; option; option = option->next) {
		const struct config_line *line = line_of(block, option->name);

		add_option(out, option->name, line ? line->value : option->value);
	}
	for (const struct config_line *line = block ? block->lines.first : NULL; line; line = line->next)
		if (!postfix_option(service, line->name))
			add_option(out, line->name, line->value);
	buf_add_char(out, '\n');
}

/* As the administrator's files are with the plan in them. */
static void merge(const struct postfix_current *current, const struct postfix_plan *plan, struct buf *out)
{
	for (const struct postfix_parameter *p = current->parameters; p; p = p->next)
		buf_addf(out, "%s = %s\n", p->name, p->value);
	for (const struct postfix_service *s = current->services; s; s = s->next)
		add_service(out, s, block_of(plan, s));
	promise(!out->failed);
}

/* --- the whole --- */

/* What becomes of the text, nothing where it cannot be written; false: it is refused. */
static bool configure(const char *text, bool log_more, struct buf *merged)
{
	struct postfix_current current;
	struct postfix_request request = { .policy = fuzz_policy(), .current = &current, .log_more = log_more };
	struct postfix_plan plan;
	struct arena arena;
	struct diag diag;
	bool good;

	arena_init(&arena, NULL, 0, 65536);
	diag_init(&diag);
	good = postfix_current_parse(text, INPUT, &arena, &diag, &current) &&
	       postfix_config_make(&request, &arena, &diag, &plan);
	promise(good == (diag.error_count == 0));
	fuzz_check_places(&diag, INPUT, text);
	if (good) {
		check_printing(&plan);
		if (can_be_written(&current))
			merge(&current, &plan, merged);
	}
	diag_clear(&diag);
	arena_clear(&arena);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	bool log_more = size % 2 == 1;
	struct buf once, twice;

	buf_init(&once);
	buf_init(&twice);
	if (size < 100000 && configure(text, log_more, &once) && once.length > 0) {
		promise(configure(once.text, log_more, &twice));
		promise(strcmp(once.text, twice.text) == 0);
	}
	buf_clear(&twice);
	buf_clear(&once);
	free(text);
	return 0;
}
