/* SPDX-License-Identifier: BSD-2-Clause */
/* libyaml's events to a tree of nodes. */
#include "conf/yaml.h"

#include "conf/load.h"

#include <yaml.h>

#include <stdlib.h>
#include <string.h>

/* A map or sequence that is open. */
struct frame {
	struct node *node;
	struct node *last;	/* its newest child */
	struct node *key;	/* of a map: a key that waits for its value */
};

struct reader {
	yaml_parser_t parser;
	const struct source *source;
	struct arena *arena;
	struct diag *diag;
	struct frame frames[YAML_DEPTH_MAX];
	unsigned depth;
	unsigned document_count;
	const struct node *root;
	struct node *last;	/* the node that ended last */
	yaml_mark_t mark;	/* the newest one, and its byte: a file may be one long line */
	size_t mark_offset;
};

const char *yaml_library_version(void)
{
	return yaml_get_version_string();
}

static size_t offset_of(struct reader *reader, const yaml_mark_t *mark)
{
	if (mark->line == reader->mark.line && mark->column >= reader->mark.column)
		reader->mark_offset = source_skip(reader->source, reader->mark_offset,
						  mark->column - reader->mark.column);
	else
		reader->mark_offset =
			source_offset(reader->source, mark->line + 1, mark->column + 1);
	reader->mark = *mark;
	return reader->mark_offset;
}

/* For libyaml, the end of a file ends a line too. */
static struct place place_of(const struct reader *reader, const yaml_mark_t *mark)
{
	if (mark->line >= reader->source->line_count)
		return source_place(reader->source, reader->source->length);
	return (struct place){ reader->source->name, (unsigned)mark->line + 1,
			       (unsigned)mark->column + 1 };
}

static bool out_of_memory(struct reader *reader)
{
	diag_no_memory(reader->diag, reader->source->name);
	return false;
}

static bool stop_at(struct reader *reader, const yaml_mark_t *mark, const char *text)
{
	diag_error(reader->diag, place_of(reader, mark), "%s", text);
	return false;
}

static struct node *node_new(struct reader *reader, enum node_kind kind, const yaml_event_t *event)
{
	struct node *node = arena_alloc(reader->arena, sizeof *node);

	if (!node) {
		out_of_memory(reader);
		return NULL;
	}
	node->kind = kind;
	node->start = offset_of(reader, &event->start_mark);
	node->end = offset_of(reader, &event->end_mark);
	node->place = place_of(reader, &event->start_mark);
	return node;
}

static bool take_key(struct reader *reader, struct frame *map, struct node *node)
{
	if (node->kind != NODE_SCALAR) {
		diag_error(reader->diag, node->place, "a key must be plain text");
		return false;
	}
	if (strcmp(node->text, "<<") == 0 && node->style == STYLE_PLAIN) {
		diag_error(reader->diag, node->place, "merge keys ('<<') are not supported");
		node->kind = NODE_BROKEN;
	}
	map->key = node;
	return true;
}

/* Hangs the node below the open map or sequence; false when the reading must end. */
static bool add_node(struct reader *reader, struct node *node)
{
	struct frame *parent = reader->depth > 0 ? &reader->frames[reader->depth - 1] : NULL;

	if (!parent) {
		reader->root = node;
		return true;
	}
	if (parent->node->kind == NODE_MAP && !parent->key)
		return take_key(reader, parent, node);
	node->key = parent->key;
	parent->key = NULL;
	if (node->key && node->key->kind == NODE_BROKEN)
		return true;
	if (parent->last)
		parent->last->next = node;
	else
		parent->node->first = node;
	parent->last = node;
	parent->node->count++;
	return true;
}

/* Anchors and tags are refused, but the nodes read on: "!x" alone is nothing, "!x y" is "y". */
static void refuse_properties(struct reader *reader, struct node *node, const yaml_char_t *anchor,
			      const yaml_char_t *tag)
{
	if ((anchor || tag) && node->kind == NODE_SCALAR && node_is_nothing(node))
		node->kind = NODE_BROKEN;
	if (anchor)
		diag_error(reader->diag, node->place, "anchors are not supported; "
			   "a value that starts with '&' must stand in single quotes");
	if (tag)
		diag_error(reader->diag, node->place, "tags are not supported; "
			   "a value that starts with '!' must stand in single quotes");
}

static enum node_style style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:	return STYLE_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:	return STYLE_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:		return STYLE_BLOCK;
	case YAML_ANY_SCALAR_STYLE:
	case YAML_PLAIN_SCALAR_STYLE:		break;
	}
	return STYLE_PLAIN;
}

static bool on_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct node *node = node_new(reader, NODE_SCALAR, event);

	if (!node)
		return false;
	node->style = style_of(event->data.scalar.style);
	node->text = arena_strndup(reader->arena, text, event->data.scalar.length);
	if (!node->text)
		return out_of_memory(reader);
	if (strlen(text) != event->data.scalar.length)
		diag_error(reader->diag, node->place, "a NUL character in a text");
	refuse_properties(reader, node, event->data.scalar.anchor, event->data.scalar.tag);
	reader->last = node;
	return add_node(reader, node);
}

static bool on_alias(struct reader *reader, const yaml_event_t *event)
{
	struct node *node = node_new(reader, NODE_BROKEN, event);

	if (!node)
		return false;
	diag_error(reader->diag, node->place, "aliases are not supported; "
		   "a value that starts with '*' must stand in single quotes");
	reader->last = node;
	return add_node(reader, node);
}

static bool on_start(struct reader *reader, const yaml_event_t *event)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	bool is_flow = is_map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE :
				event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	struct node *node;

	/* libyaml has no limit, and its cost grows with the square of the depth. */
	if (reader->depth == YAML_DEPTH_MAX)
		return stop_at(reader, &event->start_mark,
			       "nested too deeply; expected at most 16 levels");
	node = node_new(reader, is_map ? NODE_MAP : NODE_SEQUENCE, event);
	if (!node)
		return false;
	node->style = is_flow ? STYLE_FLOW : STYLE_BLOCK;
	if (is_map)
		refuse_properties(reader, node, event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
	else
		refuse_properties(reader, node, event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
	if (!add_node(reader, node))
		return false;
	reader->frames[reader->depth++] = (struct frame){ .node = node };
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	const struct node *x = *(const struct node *const *)a;
	const struct node *y = *(const struct node *const *)b;
	int order = strcmp(x->text, y->text);

	return order != 0 ? order : (x->start > y->start) - (x->start < y->start);
}

static bool check_duplicates(struct reader *reader, const struct node *map)
{
	const struct node **keys = calloc(map->count + 1, sizeof *keys);
	size_t count = 0;
	size_t first = 0;

	if (!keys)
		return out_of_memory(reader);
	for (const struct node *node = map->first; node; node = node->next)
		keys[count++] = node->key;
	qsort(keys, count, sizeof *keys, compare_keys);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(keys[first]->text, keys[i]->text) == 0)
			diag_error(reader->diag, keys[i]->place,
				   "duplicate key '%s'; it stands in line %u already",
				   keys[i]->text, keys[first]->place.line);
		else
			first = i;
	}
	free(keys);
	return true;
}

static bool on_end(struct reader *reader, const yaml_event_t *event)
{
	struct node *node = reader->frames[--reader->depth].node;

	node->end = offset_of(reader, &event->end_mark);
	reader->last = node;
	return node->kind != NODE_MAP || check_duplicates(reader, node);
}

static bool on_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (reader->document_count++ == 0)
			return true;
		return stop_at(reader, &event->start_mark, "a second document; expected one");
	case YAML_ALIAS_EVENT:
		return on_alias(reader, event);
	case YAML_SCALAR_EVENT:
		return on_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return on_start(reader, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(reader, event);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return true;
}

static bool on_problem(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	struct yaml_problem problem = {
		.text = parser->problem ? parser->problem : "",
		.context = parser->context ? parser->context : "",
		.at = offset_of(reader, &parser->problem_mark),
		.context_at = offset_of(reader, &parser->context_mark),
		.last = reader->last,
	};

	if (parser->error == YAML_MEMORY_ERROR)
		return out_of_memory(reader);
	yaml_explain(&problem, reader->source, reader->diag);
	return false;
}

static bool read_events(struct reader *reader)
{
	yaml_event_t event;
	bool go_on = true;
	bool end = false;

	while (go_on && !end) {
		if (!yaml_parser_parse(&reader->parser, &event))
			return on_problem(reader);
		end = event.type == YAML_STREAM_END_EVENT;
		go_on = on_event(reader, &event);
		yaml_event_delete(&event);
	}
	return go_on;
}

const struct node *yaml_read(const struct source *source, struct arena *arena, struct diag *diag)
{
	struct reader reader = { .source = source, .arena = arena, .diag = diag };
	bool read;

	if (!yaml_parser_initialize(&reader.parser)) {
		out_of_memory(&reader);
		return NULL;
	}
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)source->text,
				     source->length);
	read = read_events(&reader);
	yaml_parser_delete(&reader.parser);
	if (read && !reader.root)
		diag_error(diag, (struct place){ source->name, 1, 1 },
			   "the file is empty; expected 'version: 1'");
	return read ? reader.root : NULL;
}
