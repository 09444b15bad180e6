/* SPDX-License-Identifier: BSD-2-Clause */
/* import stalwart: session.* and auth.* of its TOML, or the objects MtaStageEhlo, SenderAuth and MtaExtensions as JSON. */
#include "import/import.h"
#include "import/settings.h"

#include "base/ascii.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTENERS_MAX 50
#define MATCHES_MAX 20

/* What becomes of one value for a client that has not logged in. */
struct effect {
	const char *value;	/* "true", "false", "strict", "relaxed" */
	const char *check;	/* or NULL: key is one of commands, or of extensions */
	const char *settings[5];
};

struct key {
	const char *toml;		/* "session.ehlo.require" */
	const char *object;		/* "MtaStageEhlo" */
	const char *field;		/* "require" */
	const char *on_25;		/* its default on port 25, and elsewhere; NULL: it says nothing then */
	const char *elsewhere;
	struct effect effects[3];
};

#define TAGS { "fail: tag", "softfail: tag", "permerror: tag", "temperror: tag" }
#define REFUSALS { "fail: reject", "softfail: reject", "permerror: reject", "temperror: tempfail" }

static const struct key keys[] = {
	{ "session.ehlo.require", "MtaStageEhlo", "require", "true", "true",
	  { { "true", "greeting", { "fail: reject" } } } },
	{ "session.ehlo.reject-non-fqdn", "MtaStageEhlo", "rejectNonFqdn", "true", "false",
	  { { "true", "ehlo_fqdn", { "fail: reject" } }, { "true", "ehlo_syntax", { "fail: reject" } } } },
	{ "auth.iprev.verify", "SenderAuth", "reverseIpVerify", "relaxed", "disable",
	  { { "strict", "iprev", { "no_ptr: reject", "fail: reject", "temperror: tempfail" } },
	    { "relaxed", "iprev", { "no_ptr: tag", "fail: tag", "temperror: tag" } } } },
	{ "auth.spf.verify.ehlo", "SenderAuth", "spfEhloVerify", "relaxed", "disable",
	  { { "strict", "spf_helo", REFUSALS }, { "relaxed", "spf_helo", TAGS } } },
	{ "auth.spf.verify.mail-from", "SenderAuth", "spfFromVerify", "relaxed", "disable",
	  { { "strict", "spf_mail_from", REFUSALS }, { "relaxed", "spf_mail_from", TAGS } } },
	{ "session.extensions.vrfy", "MtaExtensions", "vrfy", "false", "false",
	  { { "false", NULL, { "vrfy: hide" } }, { "true", NULL, { "vrfy: allow" } } } },
	{ "session.extensions.expn", "MtaExtensions", "expn", "false", "false",
	  { { "false", NULL, { "expn: disable" } }, { "true", NULL, { "expn: allow" } } } },
	{ "session.extensions.pipelining", "MtaExtensions", "pipelining", NULL, NULL,
	  { { "false", NULL, { "pipelining: false" } } } },
	{ "session.extensions.chunking", "MtaExtensions", "chunking", NULL, NULL,
	  { { "false", NULL, { "chunking: false" } } } },
	{ "session.extensions.dsn", "MtaExtensions", "dsn", NULL, NULL, { { "false", NULL, { "dsn: false" } } } },
	{ "session.extensions.requiretls", "MtaExtensions", "requireTls", NULL, NULL,
	  { { "false", NULL, { "requiretls: false" } } } },
	{ "session.extensions.no-soliciting", "MtaExtensions", "noSoliciting", NULL, NULL,
	  { { "false", NULL, { "no_soliciting: false" } } } },
	{ "session.extensions.future-release", "MtaExtensions", "futureRelease", NULL, NULL,
	  { { "false", NULL, { "future_release: false" } } } },
	{ "session.extensions.deliver-by", "MtaExtensions", "deliverBy", NULL, NULL,
	  { { "false", NULL, { "deliver_by: false" } } } },
	{ "session.extensions.mt-priority", "MtaExtensions", "mtPriority", NULL, NULL,
	  { { "false", NULL, { "mt_priority: false" } } } },
};
#define KEY_COUNT (sizeof keys / sizeof *keys)

struct listener {
	const char *name;
	unsigned port;
};

struct work {
	struct import *import;
	struct settings settings;
	struct listener listeners[LISTENERS_MAX];
	unsigned listener_count;
};

/* --- settings by name --- */

static const struct setting *find(const struct work *work, const char *key)
{
	const struct setting *found = NULL;

	for (const struct setting *s = work->settings.first; s; s = s->next)
		if (strcmp(s->key, key) == 0)
			found = s;
	return found;
}

/* Where field stands in a key as a whole part: an object's own, or an item's of a list of objects; NULL: it does not. */
static const char *field_in(const char *key, const struct key *row)
{
	size_t length = strlen(row->field), object = strlen(row->object);

	for (const char *part = key; part; part = strchr(part, '.') ? strchr(part, '.') + 1 : NULL) {
		size_t before = (size_t)(part - key);

		if (strncmp(part, row->field, length) != 0 || (part[length] != '\0' && part[length] != '.'))
			continue;
		if (before == 0 || (before > 1 && ascii_is_digit(part[-2])) ||
		    (before > object && strncmp(part - 1 - object, row->object, object) == 0))
			return part;
	}
	return NULL;
}

/* The key under which a row's value is found: its own in TOML, the path to it in JSON; NULL: it is not told. */
static const char *base_of(struct work *work, const struct key *row)
{
	size_t length = strlen(row->toml);

	for (const struct setting *s = work->settings.first; s; s = s->next) {
		const char *part = field_in(s->key, row);

		if (strncmp(s->key, row->toml, length) == 0 && (s->key[length] == '\0' || s->key[length] == '.'))
			return row->toml;
		if (part)
			return draft_textf(&work->import->draft, "%.*s",
					   (int)(part - s->key + (ptrdiff_t)strlen(row->field)), s->key);
	}
	return NULL;
}

/* --- expressions --- */

enum truth { FALSE, TRUE, OPEN };

static enum truth truth_of(bool equal, bool negated)
{
	return equal != negated ? TRUE : FALSE;
}

/* The word behind an operator, without quotes. */
static bool operand_is(const char *text, const char *word)
{
	size_t length = strlen(word);

	text += strspn(text, " =");
	text += *text == '\'' || *text == '"';
	return strncmp(text, word, length) == 0 && text[length + strspn(text + length, "'\" ")] == '\0';
}

static bool names(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(text, word, length) == 0;
}

/* Comparisons with the port or the listener alone, for a client that has not logged in; others are open. */
static enum truth evaluate(struct work *work, const char *text, const struct listener *listener)
{
	size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
	const char *rest = text + name + strspn(text + name, " ");
	bool negated = rest[0] == '!' && rest[1] == '=';

	if (operand_is(text, "true") || operand_is(text, "is_empty(authenticated_as)"))
		return TRUE;
	if (operand_is(text, "false") || operand_is(text, "!is_empty(authenticated_as)"))
		return FALSE;
	if ((!negated && rest[0] != '=') || strpbrk(rest, "&|()"))
		return OPEN;
	rest += negated ? 2 : 1;
	if (names(text, name, "local_port"))
		return truth_of(operand_is(rest, draft_textf(&work->import->draft, "%u", listener->port)), negated);
	if (names(text, name, "listener"))
		return truth_of(operand_is(rest, listener->name), negated);
	return OPEN;
}

static bool is_value(const char *text)
{
	static const char *const words[] = { "true", "false", "strict", "relaxed", "disable" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (operand_is(text, words[i]))
			return true;
	return false;
}

/* What the setting says in this listener; NULL: it cannot be told. */
static const struct setting *choose(struct work *work, const char *base, const struct listener *listener)
{
	struct draft *draft = &work->import->draft;
	const struct setting *condition, *chosen;

	for (unsigned i = 0; i < MATCHES_MAX; i++) {
		const char *row = draft_textf(draft, "%s.%u", base, i);

		if (!find(work, draft_textf(draft, "%s.if", row)))
			row = draft_textf(draft, "%s.match.%u", base, i);
		condition = find(work, draft_textf(draft, "%s.if", row));
		if (!condition) {
			chosen = find(work, draft_textf(draft, "%s.%u.else", base, i));
			return chosen ? chosen : find(work, draft_textf(draft, "%s.else", base));
		}
		switch (evaluate(work, condition->value, listener)) {
		case TRUE:  return find(work, draft_textf(draft, "%s.then", row));
		case FALSE: break;
		case OPEN:  return NULL;
		}
	}
	return NULL;
}

/* --- listeners --- */

static void put_effect(struct draft *draft, struct draft_listener *out, const struct key *row,
		       const struct effect *effect, const struct draft_place *place)
{
	for (size_t i = 0; i < 5 && effect->settings[i]; i++) {
		if (effect->check)
			draft_check(draft, out, effect->check, effect->settings[i], place);
		else if (row->on_25)
			draft_add(draft, &out->commands, effect->settings[i], place->origin);
		else
			draft_add(draft, &out->extensions, effect->settings[i], place->origin);
	}
}

static void put_value(struct draft *draft, struct draft_listener *out, const struct key *row, const char *value,
		      const struct draft_place *place)
{
	for (size_t i = 0; i < 3 && row->effects[i].value; i++)
		if (operand_is(value, row->effects[i].value))
			put_effect(draft, out, row, &row->effects[i], place);
	if (row->effects[0].check && strncmp(row->effects[0].check, "spf_", 4) == 0 && operand_is(value, "strict"))
		draft_note(draft, &out->notes, place->origin,
			   "neutral and none are refused there too; they must not differ (RFC 7208 8.2), and pass here");
}

static void read_key(struct work *work, struct draft_listener *out, const struct key *row,
		     const struct listener *listener)
{
	struct import *import = work->import;
	const char *base = base_of(work, row);
	const struct setting *setting = base ? find(work, base) : NULL;
	struct draft_place place = { .permits = out->authenticated };

	if (base && !setting)
		setting = choose(work, base, listener);
	if (!base) {
		place.origin = draft_origin(&import->draft, row->toml, 0, "the default of Stalwart");
		if (row->on_25)
			put_value(&import->draft, out, row, listener->port == 25 ? row->on_25 : row->elsewhere, &place);
		return;
	}
	place.origin = draft_origin(&import->draft, import->file, setting ? setting->line : 0,
				    setting ? setting->key : base);
	if (setting && !is_value(setting->value) && evaluate(work, setting->value, listener) != OPEN)
		put_value(&import->draft, out, row, evaluate(work, setting->value, listener) == TRUE ? "true" : "false",
			  &place);
	else if (setting && is_value(setting->value))
		put_value(&import->draft, out, row, setting->value, &place);
	else
		draft_note(&import->draft, &out->notes, place.origin,
			   "it hangs on more than the port, the listener and the login; write a rule");
}

/* "[::]:25" */
static unsigned port_of(const char *bind)
{
	const char *colon = strrchr(bind, ':');
	char *end;
	long port = colon ? strtol(colon + 1, &end, 10) : 0;

	return colon && *end == '\0' && port > 0 && port < 65536 ? (unsigned)port : 0;
}

static void add_listener(struct work *work, const char *name, unsigned port)
{
	for (unsigned i = 0; i < work->listener_count; i++)
		if (work->listeners[i].port == port)
			return;
	if (port > 0 && work->listener_count < LISTENERS_MAX)
		work->listeners[work->listener_count++] = (struct listener){ name, port };
}

/* server.listener.NAME.bind, of those whose protocol is smtp. */
static void find_listeners(struct work *work)
{
	static const char start[] = "server.listener.";
	struct draft *draft = &work->import->draft;

	for (const struct setting *s = work->settings.first; s; s = s->next) {
		const char *name = s->key + sizeof start - 1, *bind;
		const struct setting *protocol;

		if (strncmp(s->key, start, sizeof start - 1) != 0 || !(bind = strstr(name, ".bind")))
			continue;
		name = draft_textf(draft, "%.*s", (int)(bind - name), name);
		protocol = find(work, draft_textf(draft, "%s%s.protocol", start, name));
		if (protocol && strcmp(protocol->value, "smtp") == 0)
			add_listener(work, name, port_of(s->value));
	}
	if (work->listener_count > 0)
		return;
	draft_note(draft, &draft->notes, draft_origin(draft, work->import->file, 0, "listeners"),
		   "none is told here; the ports 25, 465 and 587 are taken for granted");
	add_listener(work, "submissions", 465);
	add_listener(work, "submission", 587);
	add_listener(work, "smtp", 25);
}

static void make_listener(struct work *work, const struct listener *listener, bool last)
{
	struct draft *draft = &work->import->draft;
	struct draft_listener *out;

	out = draft_listener_new(draft, draft_name(draft, listener->name),
				 last ? NULL : draft_textf(draft, "{ daemon_port: %u }", listener->port),
				 draft_origin(draft, work->import->file, 0,
					      draft_textf(draft, "listener %s, port %u", listener->name, listener->port)));
	for (size_t i = 0; out && i < KEY_COUNT; i++)
		read_key(work, out, &keys[i], listener);
}

/* What speaks of the EHLO stage, and is in no row. */
static void note_rest(struct work *work)
{
	static const char *const parts[] = { "session.ehlo.", "session.mail.", "session.connect.", "MtaStageEhlo.",
					     "MtaStageMail.", "MtaStageConnect." };
	struct draft *draft = &work->import->draft;

	for (const struct setting *s = work->settings.first; s; s = s->next) {
		bool about = false, read = strcmp(s->value, "false") == 0;

		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			about = about || strstr(s->key, parts[i]) != NULL;
		for (size_t i = 0; i < KEY_COUNT; i++)
			read = read || strncmp(s->key, keys[i].toml, strlen(keys[i].toml)) == 0 ||
			       field_in(s->key, &keys[i]) != NULL;
		if (about && !read)
			draft_note(draft, &draft->notes, draft_origin(draft, work->import->file, s->line, s->key),
				   "no check does this; write a rule, or leave it");
	}
}

static bool make(struct import *import)
{
	struct work work = { .import = import };
	const char *start = import->text + strspn(import->text, " \t\r\n");
	unsigned last = 0;

	work.settings = (struct settings){ .arena = import->draft.arena, .diag = import->diag, .file = import->file };
	work.settings.last = &work.settings.first;
	/* JSON begins with a brace, or with a list of objects; a header of TOML has a name in its brackets. */
	if (!(start[0] == '{' || (start[0] == '[' && strchr("{ \t\r\n", start[1] != '\0' ? start[1] : '{')) ?
	      settings_read_json : settings_read_toml)(&work.settings, import->text))
		return false;
	find_listeners(&work);
	for (unsigned i = 0; i < work.listener_count; i++)
		last = work.listeners[i].port == 25 ? i : last;
	for (unsigned i = 0; i < work.listener_count; i++)
		if (i != last)
			make_listener(&work, &work.listeners[i], false);
	make_listener(&work, &work.listeners[last], true);
	note_rest(&work);
	return true;
}

static void describe_effect(const struct key *key, const struct effect *effect, import_tell *tell, void *context)
{
	const char *kind = strncmp(effect->settings[0], "vrfy", 4) == 0 || strncmp(effect->settings[0], "expn", 4) == 0 ?
			   "commands" : "extensions";
	char word[100];

	(void)snprintf(word, sizeof word, "%s = %s", key->toml, effect->value);
	import_tell_settings(tell, context, word, effect->check ? effect->check : kind, effect->settings);
}

static void describe(import_tell *tell, void *context)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		for (size_t k = 0; k < sizeof keys[i].effects / sizeof *keys[i].effects && keys[i].effects[k].value; k++)
			describe_effect(&keys[i], &keys[i].effects[k], tell, context);
}

const struct import_source import_stalwart = {
	.name = "stalwart",
	.summary = "config.toml, or the JSON of the settings",
	.make = make,
	.describe = describe,
};
