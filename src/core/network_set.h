/* SPDX-License-Identifier: BSD-2-Clause */
/* The networks of a list, sorted: for core/list.c alone. */
#ifndef CORE_NETWORK_SET_H
#define CORE_NETWORK_SET_H

#include "core/list.h"

struct network_entry {
	struct network network;
	uint32_t line;
	uint32_t parent;	/* the next wider network that holds this one */
	uint16_t file;
};

void network_set_clear(struct network_set *set);
bool network_set_add(struct network_set *set, const struct network *network,
		     struct list_source source);
void network_set_finish(struct network_set *set);

/* The narrowest network that holds ip, or NULL. */
const struct network_entry *network_set_match(const struct network_set *set, const struct ip *ip);

/* Does one network of the set hold the whole of this one? */
bool network_set_covers(const struct network_set *set, const struct network *network);

#endif
