/* SPDX-License-Identifier: BSD-2-Clause */
/* The edit of the policy that turns on what the figures of a first week call safe. */
#include "report/first_week.h"

/* May the mode of the whole listener be enforce?  Something must be safe, and nothing else but that and what is in force. */
static bool all_safe(const struct first_week *week, const struct week_listener *listener)
{
	struct week_part part;
	bool some = false, all = listener->listener->mode == MODE_OBSERVE;
	struct buf why;

	buf_init(&why);
	for (size_t i = 0; week_part(listener, i, &part); i++) {
		enum week_advice advice = week_advise(week, listener, &part, &why);

		/* What has a mode of its own is not moved by the listener's. */
		if (part.rollout->mode != MODE_INHERIT)
			continue;
		some |= advice == ADVICE_SAFE;
		all &= advice == ADVICE_SAFE || advice == ADVICE_IN_FORCE;
	}
	buf_clear(&why);
	return some && all;
}

static void add_mode(const struct listener *listener, struct buf *out)
{
	if (listener->mode_line > 0) {
		week_place(listener, listener->mode_line, out);
		buf_add(out, ", in place of mode: observe\n");
	} else {
		week_place(listener, listener->line, out);
		buf_add(out, ", a new key\n");
	}
	buf_add(out, "    mode: enforce\n");
}

/* The action of a check that was given by one word. */
static void add_short_form(const struct week_part *part, struct buf *out)
{
	for (size_t i = 0; i < checks[part->check]->outcome_count; i++) {
		enum result result = checks[part->check]->outcomes[i].result;

		if (result == RESULT_TEMPERROR)
			continue;
		buf_addf(out, "%s: %s, ", result_word(result), action_word(part->settings->actions[result]));
	}
}

static const char *change_of_mode(const struct week_part *part)
{
	return part->rollout->mode_line > 0 ? "in place of mode: observe" : "one key more";
}

static void add_check(const struct listener *listener, const struct week_part *part, struct buf *out)
{
	const struct check_settings *settings = part->settings;

	if (settings->line > 0) {
		week_place(listener, part->rollout->mode_line > 0 ? part->rollout->mode_line : settings->line, out);
		buf_addf(out, ", check %s, %s\n", part->name, settings->short_form ? "in its place" : change_of_mode(part));
	} else {
		week_place(listener, listener->checks_line > 0 ? listener->checks_line : listener->line, out);
		buf_addf(out, ", %s\n", listener->checks_line > 0 ? "below its key checks" : "with a key checks that is new");
	}
	if (settings->line > 0 && !settings->short_form) {
		buf_add(out, "    mode: enforce\n");
		return;
	}
	buf_addf(out, "    %s: { ", part->name);
	if (settings->short_form)
		add_short_form(part, out);
	buf_add(out, "mode: enforce }\n");
}

static void add_part(const struct listener *listener, const struct week_part *part, struct buf *out)
{
	if (!part->is_rule) {
		add_check(listener, part, out);
		return;
	}
	week_place(listener, part->rollout->mode_line > 0 ? part->rollout->mode_line : part->rule->line, out);
	buf_addf(out, ", rule %s, %s\n    mode: enforce\n", part->name, change_of_mode(part));
}

bool week_any_safe(const struct first_week *week)
{
	struct week_part part;
	bool found = false;
	struct buf why;

	buf_init(&why);
	for (size_t number = 0; number < week->policy->listener_count; number++)
		for (size_t i = 0; week_part(&week->listeners[number], i, &part); i++)
			found |= week_advise(week, &week->listeners[number], &part, &why) == ADVICE_SAFE;
	buf_clear(&why);
	return found;
}

/* It would hold for a share of the clients only. */
static void add_percent(const struct listener *listener, const struct week_part *part, struct buf *out)
{
	week_place(listener, part->is_rule ? part->rule->line : part->settings->line, out);
	buf_addf(out, ", %s %s, without its enforce_percent\n", part->is_rule ? "rule" : "check", part->name);
}

void week_edit(const struct first_week *week, const struct week_listener *listener, struct buf *out)
{
	bool whole = all_safe(week, listener);
	struct week_part part;
	struct buf why;

	if (whole)
		add_mode(listener->listener, out);
	buf_init(&why);
	for (size_t i = 0; week_part(listener, i, &part); i++) {
		enum mode mode = part.rollout->mode == MODE_INHERIT ? listener->listener->mode : part.rollout->mode;

		if (week_advise(week, listener, &part, &why) != ADVICE_SAFE)
			continue;
		if (mode == MODE_OBSERVE && !(whole && part.rollout->mode == MODE_INHERIT))
			add_part(listener->listener, &part, out);
		if (part.rollout->enforce_percent < 100)
			add_percent(listener->listener, &part, out);
	}
	buf_clear(&why);
}
