/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes from the figures what both forms of the status show. */
#include "app/status.h"

#include "base/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cut where it is longer, and never anything that a terminal would obey. */
static void copy_label(const struct figure *figure, const char *label, char word_r[STATUS_WORD_BYTES])
{
	char space[STATUS_WORD_BYTES];
	struct buf found, word;

	buf_init_fixed(&found, space, sizeof space);
	buf_init_fixed(&word, word_r, STATUS_WORD_BYTES);
	if (figure_label(figure, label, &found))
		buf_add_escaped(&word, space, "", STATUS_WORD_BYTES - 1);
}

static int compare(const void *a, const void *b)
{
	const struct status_verdict *left = a, *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	return memcmp(left, right, offsetof(struct status_verdict, count));
}

struct status_verdict *status_verdicts(const struct figures *figures, size_t *count_r)
{
	struct status_verdict *list = calloc(figures->count + 1, sizeof *list);

	*count_r = 0;
	for (size_t i = 0; list && i < figures->count; i++) {
		struct status_verdict *verdict = &list[*count_r];

		if (strcmp(figures->list[i].metric, "verdicts_total") != 0 || figures->list[i].value <= 0)
			continue;
		copy_label(&figures->list[i], "listener", verdict->listener);
		copy_label(&figures->list[i], "check", verdict->check);
		copy_label(&figures->list[i], "rule", verdict->rule);
		copy_label(&figures->list[i], "result", verdict->result);
		copy_label(&figures->list[i], "action", verdict->action);
		copy_label(&figures->list[i], "mode", verdict->mode);
		verdict->count = figures->list[i].value;
		if (strcmp(verdict->action, "accept") != 0)
			++*count_r;
		else
			*verdict = (struct status_verdict){ .count = 0 };
	}
	if (list)
		qsort(list, *count_r, sizeof *list, compare);
	return list;
}

void status_listeners(const struct figures *figures, void (*show)(void *context, const char *listener), void *context)
{
	char name[STATUS_WORD_BYTES], last[STATUS_WORD_BYTES] = "";

	for (size_t i = 0; i < figures->count; i++) {
		if (strcmp(figures->list[i].metric, "sessions_ended_total") != 0)
			continue;
		memset(name, 0, sizeof name);
		copy_label(&figures->list[i], "listener", name);
		if (strcmp(name, last) != 0)
			show(context, name);
		memcpy(last, name, sizeof last);
	}
}

void status_time(double seconds, char text_r[STATUS_TIME_BYTES])
{
	char stamp[INSTANT_TEXT_BYTES];

	if (!(seconds > 0 && seconds < 1e11)) {
		(void)snprintf(text_r, STATUS_TIME_BYTES, "never");
		return;
	}
	instant_format((int64_t)(seconds * 1e6), stamp);
	(void)snprintf(text_r, STATUS_TIME_BYTES, "%.10s %.8s UTC", stamp, stamp + 11);
}
