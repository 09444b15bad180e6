/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints a policy in the making as YAML: each line with its origin behind it. */
#include "import/draft.h"

#include <string.h>

#define ORIGIN_COLUMN 48

static void add_line(struct buf *out, const char *indent, const char *text, const char *origin)
{
	size_t begin = out->length;

	buf_addf(out, "%s%s", indent, text);
	if (origin) {
		do
			buf_add_char(out, ' ');
		while (!out->failed && out->length - begin < ORIGIN_COLUMN);
		buf_addf(out, "# %s", origin);
	}
	buf_add_char(out, '\n');
}

static void add_pair(struct buf *out, const char *key, const char *value, const char *origin)
{
	struct buf line;

	buf_init(&line);
	buf_addf(&line, "%s%s", key, value);
	add_line(out, "", line.text, origin);
	out->failed = out->failed || line.failed;
	buf_clear(&line);
}

static void add_block(struct buf *out, const char *head, const char *indent, const struct draft_lines *lines)
{
	if (!lines->first)
		return;
	buf_addf(out, "%s\n", head);
	for (const struct draft_line *line = lines->first; line; line = line->next)
		add_line(out, indent, line->text, line->origin);
}

static void add_notes(struct buf *out, const char *indent, const struct draft_lines *notes)
{
	if (notes->first)
		buf_addf(out, "%s# Not translated:\n", indent);
	for (const struct draft_line *note = notes->first; note; note = note->next)
		buf_addf(out, "%s#   %s: %s\n", indent, note->origin, note->text);
}

static void add_lists(struct buf *out, const struct draft_list *list)
{
	if (!list)
		return;
	buf_add(out, "\nlists:\n");
	for (; list; list = list->next) {
		buf_addf(out, "  %s:\n", list->name);
		add_line(out, "    ", list->kind, list->origin);
		for (const struct draft_line *item = list->items.first; item; item = item->next)
			add_line(out, "      - ", item->text, item->origin);
	}
}

/* --- listeners --- */

static bool skips(const struct draft_listener *listener, unsigned bit)
{
	for (const struct draft_item *item = listener->items; item; item = item->next)
		if (item->permits & bit)
			return true;
	return false;
}

static bool skips_all(const struct draft_listener *listener, unsigned bit)
{
	for (const struct draft_item *item = listener->items; item; item = item->next)
		if (!(item->permits & bit))
			return false;
	return true;
}

static void add_exempt(struct buf *out, const struct draft_listener *listener, unsigned i)
{
	const char *comma = "";

	add_pair(out, "      - if: ", listener->permits[i].condition, listener->permits[i].origin);
	if (skips_all(listener, 1U << i))
		return;
	buf_add(out, "        skip: [");
	for (const struct draft_item *item = listener->items; item; item = item->next)
		if (item->permits & 1U << i) {
			buf_addf(out, "%s%s", comma, item->name);
			comma = ", ";
		}
	buf_add(out, "]\n");
}

/* Who has logged in is exempt by itself, unless something is asked of him too. */
static bool exempts_logins(const struct draft_listener *listener)
{
	return !listener->logins || (listener->authenticated && skips_all(listener, listener->authenticated));
}

static void add_exempts(struct buf *out, const struct draft_listener *listener)
{
	const char *head = "    exempt:\n";
	bool by_itself = exempts_logins(listener);

	if (!by_itself)
		buf_add(out, "    exempt_authenticated: false\n");
	for (unsigned i = 0; i < listener->permit_count; i++) {
		if (by_itself && 1U << i == listener->authenticated) {
			buf_addf(out, "    # %s: who has logged in is exempt by itself\n", listener->permits[i].origin);
		} else if (!skips(listener, 1U << i)) {
			buf_addf(out, "    # %s: nothing behind it is checked here\n", listener->permits[i].origin);
		} else {
			buf_add(out, head);
			head = "";
			add_exempt(out, listener, i);
		}
	}
}

static void add_checks(struct buf *out, const struct draft_listener *listener)
{
	const char *head = "    checks:\n";

	for (const struct draft_item *item = listener->items; item; item = item->next) {
		if (item->is_rule)
			continue;
		buf_addf(out, "%s      %s:\n", head, item->name);
		head = "";
		for (const struct draft_line *line = item->settings.first; line; line = line->next)
			add_line(out, "        ", line->text, line->origin);
		if (item->observed)
			buf_add(out, "        mode: observe\n");
	}
}

static void add_rules(struct buf *out, const struct draft_listener *listener)
{
	const char *head = "    rules:\n";

	for (const struct draft_item *item = listener->items; item; item = item->next) {
		if (!item->is_rule)
			continue;
		buf_addf(out, "%s      - name: %s\n", head, item->name);
		head = "";
		for (const struct draft_line *line = item->settings.first; line; line = line->next)
			add_line(out, "        ", line->text, line->origin);
		if (item->observed)
			buf_add(out, "        mode: observe\n");
	}
}

static void add_listener(struct buf *out, const struct draft_listener *listener)
{
	add_pair(out, "  - name: ", listener->name, listener->origin);
	buf_addf(out, "    match: %s\n", listener->match && listener->next ? listener->match : "any");
	buf_add(out, "    profile: none\n    mode: observe\n");
	add_exempts(out, listener);
	add_checks(out, listener);
	add_rules(out, listener);
	if (listener->commands.first || listener->extensions.first)
		buf_add(out, "    commands:\n");
	for (const struct draft_line *line = listener->commands.first; line; line = line->next)
		add_line(out, "      ", line->text, line->origin);
	add_block(out, "      extensions:", "        ", &listener->extensions);
	add_notes(out, "    ", &listener->notes);
}

void draft_print(const struct draft *draft, struct buf *out)
{
	buf_addf(out, "# Made by 'ehlo-milter import %s' from ", draft->source);
	buf_add_escaped(out, draft->file, "", 0);
	buf_add(out, ".\n# Nothing is refused by it: every listener is in mode observe.  Read it, then what it would do:\n"
		"#   ehlo-milter check -c FILE; ehlo-milter replay -c FILE /var/log/mail.log\n"
		"version: 1\n"
		"server:\n"
		"  session_log: { path: /var/log/ehlo-milter/sessions.jsonl }\n");
	add_notes(out, "", &draft->notes);
	add_lists(out, draft->lists);
	if (draft->outbound.first)
		buf_add_char(out, '\n');
	add_block(out, "outbound:", "  ", &draft->outbound);
	buf_add(out, "\nlisteners:\n");
	for (const struct draft_listener *listener = draft->listeners; listener; listener = listener->next)
		add_listener(out, listener);
	if (!draft->listeners)
		buf_add(out, "  - { name: all, match: any, profile: none, mode: observe }\n");
	out->failed = out->failed || draft->failed;
}
