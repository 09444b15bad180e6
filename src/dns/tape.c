/* SPDX-License-Identifier: BSD-2-Clause */
/* Collects the lines of a tape into answers, and looks them up as a resolver would. */
#include "dns/tape.h"

#include "dns/answer.h"
#include "dns/hash.h"
#include "dns/tape_line.h"

#include <stdlib.h>
#include <string.h>

#define ERRORS_MAX 20

/* An entry of this type says only that the name is there, or one below it. */
#define TYPE_ANY 0

/* One name and type.  While the tape is read, records are in draft; then all is in answer. */
struct entry {
	const struct dns_answer *answer;
	struct answer_draft *draft;	/* NULL: no record yet */
	uint64_t hash;
	enum dns_status error;		/* of an error line, which wins over records; DNS_UNKNOWN: none */
	uint32_t error_ttl_s;
	unsigned type;
	char name[];
};

struct tape {
	struct hash_key key;
	struct entry **slots;		/* open addressing; a power of two, or none */
	size_t slot_count;
	size_t entry_count;
	bool complete;
};

/* A tape that is being read. */
struct loading {
	struct tape *tape;
	struct diag *diag;
	struct place place;		/* the line at hand */
	struct tape_line line;
	size_t bad_count;
	bool no_memory;
};

/* --- the table --- */

static uint64_t hash_of(const struct tape *tape, const char *name, unsigned type)
{
	return hash_keyed(&tape->key, name, strlen(name)) + type * UINT64_C(0x9e3779b97f4a7c15);
}

static struct entry **slot_of(const struct tape *tape, const char *name, unsigned type, uint64_t hash)
{
	size_t mask = tape->slot_count - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct entry *entry = tape->slots[i];

		if (!entry || (entry->hash == hash && entry->type == type && strcmp(entry->name, name) == 0))
			return &tape->slots[i];
	}
}

static struct entry *find(const struct tape *tape, const char *name, unsigned type)
{
	if (tape->slot_count == 0)
		return NULL;
	return *slot_of(tape, name, type, hash_of(tape, name, type));
}

/* At least a quarter of the slots stays free. */
static bool make_room(struct tape *tape)
{
	struct tape larger = *tape;

	if (tape->entry_count < tape->slot_count / 4 * 3)
		return true;
	larger.slot_count = tape->slot_count > 0 ? tape->slot_count * 2 : 64;
	larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < tape->slot_count; i++) {
		struct entry *entry = tape->slots[i];

		if (entry)
			*slot_of(&larger, entry->name, entry->type, entry->hash) = entry;
	}
	free(tape->slots);
	*tape = larger;
	return true;
}

/* Adds it when it is not there; NULL when memory is out. */
static struct entry *find_or_add(struct tape *tape, const char *name, unsigned type)
{
	uint64_t hash = hash_of(tape, name, type);
	size_t length = strlen(name);
	struct entry **slot;

	if (!make_room(tape))
		return NULL;
	slot = slot_of(tape, name, type, hash);
	if (*slot)
		return *slot;
	*slot = calloc(1, sizeof **slot + length + 1);
	if (!*slot)
		return NULL;
	(*slot)->hash = hash;
	(*slot)->type = type;
	memcpy((*slot)->name, name, length + 1);
	tape->entry_count++;
	return *slot;
}

void tape_free(struct tape **tape)
{
	if (!*tape)
		return;
	for (size_t i = 0; i < (*tape)->slot_count; i++) {
		struct entry *entry = (*tape)->slots[i];

		if (!entry)
			continue;
		answer_unref(&entry->answer);
		if (entry->draft)
			answer_draft_clear(entry->draft);
		free(entry->draft);
		free(entry);
	}
	free((*tape)->slots);
	free(*tape);
	*tape = NULL;
}

/* --- reading --- */

static void add_record(struct answer_draft *draft, const struct tape_line *line)
{
	switch (line->type) {
	case DNS_A:
	case DNS_AAAA:
		answer_add_address(draft, line->ttl_s, &line->address);
		break;
	case DNS_TXT:
		answer_add_text(draft, line->ttl_s, line->text, line->text_length);
		break;
	default:
		answer_add_host(draft, line->ttl_s, line->preference, &line->host);
	}
}

static void line_error(struct loading *loading, const char *text, const char *name)
{
	struct place place = loading->place;

	place.column = loading->line.name_column;
	loading->bad_count++;
	if (loading->bad_count <= ERRORS_MAX)
		diag_error(loading->diag, place, "'%.255s' %s", name, text);
}

/* In a zone file it would stand for names that are not there. */
static void warn_of_wildcard(struct loading *loading, const char *name)
{
	struct place place = loading->place;

	place.column = loading->line.name_column;
	if (strncmp(name, "*.", 2) == 0)
		diag_warn(loading->diag, place,
			  "'*' is not expanded on a tape: only a question for '*' itself is answered");
}

static void add_answer(struct loading *loading)
{
	const struct tape_line *line = &loading->line;
	char name[DNS_NAME_BYTES];
	struct entry *entry;

	wire_name_format(&line->name, name);
	warn_of_wildcard(loading, name);
	entry = find_or_add(loading->tape, name, line->type);
	if (entry && line->status != DNS_NOERROR) {
		if (entry->error != DNS_UNKNOWN)
			return;
		entry->error = line->status;
		entry->error_ttl_s = line->ttl_s;
		return;
	}
	if (entry && !entry->draft) {
		entry->draft = malloc(sizeof *entry->draft);
		if (entry->draft)
			answer_draft_init(entry->draft);
	}
	if (!entry || !entry->draft) {
		loading->no_memory = true;
		return;
	}
	add_record(entry->draft, line);
	loading->no_memory = loading->no_memory || entry->draft->no_memory;
	if (entry->draft->too_large)
		line_error(loading, "has more records of this type than an answer takes", name);
	if (line->type == TAPE_CNAME && entry->draft->count > 1)
		line_error(loading, "has a second CNAME; a name is an alias of one other", name);
}

static void add_line(struct loading *loading, const char *text, size_t length)
{
	struct diag unheard, *diag = loading->diag;

	diag_init(&unheard);
	if (loading->bad_count >= ERRORS_MAX)
		diag = &unheard;
	switch (tape_line_parse(text, length, loading->place, diag, &loading->line)) {
	case TAPE_LINE_EMPTY:    break;
	case TAPE_LINE_ANSWER:   add_answer(loading); break;
	case TAPE_LINE_COMPLETE: loading->tape->complete = true; break;
	case TAPE_LINE_BAD:      loading->bad_count++; break;
	}
	diag_clear(&unheard);
}

static void add_lines(struct loading *loading, const char *text, size_t length)
{
	const char *end = text + length;

	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (text < end && !loading->no_memory) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;

		loading->place.line++;
		add_line(loading, text, (size_t)(line_end - text));
		text = newline ? newline + 1 : end;
	}
	if (loading->bad_count > ERRORS_MAX)
		diag_error(loading->diag, (struct place){ loading->place.file, loading->place.line, 0 },
			   "... and %zu more errors in this file", loading->bad_count - ERRORS_MAX);
}

/* --- the answers --- */

/* Most of a tape of NXDOMAIN has no TTL, and then takes no memory for it. */
static const struct dns_answer *error_answer(const struct entry *entry)
{
	struct answer_draft empty;

	if (entry->error_ttl_s == 0)
		return answer_of_status(entry->error);
	answer_draft_init(&empty);
	return answer_finish(&empty, entry->error, entry->error_ttl_s);
}

static bool finish_entry(struct entry *entry)
{
	if (!entry->draft || entry->error != DNS_UNKNOWN)
		entry->answer = error_answer(entry);
	else
		entry->answer = answer_finish(entry->draft, DNS_NOERROR, UINT32_MAX);
	if (entry->draft)
		answer_draft_clear(entry->draft);
	free(entry->draft);
	entry->draft = NULL;
	return entry->answer;
}

/* The name behind the first label; the root behind the last one, NULL behind the root. */
static const char *parent_of(const char *name)
{
	const char *dot = strchr(name, '.');	/* a dot inside a label is \046 */

	if (strcmp(name, ".") == 0)
		return NULL;
	return dot ? dot + 1 : ".";
}

/* Marks the name of an entry and all names above it as being there. */
static bool mark_names(struct tape *tape, const char *name)
{
	for (; name; name = parent_of(name)) {
		struct entry *marked = find(tape, name, TYPE_ANY);

		if (marked)
			return true;
		if (!find_or_add(tape, name, TYPE_ANY))
			return false;
	}
	return true;
}

static bool finish(struct tape *tape)
{
	size_t count = 0, entry_count = tape->entry_count;
	struct entry **entries = calloc(entry_count + 1, sizeof *entries);
	bool good = entries;

	/* Marking names moves the slots. */
	for (size_t i = 0; i < tape->slot_count && good; i++)
		if (tape->slots[i])
			entries[count++] = tape->slots[i];
	for (size_t i = 0; i < count && good; i++)
		good = finish_entry(entries[i]) && (!tape->complete || mark_names(tape, entries[i]->name));
	free(entries);
	return good;
}

struct tape *tape_new(const char *path, const char *text, size_t length, struct diag *diag)
{
	struct loading *loading = calloc(1, sizeof *loading);
	struct tape *tape = calloc(1, sizeof *tape);
	bool good = loading && tape;

	if (good) {
		hash_key_init(&tape->key);
		loading->tape = tape;
		loading->diag = diag;
		loading->place.file = diag_file(diag, path);
		add_lines(loading, text, length);
		good = !loading->no_memory && loading->bad_count == 0 && finish(tape);
	}
	if (!good && (!loading || loading->bad_count == 0))
		diag_no_memory(diag, diag_file(diag, path));
	free(loading);
	if (!good)
		tape_free(&tape);
	return tape;
}

/* --- looking up --- */

/* What is said of a name and a type that has no line. */
static enum dns_status status_without_line(const struct tape *tape, const char *name)
{
	if (!tape->complete)
		return DNS_UNKNOWN;
	return find(tape, name, TYPE_ANY) ? DNS_NODATA : DNS_NXDOMAIN;
}

const struct dns_answer *tape_answer(const struct tape *tape, const char *name, enum dns_type type)
{
	for (unsigned hop = 0; hop <= ANSWER_CNAMES_MAX; hop++) {
		const struct entry *entry = find(tape, name, type);
		const struct entry *alias = find(tape, name, TAPE_CNAME);

		if (entry)
			return answer_ref(entry->answer);
		if (!alias || alias->answer->status == DNS_NODATA)
			return answer_of_status(status_without_line(tape, name));
		if (alias->answer->status != DNS_NOERROR)
			return answer_ref(alias->answer);
		name = alias->answer->records[0].host.name;
	}
	return answer_of_status(DNS_SERVFAIL);
}
