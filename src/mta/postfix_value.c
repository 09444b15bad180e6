/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters of what Postfix is configured to do: by name, with $name replaced, item by item. */
#include "mta/postfix_current.h"

#include "base/buf.h"

#include <string.h>

#define SEPARATORS " \t\r\n,"
#define EXPAND_DEPTH_MAX 10
#define EXPAND_BYTES_MAX 1000000
#define EXPAND_REFERENCES_MAX 1000	/* names that hold names that hold names grow without end */

static const struct postfix_parameter *find_parameter(const struct postfix_parameter *parameters, const char *name)
{
	const struct postfix_parameter *found = NULL;

	/* Of several the last one counts, as in Postfix. */
	for (; parameters; parameters = parameters->next)
		if (strcmp(parameters->name, name) == 0)
			found = parameters;
	return found;
}

static const char *find(const struct postfix_parameter *parameters, const char *name)
{
	const struct postfix_parameter *found = find_parameter(parameters, name);

	return found ? found->value : NULL;
}

unsigned postfix_line(const struct postfix_current *current, const struct postfix_service *service, const char *name)
{
	const struct postfix_parameter *found = service ? find_parameter(service->options, name) : NULL;

	if (!found)
		found = find_parameter(current->parameters, name);
	return found ? found->line : 0;
}

bool postfix_is_smtpd(const struct postfix_service *service)
{
	return strcmp(service->command, "smtpd") == 0 &&
	       (strcmp(service->type, "inet") == 0 || strcmp(service->type, "pass") == 0);
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
	*length_r = strspn(text + *start_r, POSTFIX_NAME_BYTES);
	if (*length_r == 0 || (bracket && text[1 + *length_r] != close))
		return 0;
	return *length_r + (bracket ? 2 : 0);
}

static bool expand_into(const struct postfix_current *current, const struct postfix_service *service,
			const char *value, unsigned depth, unsigned *references, struct buf *out)
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
		if (whole == 0 || length >= sizeof name || depth == EXPAND_DEPTH_MAX ||
		    ++*references > EXPAND_REFERENCES_MAX || out->length > EXPAND_BYTES_MAX)
			return false;
		memcpy(name, value + start, length);
		name[length] = '\0';
		inner = postfix_value(current, service, name);
		if (!inner || !expand_into(current, service, inner, depth + 1, references, out))
			return false;
		value += whole;
	}
	return true;
}

const char *postfix_expand(const struct postfix_current *current, const struct postfix_service *service,
			   const char *value, struct arena *arena)
{
	const char *expanded = NULL;
	unsigned references = 0;
	struct buf out;

	buf_init(&out);
	if (expand_into(current, service, value, 0, &references, &out) && !out.failed)
		expanded = arena_strdup(arena, out.text);
	arena->failed = arena->failed || out.failed;
	buf_clear(&out);
	return expanded;
}

size_t postfix_braces_length(const char *text)
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
		size_t inner = start[length] == '{' ? postfix_braces_length(start + length) : 0;

		length += inner > 0 ? inner : 1;
	}
	*rest = start + length;
	return arena_strndup(arena, start, length);
}
