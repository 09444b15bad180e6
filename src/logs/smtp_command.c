/* SPDX-License-Identifier: BSD-2-Clause */
/* A command line as an SMTP client sends it. */
#include "logs/smtp_command.h"

#include <string.h>
#include <strings.h>

static struct span trimmed(struct span text)
{
	while (text.length > 0 && strchr(" \t\r\n", text.text[text.length - 1]))
		text.length--;
	while (text.length > 0 && (text.text[0] == ' ' || text.text[0] == '\t'))
		text = span_after(text, 1);
	return text;
}

static enum record_command command_of(struct span verb)
{
	for (int i = 0; i < COUNTED_UNKNOWN; i++) {
		const char *word = record_command_word((enum record_command)i);

		if (i != COUNTED_AUTH_FAILED && strlen(word) == verb.length &&
		    strncasecmp(word, verb.text, verb.length) == 0)
			return (enum record_command)i;
	}
	return COUNTED_UNKNOWN;
}

/* RFC 5321 4.1.2: the path ends with the first '>' outside quotes; without brackets with the first space. */
static size_t path_length(struct span text, bool bracketed)
{
	bool quoted = false;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.text[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == (bracketed ? '>' : ' '))
			return i;
	}
	return text.length;
}

struct span smtp_without_route(struct span path)
{
	const char *colon = SPAN_BEGINS(path, "@") ? memchr(path.text, ':', path.length) : NULL;

	return colon ? span_after(path, (size_t)(colon - path.text) + 1) : path;
}

/* "FROM:<a@b> SIZE=1", "TO:<a@b>": what stands between the brackets, which may be missing. */
static bool take_path(struct span text, const char *word, struct span *path_r)
{
	size_t length = strlen(word);
	bool bracketed;

	if (text.length < length || strncasecmp(text.text, word, length) != 0)
		return false;
	text = trimmed(span_after(text, length));
	bracketed = text.length > 0 && text.text[0] == '<';
	if (bracketed)
		text = span_after(text, 1);
	*path_r = smtp_without_route((struct span){ text.text, path_length(text, bracketed) });
	return bracketed || path_r->length > 0;
}

void smtp_command_parse(struct span text, struct smtp_command *command_r)
{
	size_t length = 0;

	text = trimmed(text);
	while (length < text.length && text.text[length] != ' ' && text.text[length] != '\t')
		length++;
	*command_r = (struct smtp_command){ .command = command_of((struct span){ text.text, length }) };
	command_r->argument = trimmed(span_after(text, length));
	if (command_r->command == COUNTED_MAIL)
		command_r->has_path = take_path(command_r->argument, "FROM:", &command_r->argument);
	if (command_r->command == COUNTED_RCPT)
		command_r->has_path = take_path(command_r->argument, "TO:", &command_r->argument);
}
