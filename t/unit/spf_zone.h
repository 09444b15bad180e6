/* SPDX-License-Identifier: BSD-2-Clause */
/* A small DNS in memory, whose answers come one round of questions late, as they do from a network. */
#ifndef UNIT_SPF_ZONE_H
#define UNIT_SPF_ZONE_H

#include "base/arena.h"
#include "spf/spf.h"
#include "spf/spf_macro.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ZONE_QUESTIONS_MAX 4000

struct zone_record {
	struct zone_record *next;
	char *name;		/* as a question */
	enum dns_type type;
	struct dns_record record;
	const char *alias;	/* of a CNAME: type is 0 */
	enum dns_status error;	/* DNS_NOERROR: a record; else what a question for this name and type gets */
	bool any_type;		/* an error for the types that have no record */
};

struct zone_question {
	char *name;
	enum dns_type type;
	struct dns_answer *answer;
	bool there;
};

struct zone {
	struct arena arena;
	struct zone_record *records, **end;
	struct zone_question questions[ZONE_QUESTIONS_MAX];
	size_t question_count;
	bool late;		/* an answer is not there when the question is first asked */
	bool one_by_one;	/* each round brings one answer: that to the newest question, as a hostile server would */
	size_t rounds;
	unsigned ahead_count;
};

static inline void *zone_need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static inline void zone_init(struct zone *zone)
{
	memset(zone, 0, sizeof *zone);
	arena_init(&zone->arena, NULL, 0, 65536);
	zone->end = &zone->records;
	zone->late = true;
}

static inline void zone_clear(struct zone *zone)
{
	arena_clear(&zone->arena);
}

/* Raw bytes with dots, a final one ignored, to the text of questions. */
static inline char *zone_name(struct zone *zone, const char *bytes, size_t length)
{
	struct spf_name name;
	char text[DNS_NAME_BYTES];

	if (length > 0 && bytes[length - 1] == '.')
		length--;
	if (!spf_name_set(&name, bytes, length) || !spf_name_question(&name, text))
		return zone_need(arena_strdup(&zone->arena, "."));
	return zone_need(arena_strdup(&zone->arena, text));
}

static inline struct zone_record *zone_add(struct zone *zone, const char *name, size_t length, enum dns_type type)
{
	struct zone_record *record = zone_need(arena_alloc(&zone->arena, sizeof *record));

	record->name = zone_name(zone, name, length);
	record->type = type;
	record->error = DNS_NOERROR;
	record->record.ttl_s = 300;
	*zone->end = record;
	zone->end = &record->next;
	return record;
}

/* value: an address, a name, or the bytes of a text. */
static inline void zone_add_bytes(struct zone *zone, const char *name, size_t name_length, const char *type,
				  const char *value, size_t length)
{
	enum dns_type number = (enum dns_type)0;
	struct zone_record *record;
	char *text = zone_need(arena_strndup(&zone->arena, value, length));

	(void)dns_type_from_word(type, &number);
	record = zone_add(zone, name, name_length, number);
	switch (number) {
	case DNS_A:
	case DNS_AAAA:
		if (!ip_parse(text, &record->record.address))
			abort();
		break;
	case DNS_PTR:
	case DNS_MX:
		record->record.host.name = zone_name(zone, text, length);
		record->record.host.usable = true;
		break;
	case DNS_TXT:
		record->record.text.bytes = text;
		record->record.text.length = length;
		break;
	default:
		record->alias = zone_name(zone, text, length);
		break;
	}
}

static inline void zone_put(struct zone *zone, const char *name, const char *type, const char *value)
{
	zone_add_bytes(zone, name, strlen(name), type, value, strlen(value));
}

/* type "": all types without a record. */
static inline void zone_put_error(struct zone *zone, const char *name, const char *type, enum dns_status error)
{
	enum dns_type number = (enum dns_type)0;
	struct zone_record *record;

	(void)dns_type_from_word(type, &number);
	record = zone_add(zone, name, strlen(name), number);
	record->error = error;
	record->any_type = type[0] == '\0';
}

/* One name, no CNAME followed: the status, and the records of the type. */
static inline enum dns_status zone_collect(struct zone *zone, const char *name, enum dns_type type,
					   struct dns_record *records, size_t *count, const char **alias)
{
	enum dns_status error = DNS_NOERROR, general = DNS_NOERROR;
	bool known = false;

	*count = 0;
	*alias = NULL;
	for (struct zone_record *r = zone->records; r; r = r->next) {
		if (strcmp(r->name, name) != 0)
			continue;
		known = true;
		if (r->any_type)
			general = r->error;
		else if (r->alias)
			*alias = r->alias;
		else if (r->type == type && r->error != DNS_NOERROR)
			error = r->error;
		else if (r->type == type && records)
			records[(*count)++] = r->record;
		else if (r->type == type)
			(*count)++;
	}
	if (error != DNS_NOERROR)
		return error;
	if (*count > 0 || *alias)
		return DNS_NOERROR;
	if (general != DNS_NOERROR)
		return general;
	return known ? DNS_NODATA : DNS_NXDOMAIN;
}

static inline struct dns_answer *zone_answer(struct zone *zone, const char *name, enum dns_type type)
{
	struct dns_answer *answer = zone_need(arena_alloc(&zone->arena, sizeof *answer));
	const char *alias;
	size_t count;

	for (unsigned hops = 0; hops < 10; hops++) {
		answer->status = zone_collect(zone, name, type, NULL, &count, &alias);
		if (count > 0) {
			struct dns_record *records;

			records = zone_need(arena_array(&zone->arena, count, sizeof *records));
			answer->status = zone_collect(zone, name, type, records, &answer->count, &alias);
			answer->count = answer->status == DNS_NOERROR ? answer->count : 0;
			answer->records = records;
			return answer;
		}
		if (!alias)
			return answer;
		name = alias;
	}
	answer->status = DNS_SERVFAIL;
	return answer;
}

static inline const struct dns_answer *zone_find(void *data, const char *name, enum dns_type type, bool ahead)
{
	struct zone *zone = data;
	struct zone_question *question;

	for (size_t i = 0; i < zone->question_count; i++) {
		question = &zone->questions[i];
		if (question->type == type && strcmp(question->name, name) == 0)
			return question->there ? question->answer : NULL;
	}
	if (ahead && zone->ahead_count++ >= SPF_AHEAD_MAX)
		return NULL;
	if (zone->question_count == ZONE_QUESTIONS_MAX)
		abort();
	question = &zone->questions[zone->question_count++];
	question->name = zone_need(arena_strdup(&zone->arena, name));
	question->type = type;
	question->answer = zone_answer(zone, name, type);
	question->there = !zone->late;
	return question->there ? question->answer : NULL;
}

/* What was asked for is there; false: nothing was missing. */
static inline bool zone_bring(struct zone *zone)
{
	bool any = false;

	for (size_t i = zone->question_count; i > 0 && !(any && zone->one_by_one); i--) {
		any = any || !zone->questions[i - 1].there;
		zone->questions[i - 1].there = true;
	}
	return any;
}

/* Evaluates as a caller does: what was asked for is there in the next round.  Aborts when memory is out. */
static inline void zone_check(struct zone *zone, const struct spf_input *input, struct arena *arena,
			      struct spf_outcome *outcome_r)
{
	struct spf_lookup lookup = { .find = zone_find, .data = zone };

	zone->question_count = 0;
	zone->ahead_count = 0;
	for (zone->rounds = 0;; zone->rounds++) {
		if (!spf_check(input, &lookup, arena, outcome_r))
			abort();
		if (outcome_r->result != SPF_PENDING)
			return;
		/* It must wait for something. */
		if (!zone_bring(zone))
			abort();
	}
}

#endif
