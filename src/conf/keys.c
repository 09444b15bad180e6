/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks through the tables of keys. */
#include "conf/keys.h"

#include "conf/loader.h"

#include <stdio.h>

#define PATH_BYTES 200

struct telling {
	void (*tell)(void *context, const struct policy_key *key);
	void *context;
};

static void tell_table(const struct telling *telling, const struct key_table *table, const char *before)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct key *row = &table->keys[i];
		char path[PATH_BYTES], below[PATH_BYTES + 8];

		(void)snprintf(path, sizeof path, "%s%s", before, row->name);
		telling->tell(telling->context, &(struct policy_key){ path, before[0] == '\0', row->use == KEY_REQUIRED, row->help });
		(void)snprintf(below, sizeof below, "%s%s.", path, row->each ? row->each : "");
		if (row->below)
			tell_table(telling, row->below, below);
	}
}

void policy_keys_tell(void (*tell)(void *context, const struct policy_key *key), void *context)
{
	const struct telling telling = { tell, context };

	tell_table(&telling, &policy_table, "");
}
