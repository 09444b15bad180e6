/* SPDX-License-Identifier: BSD-2-Clause */
/* The key dns of cases: lines of a tape from several layers, and where each of them stands. */
#include "conf/case_loader.h"

#include "base/buf.h"

#include <string.h>

/* The lines that one text gave. */
struct tape_piece {
	const struct node *node;
	unsigned first_line;	/* in the tape, from 1 */
	unsigned line_count;
};

static bool is_none(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->style == STYLE_PLAIN && strcmp(node->text, "none") == 0;
}

void load_case_dns(struct loader *loader, const struct node *node, void *target)
{
	struct case_draft *draft = target;
	bool good = is_items(loader, node,
			     "'none', or lines of a tape such as 'a.example A NOERROR 300 192.0.2.1'");

	for (const struct node *item = good ? first_item(node) : NULL; item; item = next_item(node, item))
		good = is_scalar(loader, item, "a line of a tape") && good;
	if (!good)
		return;
	draft->asks_dns = !is_none(node);
	if (draft->asks_dns)
		draft->dns[draft->dns_count++] = node;
	else
		draft->dns_count = 0;
}

static unsigned count_lines(const char *text)
{
	unsigned count = text[0] != '\0';

	for (; *text != '\0'; text++)
		count += text[0] == '\n' && text[1] != '\0';
	return count;
}

static size_t piece_count(const struct case_draft *draft)
{
	size_t count = 0;

	for (size_t i = 0; i < draft->dns_count; i++)
		count += item_count(draft->dns[i]);
	return count;
}

static void add_piece(struct buf *text, const struct node *item, struct tape_piece *piece, unsigned first_line)
{
	*piece = (struct tape_piece){ item, first_line, count_lines(item->text) };
	buf_add(text, item->text);
	if (piece->line_count > 0 && item->text[strlen(item->text) - 1] != '\n')
		buf_add_char(text, '\n');
}

static bool compose(struct loader *loader, const struct case_draft *draft, struct case_tape *tape)
{
	struct tape_piece *pieces = policy_array(loader, piece_count(draft), sizeof *pieces);
	unsigned line = 1;
	struct buf text;

	if (!pieces)
		return false;
	buf_init(&text);
	tape->pieces = pieces;
	for (size_t i = 0; i < draft->dns_count; i++) {
		const struct node *node = draft->dns[i];

		for (const struct node *item = first_item(node); item; item = next_item(node, item)) {
			add_piece(&text, item, &pieces[tape->piece_count], line);
			line += pieces[tape->piece_count++].line_count;
		}
	}
	tape->length = text.length;
	tape->text = text.failed ? NULL : policy_copy(loader, text.text);
	buf_clear(&text);
	return tape->text != NULL;
}

/* Cases one after the other mostly have the same layers, and then the same tape. */
static bool is_tape_of(const struct case_tape *tape, const struct case_draft *draft)
{
	size_t piece = 0;

	if (tape->piece_count != piece_count(draft))
		return false;
	for (size_t i = 0; i < draft->dns_count; i++) {
		const struct node *node = draft->dns[i];

		for (const struct node *item = first_item(node); item; item = next_item(node, item))
			if (tape->pieces[piece++].node != item)
				return false;
	}
	return true;
}

const struct case_tape *case_tape_of(struct loader *loader, const struct case_draft *draft, struct cases *cases)
{
	struct case_tape *tape = &cases->tapes[cases->tape_count];

	if (!draft->asks_dns)
		return NULL;
	if (cases->tape_count > 0 && is_tape_of(tape - 1, draft))
		return tape - 1;
	if (!compose(loader, draft, tape)) {
		loader->no_memory = true;
		return NULL;
	}
	cases->tape_count++;
	return tape;
}

/* The byte of text at which a line and column (in characters of one byte) are. */
static size_t offset_of(const char *text, unsigned line, unsigned column)
{
	size_t at = 0;

	for (; line > 1 && text[at] != '\0'; at++)
		line -= text[at] == '\n';
	for (; column > 1 && text[at] != '\0' && text[at] != '\n'; at++)
		column--;
	return at;
}

struct place case_piece_place(const struct case_tape *tape, const struct source *source, unsigned line,
			      unsigned column)
{
	for (size_t i = 0; i < tape->piece_count; i++) {
		const struct tape_piece *piece = &tape->pieces[i];

		if (line >= piece->first_line && line < piece->first_line + piece->line_count)
			return node_place_at(piece->node, source,
					     offset_of(piece->node->text, line - piece->first_line + 1, column));
	}
	return (struct place){ .file = source->name };
}
