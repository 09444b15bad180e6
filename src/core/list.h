/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of domains, patterns and networks, and of what DNS lists: filled when a policy is loaded, then only read. */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include "base/ip.h"
#include "core/pattern.h"
#include "core/tri.h"
#include "core/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 'example' = the name alone, '.example' = it and below, '*.example' = below only. */
enum domain_scope { DOMAIN_SELF = 1, DOMAIN_BELOW = 2 };

/*
 * Open addressing over normalised names that lie one after the other in names; at most 64 bytes an
 * entry for names of usual length, look-up below a microsecond at a million entries.
 */
struct domain_set {
	char *names;
	size_t names_bytes;
	size_t names_capacity;
	struct domain_entry *entries;
	size_t count;
	size_t capacity;
	uint32_t *slots;	/* index + 1 into entries; a power of two of them, at most 3/4 full */
	size_t slot_count;
};

/* Sorted, each entry knowing the next wider network that holds it: longest prefix by one binary search. */
struct network_set {
	struct network_entry *entries;
	size_t count;
	size_t capacity;
	bool sorted;
};

/* In the order of the file. */
struct pattern_set {
	struct pattern_entry *entries;
	size_t count;
	size_t capacity;
};

/* Where an entry stands. */
struct list_source {
	uint16_t file;	/* index into list->files; 0 = the policy file */
	uint32_t line;
};

struct list {
	const char *name;		/* without the dollar sign */
	struct domain_set domains;
	struct network_set networks;
	struct pattern_set patterns;	/* of names */
	const struct zone *zone;	/* NULL: DNS is not asked */
	uint64_t content;		/* stands for the sets: the same for the same entries in any order */
	bool holds_names;		/* names, addresses, or both ($self, ehlo_own_name, a zone alone) */
	bool holds_addresses;
	bool self;			/* also the session's own $self: host, daemon and interface address, localhost */
	const struct list **parts;	/* all lists that it includes, through others too; each once */
	size_t part_count;
	const char **files;		/* names for list_source.file; [0] is the policy file */
	size_t file_count;
};

/* The entry that decided; the longest match where several do. */
struct list_hit {
	const struct list *list;	/* the one that holds the entry, a part perhaps */
	struct list_source source;	/* line 0: built in */
	char entry[320];		/* as text: ".example", "192.0.2.0/24", "^dsl", "127.0.0.2 for NAME" */
};

struct context;

void list_init(struct list *list, const char *name);
void list_clear(struct list *list);	/* the sets; not the parts, which belong to the policy */

/*
 * domain: normalised (domain_normalise()), without the leading dot or star.  Adding a name again
 * widens its scope.  false when memory is out.
 */
bool list_add_domain(struct list *list, const char *domain, unsigned scope, struct list_source source);
bool list_add_network(struct list *list, const struct network *network, struct list_source source);

/* text must outlive the list.  false with *error_r set: it is no pattern, or memory is out. */
bool list_add_pattern(struct list *list, const char *text, struct list_source source,
		      struct pattern_error *error_r);

/* Must be called once after the last addition, before the first look-up. */
bool list_finish(struct list *list);

/*
 * name: any case, a final dot is ignored.  TRI_UNKNOWN: a part of $self that the session does not know, a
 * pattern that reached its limits, or a DNS list whose answer is not there (it is asked for through
 * dns_lookup()) might have decided.  What needs no DNS is looked at first.  context may be NULL (then all of
 * $self but localhost is unknown, and every DNS list); hit_r may be NULL and is set on TRI_YES only.
 */
enum tri list_has_name(const struct list *list, const struct context *context, const char *name,
		       struct list_hit *hit_r);
enum tri list_has_address(const struct list *list, const struct context *context, const struct ip *ip,
			  struct list_hit *hit_r);

/*
 * The domains of the list, then those of its parts, by number: as they stand in the file (".example").  False
 * behind the last.  $self has more than this tells.
 */
bool list_domain_at(const struct list *list, size_t index, char text_r[300], struct list_source *source_r);

/* Has it a DNS list, itself or in its parts? */
bool list_asks_dns(const struct list *list);

/* Has it no entry at all, its parts included? */
bool list_empty(const struct list *list);

/*
 * Is every address of the network in the list, or of the other list?  By what they spell out; false: not for
 * certain.
 */
bool list_covers_network(const struct list *list, const struct network *network);
bool list_covers(const struct list *list, const struct list *other);

/* $loopback $private $undeliverable $self by number, NULL after the last; constant for the life of the process. */
#define LIST_BUILT_IN_COUNT 4
bool list_built_in(size_t index, struct list *list_r);

#endif
