/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the message out of a block of RSYSLOG_DebugFormat. */
#include "logs/rsyslog_debug.h"

#include "logs/fields.h"

bool rsyslog_debug_is(struct span head)
{
	return SPAN_BEGINS(head, RSYSLOG_DEBUG_FIRST "\nFROMHOST: '");
}

/* Up to the quote that ends it: no host, tag or stamp has one inside. */
static void take_quoted(struct rsyslog_debug *block, struct arena *arena, enum field field, struct span text)
{
	const char *quote = memchr(text.text, '\'', text.length);
	struct span value = { NULL, quote ? (size_t)(quote - text.text) : 0 };

	if (quote)
		value.text = arena_strndup(arena, text.text, value.length);
	if (value.text)
		field_set(arena, &block->line, field, value);
}

/*
 * Quotes of a message are its own, but for the last one.  What rsyslog shows as the raw message is of no use: of the journal it
 * is no more than this, of local programs it has no host.
 */
static bool take_message(struct rsyslog_debug *block, struct arena *arena, struct span text)
{
	block->open = false;
	if (text.length == 0 || text.text[text.length - 1] != '\'' || !block->line.host.text || !block->line.tag.text ||
	    block->line.stamp_form == STAMP_NONE)
		return false;
	field_set(arena, &block->line, FIELD_MESSAGE, (struct span){ text.text, text.length - 1 });
	return true;
}

static enum debug_line begin(struct rsyslog_debug *block, struct arena *arena)
{
	bool broken = block->open;

	arena_clear(arena);
	*block = (struct rsyslog_debug){ .open = true };
	return broken ? DEBUG_BROKEN : DEBUG_PART;
}

enum debug_line rsyslog_debug_line(struct rsyslog_debug *block, struct arena *arena, struct span text)
{
	static const char host[] = "', HOSTNAME: '";
	const char *at = SPAN_BEGINS(text, "FROMHOST: '") ? span_find(text, host, sizeof host - 1) : NULL;
	const char *end = text.text + text.length;

	if (SPAN_IS(text, RSYSLOG_DEBUG_FIRST))
		return begin(block, arena);
	if (!block->open)
		return DEBUG_PART;
	if (SPAN_BEGINS(text, "msg: '"))
		return take_message(block, arena, span_after(text, 6)) ? DEBUG_WHOLE : DEBUG_BROKEN;
	if (at)
		take_quoted(block, arena, FIELD_HOST, span_between(at + sizeof host - 1, end));
	else if (SPAN_BEGINS(text, "syslogtag '"))
		take_quoted(block, arena, FIELD_TAG, span_after(text, 11));
	else if (SPAN_BEGINS(text, "TIMESTAMP: '"))
		take_quoted(block, arena, FIELD_TIME, span_after(text, 12));
	return DEBUG_PART;
}
