/* SPDX-License-Identifier: BSD-2-Clause */
/* Patterns side by side. */
#include "core/pattern_set.h"

#include "core/alarm.h"
#include "core/grow.h"

void pattern_set_clear(struct pattern_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		pattern_free(&set->entries[i].pattern);
	free(set->entries);
	*set = (struct pattern_set){ 0 };
}

bool pattern_set_add(struct pattern_set *set, const char *text, struct list_source source,
		     struct pattern_error *error_r)
{
	struct pattern_entry entry = { .text = text, .line = source.line, .file = source.file };
	void *space = grow(set->entries, &set->capacity, set->count + 1, sizeof *set->entries);

	*error_r = (struct pattern_error){ .text = "out of memory" };
	if (!space)
		return false;
	set->entries = space;
	entry.pattern = pattern_new(text, error_r);
	if (!entry.pattern)
		return false;
	set->entries[set->count++] = entry;
	return true;
}

void pattern_set_finish(struct pattern_set *set)
{
	set->entries = trim(set->entries, &set->capacity, set->count, sizeof *set->entries);
}

enum tri pattern_set_match(const struct pattern_set *set, const char *name, struct alarms *alarms,
			   const struct pattern_entry **entry_r)
{
	enum tri found = TRI_NO;

	for (size_t i = 0; i < set->count; i++) {
		const struct pattern_entry *entry = &set->entries[i];

		switch (pattern_match(entry->pattern, name, strlen(name))) {
		case TRI_YES:
			*entry_r = entry;
			return TRI_YES;
		case TRI_UNKNOWN:
			alarms_add(alarms, &(struct alarm){ ALARM_PATTERN_LIMIT, .subject = entry->text });
			found = TRI_UNKNOWN;
			break;
		case TRI_NO:
			break;
		}
	}
	return found;
}
