/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads main.cf parameters and master.cf services, one logical line after the other. */
#include "mta/postfix_current.h"

#include "base/ascii.h"
#include "mta/lines.h"
#include "mta/plain.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"
/* master.cf(5): service, type, private, unprivileged, chroot, wakeup, maxproc, command */
#define FIELD_CHROOT 4
#define FIELD_COMMAND 7
#define FIELD_COUNT 8

struct parse {
	struct postfix_current *current;
	struct arena *arena;
	struct diag *diag;
	const char *file;
	unsigned line;			/* of the logical line's start */
	struct postfix_parameter **last_parameter;
	struct postfix_service **last_service;
	bool no_memory;
};

/* text[0..length) without blanks around it. */
static char *trimmed(struct arena *arena, const char *text, size_t length)
{
	while (length > 0 && strchr(BLANKS, text[0])) {
		text++;
		length--;
	}
	while (length > 0 && strchr(BLANKS, text[length - 1]))
		length--;
	return arena_strndup(arena, text, length);
}

/* --- parameters --- */

static struct postfix_parameter *new_parameter(struct parse *p, const char *text, size_t name_length,
					       const char *value)
{
	struct postfix_parameter *parameter = arena_alloc(p->arena, sizeof *parameter);

	if (!parameter) {
		p->no_memory = true;
		return NULL;
	}
	parameter->line = p->line;
	parameter->name = arena_strndup(p->arena, text, name_length);
	parameter->value = trimmed(p->arena, value, strlen(value));
	if (!parameter->name || !parameter->value)
		p->no_memory = true;
	return parameter;
}

/* "name = value": the length of name, and where the value begins; 0: it is something else. */
static size_t assignment(const char *text, const char **value_r)
{
	size_t length = strspn(text, POSTFIX_NAME_BYTES);
	const char *equal = text + length + strspn(text + length, BLANKS);

	if (length == 0 || *equal != '=')
		return 0;
	*value_r = equal + 1;
	return length;
}

static unsigned read_version(const char *text)
{
	unsigned major = 0, minor = 0;

	while (ascii_is_digit(*text) && major < 100)
		major = major * 10 + (unsigned)(*text++ - '0');
	if (*text++ != '.')
		return 0;
	while (ascii_is_digit(*text) && minor < 100)
		minor = minor * 10 + (unsigned)(*text++ - '0');
	return major * 100 + minor;
}

static void add_parameter(struct parse *p, const char *text, size_t name_length, const char *value)
{
	struct postfix_parameter *parameter = new_parameter(p, text, name_length, value);

	if (!parameter || p->no_memory)
		return;
	*p->last_parameter = parameter;
	p->last_parameter = &parameter->next;
	if (strcmp(parameter->name, "mail_version") == 0)
		p->current->version = read_version(parameter->value);
}

/* --- services --- */

static bool error_line(struct parse *p, const char *text)
{
	diag_error(p->diag, (struct place){ .file = p->file, .line = p->line }, "%s", text);
	return false;
}

/* One "name=value" behind -o. */
static bool add_option(struct parse *p, const char *text, struct postfix_parameter ***last)
{
	const char *value;
	size_t length = assignment(text, &value);

	if (length == 0)
		return error_line(p, "an option -o without name=value; expected the output of postconf -M");
	**last = new_parameter(p, text, length, value);
	if (p->no_memory)
		return false;
	*last = &(**last)->next;
	return true;
}

/* The arguments of the command: -o name=value, -oname=value, -o { name = value }; others are flags. */
static bool read_options(struct parse *p, const char *rest, struct postfix_service *service)
{
	struct postfix_parameter **last = &service->options;
	bool expected = false;

	while (true) {
		const char *start = rest + strspn(rest, BLANKS);
		size_t length = start[0] == '{' ? postfix_braces_length(start) : strcspn(start, BLANKS);
		char *word;

		if (start[0] == '\0')
			return !expected || error_line(p, "-o at the end; expected name=value behind it");
		if (length == 0)
			return error_line(p, "a '{' that is not closed");
		word = start[0] == '{' ? trimmed(p->arena, start + 1, length - 2) :
					 arena_strndup(p->arena, start, length);
		p->no_memory = p->no_memory || !word;
		if (!word)
			return false;
		rest = start + length;
		if (!expected && strcmp(word, "-o") == 0) {
			expected = true;
			continue;
		}
		if (expected || strncmp(word, "-o", 2) == 0)
			if (!add_option(p, expected ? word : word + 2, &last))
				return false;
		expected = false;
	}
}

static enum tri chroot_of(const char *field)
{
	if (field[0] == '-')
		return TRI_UNKNOWN;
	return tri_of(field[0] == 'y');
}

static bool add_service(struct parse *p, const char *text)
{
	struct postfix_service *service = arena_alloc(p->arena, sizeof *service);
	const char *fields[FIELD_COUNT];

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		size_t length;

		text += strspn(text, BLANKS);
		length = strcspn(text, BLANKS);
		if (length == 0)
			return error_line(p, "neither 'name = value' nor a service; expected the output of "
					     "postconf -n and postconf -M");
		fields[i] = arena_strndup(p->arena, text, length);
		p->no_memory = p->no_memory || !fields[i];
		text += length;
	}
	if (!service || p->no_memory) {
		p->no_memory = true;
		return false;
	}
	*service = (struct postfix_service){
		.name = fields[0], .type = fields[1], .command = fields[FIELD_COMMAND],
		.chroot = chroot_of(fields[FIELD_CHROOT]), .line = p->line,
	};
	postfix_find_endpoint(service);
	if (!read_options(p, text, service))
		return false;
	*p->last_service = service;
	p->last_service = &service->next;
	return true;
}

/* "smtp/inet/NAME = VALUE", a line of postconf -P: where NAME begins; NULL: it is something else. */
static const char *option_line(const char *text, size_t *service_length_r, size_t *type_length_r)
{
	size_t word = strcspn(text, BLANKS "=");
	const char *last = memrchr(text, '/', word);
	const char *first = last ? memrchr(text, '/', (size_t)(last - text)) : NULL;
	const char *value;

	if (!first || assignment(last + 1, &value) == 0)
		return NULL;
	*service_length_r = (size_t)(first - text);
	*type_length_r = (size_t)(last - first) - 1;
	return last + 1;
}

static bool is_word(const char *word, const char *text, size_t length)
{
	return strlen(word) == length && strncmp(word, text, length) == 0;
}

/* The option, which postconf -M tells too, is the service's. */
static bool add_service_option(struct parse *p, const char *text, const char *name, size_t service_length,
			       size_t type_length)
{
	struct postfix_service *service = p->current->services;
	struct postfix_parameter **last;

	while (service && !(is_word(service->name, text, service_length) &&
			    is_word(service->type, text + service_length + 1, type_length)))
		service = service->next;
	if (!service)
		return error_line(p, "an option of a service that is not there; expected the output of postconf -M before "
				     "that of postconf -P");
	last = &service->options;
	while (*last)
		last = &(*last)->next;
	return add_option(p, name, &last);
}

/* --- logical lines --- */

static bool add_line(struct parse *p, const char *text)
{
	const char *value;
	size_t length = assignment(text, &value), service_length, type_length;
	const char *option = length == 0 ? option_line(text, &service_length, &type_length) : NULL;

	if (option)
		return add_service_option(p, text, option, service_length, type_length);
	if (length == 0)
		return add_service(p, text);
	add_parameter(p, text, length, value);
	return !p->no_memory;
}

/* A line that begins with a blank goes on with the one before; empty lines and comments do not end it. */
static bool read_lines(struct parse *p, const char *text)
{
	struct buf logical;
	unsigned number = 0;
	bool good = true;

	buf_init(&logical);
	while (good && *text != '\0') {
		size_t length = strcspn(text, "\n");
		const char *content = text + strspn(text, " \t\r");
		size_t text_length = length - (length > 0 && text[length - 1] == '\r');
		bool continues = content != text;

		number++;
		if (*content != '\0' && *content != '\n' && *content != '#') {
			if (!continues && logical.length > 0) {
				good = add_line(p, logical.text);
				logical.length = 0;
			}
			if (logical.length == 0)
				p->line = number;
			/* Postfix reads no such file either: readlline(3). */
			if (logical.length == 0 && continues) {
				good = error_line(p, "a blank at the begin of the first line; take it out");
				break;
			}
			if (has_control(text, text_length)) {
				p->line = number;
				good = error_line(p, "a control character inside the line; take it out");
				break;
			}
			buf_add_bytes(&logical, text, text_length);
			buf_add_char(&logical, ' ');
			good = good && !logical.failed;
		}
		text += length + (text[length] == '\n');
	}
	if (good && logical.length > 0)
		good = add_line(p, logical.text);
	buf_clear(&logical);
	return good;
}

/* compatibility_level 0, the one without the line, means chroot where master.cf says "-" (postconf(5)). */
static void settle_chroot(struct postfix_current *current)
{
	const char *level = postfix_value(current, NULL, "compatibility_level");
	bool by_default = !level || (level[0] == '0' && level[1] != '.');

	for (struct postfix_service *s = current->services; s; s = s->next)
		if (s->chroot == TRI_UNKNOWN)
			s->chroot = tri_of(by_default);
}

/* "smtpd pass" is what postscreen hands its sessions to: they came in by postscreen's port. */
static void follow_postscreen(struct postfix_current *current)
{
	const struct postfix_service *screen = current->services;

	while (screen && strcmp(screen->command, "postscreen") != 0)
		screen = screen->next;
	for (struct postfix_service *s = current->services; s && screen; s = s->next)
		if (strcmp(s->type, "pass") == 0 && strcmp(s->command, "smtpd") == 0) {
			s->port = screen->port;
			s->address = screen->address;
		}
}

bool postfix_current_read(const char *text, const char *file, struct arena *arena, struct diag *diag,
			  struct postfix_current *current_r)
{
	struct parse p = {
		.current = current_r, .arena = arena, .diag = diag, .file = file,
		.last_parameter = &current_r->parameters, .last_service = &current_r->services,
	};

	*current_r = (struct postfix_current){ .given = true, .file = file };
	if (!read_lines(&p, text))
		return false;
	settle_chroot(current_r);
	follow_postscreen(current_r);
	return true;
}

bool postfix_current_parse(const char *text, const char *file, struct arena *arena, struct diag *diag,
			   struct postfix_current *current_r)
{
	if (!postfix_current_read(text, file, arena, diag, current_r))
		return false;
	if (current_r->services)
		return true;
	diag_error(diag, (struct place){ .file = file }, "no service of master.cf; expected (postconf -n; postconf -M)");
	return false;
}
