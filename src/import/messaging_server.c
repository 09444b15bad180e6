/* SPDX-License-Identifier: BSD-2-Clause */
/* import messaging-server: the channels of imta.cnf with their keywords, and options (NAME=VALUE) of option.dat. */
#include "import/import.h"

#include "base/ip.h"
#include "import/messaging_keywords.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\r"
#define LISTENERS_MAX 50

struct work {
	struct import *import;
	unsigned line;
	unsigned listeners;
	const char *defaults;		/* keywords of the last line "defaults" */
	unsigned defaults_line;
	const char *vrfy, *vrfy_origin;	/* of the options */
	const char *expn, *expn_origin;
	const char *blocked, *blocked_origin;
};

static const char *next_word(struct draft *draft, const char **rest)
{
	const char *start = *rest + strspn(*rest, BLANKS);
	size_t length = start[0] == '"' ? strcspn(start + 1, "\"") + 1 : strcspn(start, BLANKS);

	if (start[0] == '\0')
		return NULL;
	length += start[0] == '"' && start[length] == '"';
	*rest = start + length;
	return draft_textf(draft, "%.*s", (int)length, start);
}

/* The last of those that begin with the same key counts. */
static void put(struct draft *draft, struct draft_lines *lines, const char *text, const char *origin)
{
	size_t key = strcspn(text, ":") + 1;

	for (struct draft_line *line = lines->first; line; line = line->next)
		if (strncmp(line->text, text, key) == 0) {
			line->text = text;
			line->origin = origin;
			return;
		}
	draft_add(draft, lines, text, origin);
}

/* The MTA's own client is one for all: what tcp_local says of it counts. */
static void put_outbound(struct work *work, const struct draft_listener *listener, const char *text, const char *origin)
{
	struct draft *draft = &work->import->draft;

	if (strcmp(listener->name, "tcp_local") == 0)
		put(draft, &draft->outbound, text, origin);
	else
		draft_note(draft, &draft->notes, origin, "name the transport: outbound, transports");
}

static void put_keyword(struct work *work, struct draft_listener *listener, const struct messaging_keyword *keyword,
			const char *number, const char *origin)
{
	struct draft *draft = &work->import->draft;
	const struct draft_place place = { .origin = origin };

	switch (keyword->kind) {
	case KEYWORD_CHECK:
		for (size_t i = 0; i < 3 && keyword->settings[i]; i++)
			draft_check(draft, listener, keyword->check, keyword->settings[i], &place);
		break;
	case KEYWORD_COMMAND: put(draft, &listener->commands, keyword->settings[0], origin); break;
	case KEYWORD_OUTBOUND: put_outbound(work, listener, keyword->settings[0], origin); break;
	case KEYWORD_OUTBOUND_NUMBER:
		if (number && strlen(number) == 1 && number[0] >= '0' && number[0] <= '3')
			put_outbound(work, listener, draft_textf(draft, "%s: %s", keyword->settings[0], number), origin);
		else
			draft_note(draft, &listener->notes, origin, "expected a number from 0 to 3 behind it");
		break;
	case KEYWORD_SUBMIT: listener->match = "{ daemon_port: 587 }"; break;
	case KEYWORD_LOGIN: break;
	case KEYWORD_NOTHING: break;
	case KEYWORD_COMMENT: draft_note(draft, &listener->notes, origin, keyword->settings[0]); break;
	}
}

/* Keywords, and arguments of them, that no row is of. */
static void note_others(struct work *work, struct draft_listener *listener, const char **others, unsigned line)
{
	struct draft *draft = &work->import->draft;

	if ((*others)[0] != '\0')
		draft_note(draft, &listener->notes, draft_origin(draft, work->import->file, line, *others),
			   "nothing of the EHLO stage, or not known here");
	*others = "";
}

static void put_keywords(struct work *work, struct draft_listener *listener, const char *rest, unsigned line)
{
	struct draft *draft = &work->import->draft;
	const char *word, *others = "";

	while ((word = next_word(draft, &rest)) != NULL) {
		const struct messaging_keyword *keyword = messaging_keyword_find(word);
		const char *origin = draft_origin(draft, work->import->file, line, word), *number = NULL;

		if (!keyword) {
			if (strlen(others) + strlen(word) > 100)
				note_others(work, listener, &others, line);
			others = draft_textf(draft, "%s%s%s", others, others[0] != '\0' ? " " : "", word);
			continue;
		}
		if (keyword->kind == KEYWORD_OUTBOUND_NUMBER)
			number = next_word(draft, &rest);
		put_keyword(work, listener, keyword, number, origin);
	}
	note_others(work, listener, &others, line);
}

static void add_channel(struct work *work, const char *name, const char *rest)
{
	struct draft *draft = &work->import->draft;
	const char *origin = draft_origin(draft, work->import->file, work->line, name);
	struct draft_listener *listener;

	if (++work->listeners > LISTENERS_MAX) {
		draft_note(draft, &draft->notes, origin, "more channels than are read");
		return;
	}
	listener = draft_listener_new(draft, draft_name(draft, name), NULL, origin);
	if (!listener)
		return;
	if (work->defaults)
		put_keywords(work, listener, work->defaults, work->defaults_line);
	put_keywords(work, listener, rest, work->line);
}

/* --- options --- */

static bool is_on(const char *value)
{
	return value[0] != '\0' && strcmp(value, "0") != 0;
}

/* [64.94.110.11],[192.0.2.1] as items of blocked_ips; NULL: one of them is no address. */
static const char *addresses(struct draft *draft, const char *value)
{
	const char *items = "";

	while (value[strspn(value, ", \t\r")] != '\0') {
		const char *start = value + strspn(value, ", \t\r"), *error;
		size_t length = strcspn(start, ", \t\r");
		const char *item = draft_textf(draft, "%.*s", (int)length, start);
		struct network network;
		char text[IP_TEXT_BYTES + 4];

		if (strlen(items) > 4000 || !network_parse(item, &network, &error))
			return NULL;
		network_format(&network, text);
		items = draft_textf(draft, "%s%s'%s'", items, items[0] != '\0' ? ", " : "", text);
		value = start + length;
	}
	return items;
}

static void add_option(struct work *work, const char *text, size_t name_length)
{
	struct draft *draft = &work->import->draft;
	const char *name = draft_textf(draft, "%.*s", (int)name_length, text);
	const char *value = strchr(text, '=') + 1, *origin = draft_origin(draft, work->import->file, work->line, text);

	value += strspn(value, BLANKS);
	if (strcasecmp(name, "HIDE_VERIFY") == 0) {
		work->vrfy = is_on(value) ? "vrfy: hide" : NULL;
		work->vrfy_origin = origin;
	} else if (strcasecmp(name, "DISABLE_EXPAND") == 0) {
		work->expn = is_on(value) ? "expn: disable" : NULL;
		work->expn_origin = origin;
	} else if (strcasecmp(name, "BLOCKED_MAIL_FROM_IPS") == 0) {
		work->blocked = addresses(draft, value);
		work->blocked_origin = origin;
		if (!work->blocked)
			draft_note(draft, &draft->notes, origin, "expected addresses such as [64.94.110.11]");
	} else if (strncasecmp(name, "SPF_", 4) == 0) {
		draft_note(draft, &draft->notes, origin, "set the results of spf_helo and spf_mail_from by hand");
	}
}

/* --- lines --- */

static void add_line(struct work *work, const char *text)
{
	struct draft *draft = &work->import->draft;
	size_t name = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	const char *rest = text, *word;

	if (text[0] == '<') {
		draft_note(draft, &draft->notes, draft_origin(draft, work->import->file, work->line, text),
			   "another file is not read; put it in its place");
		return;
	}
	if (name > 0 && text[name + strspn(text + name, BLANKS)] == '=') {
		add_option(work, text, name);
		return;
	}
	word = next_word(draft, &rest);
	if (word && strcmp(word, "defaults") == 0) {
		work->defaults = draft_textf(draft, "%s", rest);
		work->defaults_line = work->line;
	} else if (word && strcmp(word, "nodefaults") == 0) {
		work->defaults = NULL;
	} else if (word && strncmp(word, "tcp_", 4) == 0 && !strstr(word, "-daemon")) {	/* not the official host */
		add_channel(work, word, rest);
	}
}

/* A backslash at its end makes a line go on. */
static void read_lines(struct work *work, const char *text)
{
	struct buf logical;
	unsigned number = 0;

	buf_init(&logical);
	while (*text != '\0') {
		size_t length = strcspn(text, "\n"), kept = length;

		number++;
		if (logical.length == 0)
			work->line = number;
		kept -= kept > 0 && text[kept - 1] == '\r';
		if (kept > 0 && text[kept - 1] == '\\') {
			buf_add_bytes(&logical, text, kept - 1);
			buf_add_char(&logical, ' ');
		} else {
			buf_add_bytes(&logical, text, kept);
			if (logical.text && logical.text[0] != '!')
				add_line(work, logical.text);
			logical.length = 0;
		}
		text += length + (text[length] == '\n');
	}
	if (logical.length > 0 && logical.text[0] != '!')
		add_line(work, logical.text);
	work->import->draft.failed = work->import->draft.failed || logical.failed;
	buf_clear(&logical);
}

/* What the options say of every channel that does not say it itself. */
static void apply_options(struct work *work, struct draft_listener *listener)
{
	struct draft *draft = &work->import->draft;
	struct draft_place place = { .origin = work->blocked_origin };
	bool vrfy = false, expn = false;

	for (struct draft_line *line = listener->commands.first; line; line = line->next) {
		vrfy = vrfy || strncmp(line->text, "vrfy", 4) == 0;
		expn = expn || strncmp(line->text, "expn", 4) == 0;
	}
	if (work->vrfy && !vrfy)
		draft_add(draft, &listener->commands, work->vrfy, work->vrfy_origin);
	if (work->expn && !expn)
		draft_add(draft, &listener->commands, work->expn, work->expn_origin);
	for (struct draft_item *item = listener->items; item && work->blocked; item = item->next)
		if (strcmp(item->name, "mail_from_dns") == 0) {
			draft_check(draft, listener, item->name, draft_textf(draft, "blocked_ips: [%s]", work->blocked), &place);
			draft_check(draft, listener, item->name, "blocked_when: any", &place);
			return;
		}
}

/* tcp_local takes what comes from everywhere; the channels that an address leads to cannot be told from here. */
static void settle(struct work *work)
{
	struct draft *draft = &work->import->draft;
	struct draft_listener *local = NULL, **link = &draft->listeners;

	for (struct draft_listener *listener; (listener = *link) != NULL;) {
		apply_options(work, listener);
		if (!listener->match && strcmp(listener->name, "tcp_intranet") == 0) {
			listener->match = "{ client: $private }";
			draft_note(draft, &listener->notes, listener->origin, "name the networks of INTERNAL_IP in its match");
		}
		if (!local && strcmp(listener->name, "tcp_local") == 0) {
			local = listener;
			*link = listener->next;
		} else if (!listener->match) {
			draft_note(draft, &draft->notes, listener->origin,
				   "which clients this channel is for cannot be told; add a listener with a match");
			*link = listener->next;
		} else {
			link = &listener->next;
		}
	}
	if (!local) {
		draft->last_listener = NULL;
		for (struct draft_listener *listener = draft->listeners; listener; listener = listener->next)
			draft->last_listener = listener;
		(void)draft_listener_new(draft, "rest", NULL, NULL);
		return;
	}
	local->next = NULL;
	*link = local;
}

static bool make(struct import *import)
{
	struct work work = { .import = import };

	read_lines(&work, import->text);
	settle(&work);
	return true;
}

static void describe(import_tell *tell, void *context)
{
	messaging_keywords_describe(tell, context);
	tell(context, "BLOCKED_MAIL_FROM_IPS", "mail_from_dns: { blocked_ips: ..., blocked_when: any }");
	tell(context, "HIDE_VERIFY", "commands: { vrfy: hide }");
	tell(context, "DISABLE_EXPAND", "commands: { expn: disable }");
	tell(context, "SPF_*", "set the results of spf_helo and spf_mail_from by hand");
}

const struct import_source import_messaging_server = {
	.name = "messaging-server",
	.summary = "imta.cnf and option.dat, one behind the other or alone",
	.make = make,
	.describe = describe,
};
