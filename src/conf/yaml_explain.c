/* SPDX-License-Identifier: BSD-2-Clause */
/* What libyaml objects to, in the words of somebody who writes a policy. */
#include "conf/yaml.h"

#include <string.h>

#define QUOTE_IT "put the value in single quotes"

static bool contains(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static size_t line_start(const struct source *source, size_t offset)
{
	while (offset > 0 && source->text[offset - 1] != '\n')
		offset--;
	return offset;
}

/* Is there a value before offset on its line: "key: value"? */
static bool is_behind_value(const struct source *source, size_t offset)
{
	for (size_t i = line_start(source, offset); i + 1 < offset; i++)
		if (source->text[i] == ':' && source->text[i + 1] == ' ')
			return true;
	return false;
}

/* Does the node end on the line of offset: what stands there goes on after it. */
static bool goes_on(const struct node *last, const struct source *source, size_t offset)
{
	if (!last || last->style == STYLE_PLAIN || last->style == STYLE_BLOCK || last->end > offset)
		return false;
	return last->end >= line_start(source, offset);
}

static const char *closing_of(const struct node *node)
{
	if (node->kind == NODE_MAP)
		return "'}'";
	return node->kind == NODE_SEQUENCE ? "']'" : "quote";
}

/* 'a' == b, [x] == y, {ehlo} is bad: each begins as something that YAML knows. */
static void explain_going_on(const struct node *last, struct place at, struct diag *diag)
{
	diag_error(diag, at,
		   "text after the closing %s of what begins in line %u, column %u; put the whole "
		   "value in single quotes, and double those that are in it",
		   closing_of(last), last->place.line, last->place.column);
}

static void explain_first_byte(const struct source *source, size_t offset, struct diag *diag)
{
	struct place at = source_place(source, offset);

	if (source->text[offset] == '\t')
		diag_error(diag, at, "a tab before a key or value; expected spaces");
	else if (strchr("\r\n", source->text[offset]))	/* or the end */
		diag_error(diag, at, "the line ends here; expected a value");
	else
		diag_error(diag, at, "a value cannot start with '%c'; " QUOTE_IT,
			   source->text[offset]);
}

static void explain_quote(const struct yaml_problem *problem, const struct source *source,
			  struct diag *diag)
{
	struct place end = source_place(source, problem->at);
	size_t before = problem->context_at;

	while (before > 0 && strchr(" \t", source->text[before - 1]))
		before--;
	/* { if: ehlo matches '^[a-z]' }: the bracket ends the value, the quote begins one. */
	if (before > 0 && !strchr(":-[{,\n", source->text[before - 1])) {
		diag_error(diag, source_place(source, problem->context_at),
			   "a quote inside a value; a value with one of , [ ] { } in it must stand "
			   "in single quotes");
		return;
	}
	diag_error(diag, source_place(source, problem->context_at),
		   "this quote is not closed; the text ends in line %u, column %u",
		   end.line, end.column);
}

static void explain_colon(const struct yaml_problem *problem, const struct source *source,
			  struct diag *diag)
{
	struct place at = source_place(source, problem->at);

	if (is_behind_value(source, problem->at))
		diag_error(diag, at, "': ' inside a value; " QUOTE_IT);
	else
		diag_error(diag, at,
			   "a key is not expected here; its line is indented more than the one "
			   "that it belongs to");
}

static void explain_bracket(const struct yaml_problem *problem, const struct source *source,
			    struct diag *diag)
{
	struct place open = source_place(source, problem->context_at);

	diag_error(diag, source_place(source, problem->at),
		   "%s, for what is opened in line %u, column %u; a value "
		   "with one of , [ ] { } in it must stand in single quotes",
		   contains(problem->text, "']'") ? "expected ',' or ']'" : "expected ',' or '}'",
		   open.line, open.column);
}

/* The problems that have one explanation each. */
static const struct {
	const char *text;
	const char *explanation;
} explanations[] = {
	{ "found unknown escape character", "unknown escape in double quotes; expected single "
	  "quotes, where a backslash stands for itself" },
	{ "found unexpected ':'", "':' inside [ ] or { }; " QUOTE_IT },
	{ "did not find expected comment or line break", "text after '|' or '>'; " QUOTE_IT },
	{ "block sequence entries are not allowed",
	  "'- ' inside a value; a list starts on a line of its own" },
	{ "could not find expected ':'", "no ':' after the key in the line before" },
	{ "did not find expected key",
	  "expected a key; its line is indented less than the keys before it" },
	{ "did not find expected '-' indicator",
	  "expected '- ', as for the other items of this list" },
	{ "did not find expected <document start>", "text after the end of the policy" },
	{ "found unexpected end of stream", "the file ends too early" },
	{ "found unexpected document indicator", "'---' or '...' inside quotes" },
};

static void explain_by_table(const struct yaml_problem *problem, const struct source *source,
			     struct diag *diag)
{
	struct place at = source_place(source, problem->at);

	for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
		if (!contains(problem->text, explanations[i].text))
			continue;
		diag_error(diag, at, "%s", explanations[i].explanation);
		return;
	}
	diag_error(diag, at, "this is not YAML: %s", problem->text);
}

void yaml_explain(const struct yaml_problem *problem, const struct source *source,
		  struct diag *diag)
{
	/* "an alias", "an anchor" */
	bool no_name = contains(problem->context, "scanning an a");
	bool no_key = contains(problem->text, "did not find expected key") ||
		      contains(problem->text, "<document start>");

	if (no_key && goes_on(problem->last, source, problem->at))
		explain_going_on(problem->last, source_place(source, problem->at), diag);
	else if (no_name)
		explain_first_byte(source, problem->context_at, diag);
	else if (contains(problem->text, "cannot start any token") ||
		 contains(problem->text, "expected node content"))
		explain_first_byte(source, problem->at, diag);
	else if (contains(problem->context, "quoted scalar") &&
		 contains(problem->text, "end of stream"))
		explain_quote(problem, source, diag);
	else if (contains(problem->text, "mapping values are not allowed"))
		explain_colon(problem, source, diag);
	else if (contains(problem->text, "expected ',' or"))
		explain_bracket(problem, source, diag);
	else
		explain_by_table(problem, source, diag);
}
