/* SPDX-License-Identifier: BSD-2-Clause */
/* The patterns of a list, tried one after the other: for core/list.c alone. */
#ifndef CORE_PATTERN_SET_H
#define CORE_PATTERN_SET_H

#include "core/list.h"

struct alarms;

struct pattern_entry {
	struct pattern *pattern;
	const char *text;
	uint32_t line;
	uint16_t file;
};

void pattern_set_clear(struct pattern_set *set);

/* text must outlive the set. */
bool pattern_set_add(struct pattern_set *set, const char *text, struct list_source source,
		     struct pattern_error *error_r);
void pattern_set_finish(struct pattern_set *set);

/* The first that matches.  TRI_UNKNOWN: none does, but one reached its limits, which is noted in alarms. */
enum tri pattern_set_match(const struct pattern_set *set, const char *name, struct alarms *alarms,
			   const struct pattern_entry **entry_r);

#endif
