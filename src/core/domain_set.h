/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of a list, by hash: for core/list.c alone. */
#ifndef CORE_DOMAIN_SET_H
#define CORE_DOMAIN_SET_H

#include "base/name.h"
#include "core/list.h"

struct domain_entry {
	uint32_t name;		/* offset in names; not terminated there */
	uint32_t hash;
	uint32_t line;
	uint16_t file;
	uint8_t length;
	uint8_t scope;
};

/* A name that is looked up, and each of its suffixes at a label's edge, the longest first. */
#define LABELS_MAX ((NAME_TEXT_BYTES + 1) / 2)

struct suffix {
	size_t start;
	uint32_t hash;
};

struct folded_name {
	char text[NAME_TEXT_BYTES];	/* lower case, without the final dot */
	size_t length;
	struct suffix suffixes[LABELS_MAX];
	size_t suffix_count;
};

/* false for what is empty or too long to be in any list. */
bool folded_name_init(struct folded_name *folded, const char *name);

void domain_set_clear(struct domain_set *set);
bool domain_set_add(struct domain_set *set, const char *domain, unsigned scope,
		    struct list_source source);
void domain_set_finish(struct domain_set *set);

/* The entry with the longest suffix of more than min_length bytes that covers the name, or NULL. */
const struct domain_entry *domain_set_match(const struct domain_set *set,
					    const struct folded_name *folded, size_t min_length);

/* As it stood in the file: "example", ".example", "*.example". */
void domain_entry_format(const struct domain_set *set, const struct domain_entry *entry,
			 char *text_r, size_t bytes);

#endif
