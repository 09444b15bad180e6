/* SPDX-License-Identifier: BSD-2-Clause */
/* The tag of a line: the name of the program, its pid, and what some systems put behind them. */
#include "logs/line_take.h"

#include <string.h>

/* macOS: " <Notice>" */
static const char *skip_apple_level(const char *at, const char *end)
{
	const char *close = memchr(at, '>', (size_t)(end - at) < 14 ? (size_t)(end - at) : 14);

	return close ? close + 1 : at;
}

/* Behind the tag: "[PID]: ", ": "; false leaves *scan alone. */
static bool take_pid(struct scan *scan, struct log_line *line)
{
	struct scan try = *scan;
	uint64_t pid;

	line->has_pid = scan_skip_char(&try, '[');
	if (line->has_pid) {
		if (!scan_take_number(&try, &pid) || pid > UINT32_MAX || !scan_skip_char(&try, ']'))
			return false;
		line->pid = (uint32_t)pid;
	}
	if (scan_left(&try) > 2 && try.at[0] == ' ' && try.at[1] == '<')
		try.at = skip_apple_level(try.at, try.end);
	if (!scan_skip_char(&try, ':') || (!scan_skip_char(&try, ' ') && scan_left(&try) > 0))
		return false;
	*scan = try;
	return true;
}

bool line_take_tag(struct scan *scan, struct log_line *line)
{
	static const bool ends[256] = { ['['] = true, [':'] = true, [' '] = true, ['\t'] = true };
	struct scan try = *scan;

	while (try.at < try.end && !ends[(unsigned char)*try.at])
		try.at++;
	line->tag = span_between(scan->at, try.at);
	if (line->tag.length == 0 || !take_pid(&try, line))
		return false;
	*scan = try;
	return true;
}

bool line_part_tag(struct span word, struct log_line *line)
{
	const char *open = memchr(word.text, '[', word.length);

	if (!open || open == word.text || word.text[word.length - 1] != ']' ||
	    !scan_is_pid((struct scan){ open + 1, word.text + word.length - 1 }, &line->pid))
		return false;
	line->tag = span_between(word.text, open);
	line->has_pid = true;
	return true;
}

bool line_take_tag_without_colon(struct scan *scan, struct span host, struct log_line *line)
{
	struct scan try = *scan;
	struct span word;

	if (!scan_take_word(&try, &word) || !line_part_tag(word, line))
		return false;
	line->host = host;
	*scan = try;
	return true;
}
