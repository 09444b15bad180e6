/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the few lines of a sendmail.cf that ours must get along with. */
#include "mta/sendmail_current.h"

#include "base/buf.h"
#include "mta/plain.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\r"

const char *const sendmail_rulesets[RULESET_COUNT] = {
	[RULESET_CHECK_VRFY] = "check_vrfy",
	[RULESET_CHECK_EXPN] = "check_expn",
	[RULESET_CHECK_ETRN] = "check_etrn",
	[RULESET_CHECK_MAIL] = "Local_check_mail",
	[RULESET_SRV_FEATURES] = "Local_srv_features",
};

struct parse {
	struct sendmail_current *current;
	struct arena *arena;
	struct diag *diag;
	struct place place;		/* the line at hand */
	struct sendmail_daemon **last;
	enum sendmail_ruleset ruleset;	/* RULESET_COUNT: one that does not matter */
	bool ours;			/* between our comments */
	bool is_cf;			/* an option or ruleset was seen */
	bool no_memory;
};

const char *sendmail_next_item(const char **rest, struct arena *arena)
{
	const char *start = *rest + strspn(*rest, BLANKS ",");
	size_t length = strcspn(start, BLANKS ",");

	*rest = start + length;
	return length > 0 ? arena_strndup(arena, start, length) : NULL;
}

/* "Name=value" behind "O ": the value, in the arena; NULL: another option. */
static const char *option_value(struct parse *p, const char *line, const char *name)
{
	size_t length = strlen(name);
	const char *value;

	line += 1 + strspn(line + 1, BLANKS);
	if (strncasecmp(line, name, length) != 0)
		return NULL;
	line += length + strspn(line + length, BLANKS);
	if (*line != '=')
		return NULL;
	value = arena_strdup(p->arena, line + 1 + strspn(line + 1, BLANKS));
	p->no_memory = p->no_memory || !value;
	return value;
}

static struct number port_of(const char *text)
{
	struct number port = { .presence = PRESENCE_KNOWN };

	if (strcasecmp(text, "smtp") == 0 || strcasecmp(text, "esmtp") == 0)
		port.value = 25;
	else if (strcasecmp(text, "submission") == 0)
		port.value = 587;
	else if (strcasecmp(text, "smtps") == 0 || strcasecmp(text, "submissions") == 0)
		port.value = 465;
	else if (text[0] != '\0' && strlen(text) <= 5 && text[strspn(text, "0123456789")] == '\0')
		for (; *text != '\0'; text++)
			port.value = port.value * 10 + (unsigned)(*text - '0');
	else
		port.presence = PRESENCE_UNKNOWN;
	return port;
}

/* text[0..length) without blanks around it. */
static const char *trimmed(struct parse *p, const char *text, size_t length)
{
	const char *value;

	for (; length > 0 && strchr(BLANKS, text[0]); text++)
		length--;
	while (length > 0 && strchr(BLANKS, text[length - 1]))
		length--;
	value = arena_strndup(p->arena, text, length);
	p->no_memory = p->no_memory || !value;
	return value;
}

/*
 * The value of an equate among "Name=MTA, Port=25, ...": its first letter alone tells which it is, in either case, and the
 * last one counts (setsockaddroptions() of Sendmail).  Filters themselves are separated by semicolons there.
 */
static const char *equate(struct parse *p, const char *text, char letter)
{
	const char *value = NULL;

	while (*text != '\0') {
		const char *equals;
		size_t item;

		text += strspn(text, BLANKS ",");
		item = strcspn(text, ",");
		equals = memchr(text, '=', item);
		if (equals && (text[0] | 0x20) == letter)
			value = trimmed(p, equals + 1, (size_t)(text + item - equals) - 1);
		text += item;
	}
	return value;
}

static void add_daemon(struct parse *p, const char *options)
{
	struct sendmail_daemon *daemon = arena_alloc(p->arena, sizeof *daemon);
	const char *port = equate(p, options, 'p');

	if (!daemon) {
		p->no_memory = true;
		return;
	}
	if (has_control(options, strlen(options))) {
		diag_error(p->diag, p->place, "DaemonPortOptions: a control character inside the line; take it out");
		return;
	}
	*daemon = (struct sendmail_daemon){
		.name = equate(p, options, 'n'),
		.port = port_of(port ? port : "smtp"),
		.filters = equate(p, options, 'i'),
		.modifiers = equate(p, options, 'm'),
	};
	*p->last = daemon;
	p->last = &daemon->next;
}

/* It is printed again, between quotes of m4. */
static void check_names(struct parse *p, const char *list, const char *option)
{
	if (list && !names_are_plain(list))
		diag_error(p->diag, p->place,
			   "%s: '%s' cannot stand in sendmail.mc again; expected names of letters, digits, '-', '_' "
			   "and '.', between commas or blanks",
			   option, list);
}

static void set_privacy(struct parse *p, const char *value)
{
	check_names(p, value, "PrivacyOptions");
	p->current->privacy = value;
}

static void read_option(struct parse *p, const char *line)
{
	const char *value;

	p->is_cf = true;
	if ((value = option_value(p, line, "PrivacyOptions")) != NULL)
		set_privacy(p, value);
	if ((value = option_value(p, line, "InputMailFilters")) != NULL) {
		check_names(p, value, "InputMailFilters");
		p->current->filters = value;
	}
	if ((value = option_value(p, line, "DaemonPortOptions")) != NULL)
		add_daemon(p, value);
}

static void read_ruleset(struct parse *p, const char *line)
{
	size_t length;

	p->is_cf = true;
	line += 1 + strspn(line + 1, BLANKS);
	length = strcspn(line, BLANKS "=");
	for (p->ruleset = 0; p->ruleset < RULESET_COUNT; p->ruleset++)
		if (strlen(sendmail_rulesets[p->ruleset]) == length &&
		    strncasecmp(line, sendmail_rulesets[p->ruleset], length) == 0)
			return;
}

static void read_line(struct parse *p, const char *line)
{
	/* It stands behind the options, and is what they would be without us. */
	if (strncmp(line, SENDMAIL_PRIVACY, sizeof SENDMAIL_PRIVACY - 1) == 0)
		set_privacy(p, arena_strdup(p->arena, line + sizeof SENDMAIL_PRIVACY - 1));
	else if (strcmp(line, SENDMAIL_BEGIN) == 0)
		p->ours = true;
	else if (strcmp(line, SENDMAIL_END) == 0)
		p->ours = false;
	else if (line[0] == 'O' && line[1] == ' ')
		read_option(p, line);
	else if (line[0] == 'S')
		read_ruleset(p, line);
	else if (line[0] == 'R' && p->ruleset < RULESET_COUNT && !p->ours)
		p->current->taken[p->ruleset] = true;
}

bool sendmail_current_parse(const char *text, const char *file, struct arena *arena, struct diag *diag,
			    struct sendmail_current *current_r)
{
	struct parse p = {
		.current = current_r, .arena = arena, .diag = diag, .place = { .file = file },
		.last = &current_r->daemons, .ruleset = RULESET_COUNT
	};
	size_t errors_before = diag->error_count;

	*current_r = (struct sendmail_current){ .given = true };
	while (*text != '\0' && !p.no_memory) {
		size_t length = strcspn(text, "\n");
		char *line = arena_strndup(arena, text,
					   length > 0 && text[length - 1] == '\r' ? length - 1 : length);

		p.no_memory = p.no_memory || !line;
		p.place.line++;
		if (line)
			read_line(&p, line);
		text += length + (text[length] == '\n');
	}
	if (p.no_memory)
		return false;
	if (!p.is_cf)
		diag_error(diag, (struct place){ .file = file },
			   "neither an option nor a ruleset; expected a sendmail.cf, "
			   "which m4 makes of sendmail.mc");
	return diag->error_count == errors_before;
}
