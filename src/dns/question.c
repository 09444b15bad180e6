/* SPDX-License-Identifier: BSD-2-Clause */
/* A question to a name server, and lists of them. */
#include "dns/question.h"

#include <stdlib.h>
#include <string.h>

struct question *question_new(const char *name, enum dns_type type, int64_t now_us)
{
	size_t length = strlen(name);
	struct question *question = calloc(1, sizeof *question + length + 1);

	if (!question)
		return NULL;
	question->asked_us = now_us;
	question->type = type;
	memcpy(question->name, name, length + 1);
	if (wire_name_parse(name, &question->wire))
		return question;
	free(question);
	return NULL;
}

void question_append(struct question_list *list, struct question *question)
{
	question->next = NULL;
	question->previous = list->last;
	*(list->last ? &list->last->next : &list->first) = question;
	list->last = question;
}

void question_remove(struct question_list *list, struct question *question)
{
	*(question->previous ? &question->previous->next : &list->first) = question->next;
	*(question->next ? &question->next->previous : &list->last) = question->previous;
	question->next = question->previous = NULL;
}

void question_append_all(struct question_list *list, struct question_list *more)
{
	if (!more->first)
		return;
	more->first->previous = list->last;
	*(list->last ? &list->last->next : &list->first) = more->first;
	list->last = more->last;
	*more = (struct question_list){ NULL, NULL };
}
