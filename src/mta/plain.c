/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts that mean to an MTA what they say. */
#include "mta/plain.h"

#include <string.h>

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
/* What m4 takes for a word. */
#define WORD_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* m4 reads the text of a macro once more: these do something there without a bracket behind them. */
static bool is_m4_word(const char *word, size_t length)
{
	static const char *const words[] = {
		"changecom", "changequote", "divert", "divnum", "dnl", "m4exit", "shift", "sysval", "undivert"
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i]) == length && strncmp(words[i], word, length) == 0)
			return true;
	return false;
}

static bool is_plain(const char *text, const char *bytes)
{
	if (text[strspn(text, bytes)] != '\0')
		return false;
	while (*text != '\0') {
		size_t length = strspn(text, WORD_BYTES);

		if (is_m4_word(text, length))
			return false;
		text += length;
		text += strcspn(text, WORD_BYTES);
	}
	return true;
}

bool name_is_plain(const char *name)
{
	return name[0] != '\0' && is_plain(name, NAME_BYTES);
}

bool socket_is_plain(const char *socket)
{
	return is_plain(socket, NAME_BYTES "/:@[]+~");
}

bool names_are_plain(const char *list)
{
	return is_plain(list, NAME_BYTES ", \t");
}

bool has_control(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			return true;
	return false;
}

bool braces_are_closed(const char *value)
{
	size_t depth = 0;

	for (; *value != '\0'; value++) {
		if (*value == '}' && depth == 0)
			return false;
		depth += *value == '{';
		depth -= *value == '}';
	}
	return depth == 0;
}
