/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads main.cf parameters and master.cf services, one logical line after the other. */
#include "mta/postfix_current.h"

#include "mta/lines.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"
#define SEPARATORS BLANKS ","
#define EXPAND_DEPTH_MAX 10
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

static const char name_bytes[] = POSTFIX_NAME_BYTES;

/* --- words --- */

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

/* The length of "{ ... }" with what is nested in it; 0: no brace closes it. */
static size_t braces_length(const char *text)
{
	size_t depth = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		depth += text[i] == '{';
		depth -= text[i] == '}';
		if (depth == 0)
			return i + 1;
	}
	return 0;
}

const char *postfix_next_item(const char **rest, struct arena *arena)
{
	const char *start = *rest + strspn(*rest, SEPARATORS);
	size_t length = 0;

	if (start[0] == '\0')
		return NULL;
	/* A brace inside a word belongs to it: inline:{a=b, c=d}. */
	while (start[length] != '\0' && !strchr(SEPARATORS, start[length])) {
		size_t inner = start[length] == '{' ? braces_length(start + length) : 0;

		length += inner > 0 ? inner : 1;
	}
	*rest = start + length;
	return arena_strndup(arena, start, length);
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
	parameter->name = arena_strndup(p->arena, text, name_length);
	parameter->value = trimmed(p->arena, value, strlen(value));
	if (!parameter->name || !parameter->value)
		p->no_memory = true;
	return parameter;
}

/* "name = value": the length of name, and where the value begins; 0: it is something else. */
static size_t assignment(const char *text, const char **value_r)
{
	size_t length = strspn(text, name_bytes);
	const char *equal = text + length + strspn(text + length, BLANKS);

	if (length == 0 || *equal != '=')
		return 0;
	*value_r = equal + 1;
	return length;
}

static unsigned read_version(const char *text)
{
	unsigned major = 0, minor = 0;

	while (*text >= '0' && *text <= '9' && major < 100)
		major = major * 10 + (unsigned)(*text++ - '0');
	if (*text++ != '.')
		return 0;
	while (*text >= '0' && *text <= '9' && minor < 100)
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

/* Well-known names: the rest of /etc/services is not looked at, so that the output hangs on the input alone. */
static bool port_of(const char *text, unsigned *port_r)
{
	static const struct {
		const char *name;
		unsigned port;
	} names[] = {
		{ "smtp", 25 }, { "submission", 587 }, { "submissions", 465 }, { "smtps", 465 }, { "urd", 465 },
	};
	unsigned port = 0;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(text, names[i].name) == 0) {
			*port_r = names[i].port;
			return true;
		}
	if (text[0] == '\0' || strlen(text) > 5 || text[strspn(text, "0123456789")] != '\0')
		return false;
	for (; *text != '\0'; text++)
		port = port * 10 + (unsigned)(*text - '0');
	*port_r = port;
	return port <= 65535;
}

/* "smtp", "127.0.0.1:10025", "[::1]:25" */
static void find_endpoint(struct postfix_service *service)
{
	const char *colon = strrchr(service->name, ':');
	struct network network;
	const char *error;
	char host[80];

	if (strcmp(service->type, "inet") != 0)
		return;
	if (port_of(colon ? colon + 1 : service->name, &service->port.value))
		service->port.presence = PRESENCE_KNOWN;
	if (!colon || (size_t)(colon - service->name) >= sizeof host)
		return;
	memcpy(host, service->name, (size_t)(colon - service->name));
	host[colon - service->name] = '\0';
	if (network_parse(host, &network, &error) && !strchr(host, '/'))
		service->address = (struct address){ PRESENCE_KNOWN, network.ip };
}

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
		size_t length = start[0] == '{' ? braces_length(start) : strcspn(start, BLANKS);
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
			return error_line(p, "neither 'name = value' nor a service; expected the output of postconf -n "
					     "and postconf -M");
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
	find_endpoint(service);
	if (!read_options(p, text, service))
		return false;
	*p->last_service = service;
	p->last_service = &service->next;
	return true;
}

/* --- logical lines --- */

static bool add_line(struct parse *p, const char *text)
{
	const char *value;
	size_t length = assignment(text, &value);

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
		bool continues = content != text;

		number++;
		if (*content != '\0' && *content != '\n' && *content != '#') {
			if (!continues && logical.length > 0) {
				good = add_line(p, logical.text);
				buf_clear(&logical);
				buf_init(&logical);
			}
			if (logical.length == 0)
				p->line = number;
			buf_add_bytes(&logical, text, length);
			buf_add_char(&logical, ' ');
		}
		text += length + (text[length] == '\n');
	}
	if (good && logical.length > 0)
		good = add_line(p, logical.text);
	good = good && !logical.failed;
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

bool postfix_current_parse(const char *text, const char *file, struct arena *arena, struct diag *diag,
			   struct postfix_current *current_r)
{
	struct parse p = {
		.current = current_r, .arena = arena, .diag = diag, .file = file,
		.last_parameter = &current_r->parameters, .last_service = &current_r->services,
	};

	*current_r = (struct postfix_current){ .given = true };
	if (!read_lines(&p, text))
		return false;
	if (!current_r->services) {
		p.line = 0;
		return error_line(&p, "no service of master.cf; expected (postconf -n; postconf -M)");
	}
	settle_chroot(current_r);
	follow_postscreen(current_r);
	return true;
}

/* --- without --current --- */

static bool names_port(const struct policy *policy, unsigned port)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		for (size_t j = 0; j < policy->listeners[i].match.daemon_port_count; j++)
			if (policy->listeners[i].match.daemon_ports[j] == port)
				return true;
	return false;
}

/* A listener may also ask for the name that a service has in master.cf. */
static bool names_daemon(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		for (size_t j = 0; j < policy->listeners[i].match.daemon_name_count; j++)
			if (strcasecmp(policy->listeners[i].match.daemon_names[j], name) == 0)
				return true;
	return false;
}

static bool is_assumed(const struct policy *policy, unsigned port)
{
	return names_port(policy, port) || (port == 465 && names_daemon(policy, "submissions")) ||
	       (port == 587 && names_daemon(policy, "submission"));
}

static bool assume(struct arena *arena, struct postfix_service ***last, const char *name, const char *type,
		   const char *command)
{
	struct postfix_service *service = arena_alloc(arena, sizeof *service);

	if (!service || !name)
		return false;
	*service = (struct postfix_service){
		.name = name, .type = type, .command = command, .chroot = TRI_UNKNOWN
	};
	find_endpoint(service);
	**last = service;
	*last = &service->next;
	return true;
}

/* As a fresh master.cf calls it: by name where there is one. */
static const char *service_of(struct arena *arena, unsigned port)
{
	if (port == 465)
		return "submissions";
	return port == 587 ? "submission" : arena_format(arena, "%u", port);
}

bool postfix_current_assume(const struct policy *policy, struct arena *arena, struct postfix_current *current_r)
{
	struct postfix_service **last = &current_r->services;
	bool good;

	*current_r = (struct postfix_current){ .given = false };
	good = assume(arena, &last, "smtp", "inet", "smtpd");
	for (unsigned port = 1; good && port <= 65535; port++)
		if (port != 25 && is_assumed(policy, port))
			good = assume(arena, &last, service_of(arena, port), "inet", "smtpd");
	good = good && assume(arena, &last, "smtp", "unix", "smtp") && assume(arena, &last, "relay", "unix", "smtp");
	for (size_t i = 0; good && i < policy->transport_count; i++)
		if (strcmp(policy->transports[i].transport, "smtp") != 0 &&
		    strcmp(policy->transports[i].transport, "relay") != 0)
			good = assume(arena, &last, policy->transports[i].transport, "unix", "smtp");
	return good;
}

/* --- questions --- */

static const char *find(const struct postfix_parameter *parameters, const char *name)
{
	const char *value = NULL;

	/* Of several the last one counts, as in Postfix. */
	for (; parameters; parameters = parameters->next)
		if (strcmp(parameters->name, name) == 0)
			value = parameters->value;
	return value;
}

const char *postfix_option(const struct postfix_service *service, const char *name)
{
	return find(service->options, name);
}

const char *postfix_value(const struct postfix_current *current, const struct postfix_service *service,
			  const char *name)
{
	const char *value = service ? postfix_option(service, name) : NULL;

	if (!value)
		value = find(current->parameters, name);
	if (value && strncmp(value, "$" POSTFIX_OWN_PREFIX, sizeof POSTFIX_OWN_PREFIX) == 0)
		value = find(current->parameters, value + 1);
	return value;
}

/* The name behind '$', and how many bytes it and its brackets take; 0: no plain reference. */
static size_t reference(const char *text, size_t *start_r, size_t *length_r)
{
	char close = text[0] == '{' ? '}' : ')';
	bool bracket = text[0] == '{' || text[0] == '(';

	*start_r = bracket ? 1 : 0;
	*length_r = strspn(text + *start_r, name_bytes);
	if (*length_r == 0 || (bracket && text[1 + *length_r] != close))
		return 0;
	return *length_r + (bracket ? 2 : 0);
}

static bool expand_into(const struct postfix_current *current, const struct postfix_service *service,
			const char *value, unsigned depth, struct buf *out)
{
	while (*value != '\0') {
		size_t plain = strcspn(value, "$"), start, length, whole;
		const char *inner;
		char name[100];

		buf_add_bytes(out, value, plain);
		value += plain;
		if (*value == '\0')
			break;
		whole = reference(++value, &start, &length);
		if (whole == 0 || length >= sizeof name || depth == EXPAND_DEPTH_MAX)
			return false;
		memcpy(name, value + start, length);
		name[length] = '\0';
		inner = postfix_value(current, service, name);
		if (!inner || !expand_into(current, service, inner, depth + 1, out))
			return false;
		value += whole;
	}
	return true;
}

const char *postfix_expand(const struct postfix_current *current, const struct postfix_service *service,
			   const char *value, struct arena *arena)
{
	const char *expanded = NULL;
	struct buf out;

	buf_init(&out);
	if (expand_into(current, service, value, 0, &out) && !out.failed)
		expanded = arena_strdup(arena, out.text);
	buf_clear(&out);
	return expanded;
}
