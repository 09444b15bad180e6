/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes down the steps of an evaluation. */
#include "spf/spf_eval.h"

#include <string.h>

const char *spf_printable(struct spf_eval *eval, const char *text, size_t length)
{
	char *copy = arena_strndup(eval->arena, text, length);

	if (!copy) {
		eval->no_memory = true;
		return "";
	}
	for (size_t i = 0; i < length; i++)
		if (copy[i] < 0x20 || copy[i] > 0x7e)
			copy[i] = '?';
	return copy;
}

struct spf_step *spf_step_begin(struct spf_eval *eval, enum spf_step_kind kind, const struct spf_level *level,
				const char *text, size_t length)
{
	struct spf_step *step = NULL;

	if (eval->step_count < SPF_STEPS_MAX) {
		step = arena_alloc(eval->arena, sizeof *step);
		eval->no_memory = eval->no_memory || !step;
	} else {
		eval->outcome->steps_cut = true;
	}
	eval->step = step ? step : &eval->spare;
	*eval->step = (struct spf_step){ .kind = kind, .depth = level->depth, .domain = level->question,
					 .text = "", .result = SPF_PENDING, .inner = SPF_PENDING };
	eval->questions_end = &eval->step->questions;
	if (!step)
		return eval->step;
	step->text = spf_printable(eval, text, length);
	*eval->steps_end = step;
	eval->steps_end = &step->next;
	eval->step_count++;
	return step;
}

void spf_step_target(struct spf_eval *eval, struct spf_step *step, const char *target)
{
	if (step == &eval->spare)
		return;
	step->target = arena_strdup(eval->arena, target);
	eval->no_memory = eval->no_memory || !step->target;
}

void spf_step_question(struct spf_eval *eval, const char *name, enum dns_type type, enum dns_status status)
{
	struct spf_question *question;

	if (eval->step == &eval->spare)
		return;
	question = arena_alloc(eval->arena, sizeof *question);
	if (question)
		question->name = arena_strdup(eval->arena, name);
	if (!question || !question->name) {
		eval->no_memory = true;
		return;
	}
	question->type = type;
	question->status = status;
	*eval->questions_end = question;
	eval->questions_end = &question->next;
}

void spf_step_end(struct spf_eval *eval, struct spf_step *step, enum spf_match match)
{
	step->state = match == SPF_STOP ? SPF_STEP_STOPPED : match == SPF_MATCH ? SPF_STEP_MATCH : SPF_STEP_NO_MATCH;
	step->reason = eval->reason;
	if (match == SPF_STOP)
		step->result = eval->stopped;
}
