/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts together a policy in the making. */
#include "import/draft.h"

#include "base/ascii.h"
#include "core/policy.h"

#include <stdarg.h>
#include <string.h>

#define ORIGIN_BYTES_MAX 160
#define NUMBER_BYTES_MAX 4	/* "_50" */

const char *draft_textf(struct draft *draft, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length >= 0)
		text = arena_alloc(draft->arena, (size_t)length + 1);
	if (!text) {
		draft->failed = true;
		return "";
	}
	va_start(args, format);
	(void)vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

const char *draft_origin(struct draft *draft, const char *file, unsigned line, const char *text)
{
	const char *origin;
	struct buf out;

	buf_init(&out);
	buf_add_escaped(&out, file, "", ORIGIN_BYTES_MAX);
	if (line > 0)
		buf_addf(&out, ":%u", line);
	buf_add(&out, ": ");
	buf_add_escaped(&out, text, "", ORIGIN_BYTES_MAX);
	origin = draft_textf(draft, "%s", out.text);
	draft->failed = draft->failed || out.failed;
	buf_clear(&out);
	return origin;
}

const char *draft_quoted(struct draft *draft, const char *text)
{
	const char *quoted;
	struct buf out;

	for (const char *c = text; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			return NULL;
	buf_init(&out);
	buf_add_yaml(&out, text);
	quoted = draft_textf(draft, "%s", out.text);
	draft->failed = draft->failed || out.failed;
	buf_clear(&out);
	return quoted;
}

const char *draft_name(struct draft *draft, const char *text)
{
	char name[POLICY_NAME_BYTES_MAX + 1];
	size_t length = 0;

	if (!ascii_is_alpha(text[0]))
		name[length++] = 'l';
	for (; *text != '\0' && length < POLICY_NAME_BYTES_MAX; text++)
		name[length++] = ascii_is_alphanum(*text) ? *text : '_';
	name[length] = '\0';
	return draft_textf(draft, "%s", name);
}

void draft_add(struct draft *draft, struct draft_lines *lines, const char *text, const char *origin)
{
	struct draft_line *line = arena_alloc(draft->arena, sizeof *line);

	if (!line) {
		draft->failed = true;
		return;
	}
	*line = (struct draft_line){ .text = text, .origin = origin };
	if (lines->last)
		lines->last->next = line;
	else
		lines->first = line;
	lines->last = line;
}

void draft_note(struct draft *draft, struct draft_lines *notes, const char *origin, const char *reason)
{
	if (notes->last && strcmp(notes->last->text, reason) == 0 && strcmp(notes->last->origin, origin) == 0)
		return;
	draft_add(draft, notes, reason, origin);
}

struct draft_list *draft_list_new(struct draft *draft, const char *name, const char *kind, const char *origin)
{
	struct draft_list *list = arena_alloc(draft->arena, sizeof *list);

	if (!list) {
		draft->failed = true;
		return NULL;
	}
	*list = (struct draft_list){ .name = name, .kind = kind, .origin = origin };
	if (draft->last_list)
		draft->last_list->next = list;
	else
		draft->lists = list;
	draft->last_list = list;
	return list;
}

static bool is_used(const struct draft *draft, const char *name)
{
	for (const struct draft_listener *l = draft->listeners; l; l = l->next)
		if (strcmp(l->name, name) == 0)
			return true;
	return false;
}

/* The name, with a number behind it where another listener has it. */
static const char *unused_name(struct draft *draft, const char *name)
{
	const char *unused = name;

	for (unsigned number = 2; is_used(draft, unused) && !draft->failed; number++)
		unused = draft_textf(draft, "%.*s_%u", POLICY_NAME_BYTES_MAX - NUMBER_BYTES_MAX, name, number);
	return unused;
}

struct draft_listener *draft_listener_new(struct draft *draft, const char *name, const char *match,
					  const char *origin)
{
	struct draft_listener *listener = arena_alloc(draft->arena, sizeof *listener);

	if (!listener) {
		draft->failed = true;
		return NULL;
	}
	*listener = (struct draft_listener){ .name = unused_name(draft, name), .match = match, .origin = origin };
	if (draft->last_listener)
		draft->last_listener->next = listener;
	else
		draft->listeners = listener;
	draft->last_listener = listener;
	return listener;
}

unsigned draft_permit(struct draft_listener *listener, const char *condition, const char *origin)
{
	for (unsigned i = 0; i < listener->permit_count; i++)
		if (strcmp(listener->permits[i].condition, condition) == 0)
			return 1U << i;
	if (listener->permit_count == DRAFT_PERMITS_MAX)
		return 0;
	listener->permits[listener->permit_count] = (struct draft_permit){ condition, origin };
	return 1U << listener->permit_count++;
}

/* --- checks and rules --- */

static struct draft_item *new_item(struct draft *draft, struct draft_listener *listener, const char *name,
				   const struct draft_place *place)
{
	struct draft_item *item = arena_alloc(draft->arena, sizeof *item);

	if (!item) {
		draft->failed = true;
		return NULL;
	}
	*item = (struct draft_item){ .name = name, .permits = place->permits, .observed = place->observed };
	if (listener->last_item)
		listener->last_item->next = item;
	else
		listener->items = item;
	listener->last_item = item;
	return item;
}

static unsigned severity(const char *setting)
{
	static const char *const by_severity[] = { ": log", ": tag", ": quarantine", ": tempfail", ": reject" };
	unsigned found = 0;

	for (unsigned i = 0; i < sizeof by_severity / sizeof *by_severity; i++)
		if (strstr(setting, by_severity[i]))
			found = i + 1;
	return found;
}

static struct draft_line *find_setting(const struct draft_item *item, const char *setting)
{
	size_t length = strcspn(setting, ":") + 1;

	for (struct draft_line *line = item->settings.first; line; line = line->next)
		if (strncmp(line->text, setting, length) == 0)
			return line;
	return NULL;
}

void draft_check(struct draft *draft, struct draft_listener *listener, const char *check, const char *setting,
		 const struct draft_place *place)
{
	struct draft_item *item = listener->items;
	struct draft_line *line;

	while (item && (item->is_rule || strcmp(item->name, check) != 0))
		item = item->next;
	if (!item)
		item = new_item(draft, listener, check, place);
	if (!item)
		return;
	item->permits &= place->permits;
	item->observed = item->observed && place->observed;
	line = find_setting(item, setting);
	if (!line)
		draft_add(draft, &item->settings, setting, place->origin);
	else if (severity(setting) > severity(line->text))
		*line = (struct draft_line){ .text = setting, .origin = place->origin, .next = line->next };
}

void draft_rule(struct draft *draft, struct draft_listener *listener, const char *condition, const char *action,
		const struct draft_place *place)
{
	const char *quoted = draft_quoted(draft, condition);
	struct draft_item *item = new_item(draft, listener, draft_textf(draft, "rule_%u", ++listener->rule_count), place);

	if (!item || !quoted)
		return;
	item->is_rule = true;
	draft_add(draft, &item->settings, draft_textf(draft, "if: %s", quoted), place->origin);
	draft_add(draft, &item->settings, draft_textf(draft, "then: %s", action), NULL);
}
