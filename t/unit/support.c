/* SPDX-License-Identifier: BSD-2-Clause */
/* What each MTA can be made to do: every value has an answer. */
#include "mta/support.h"

#include "tap.h"

static void test_row(const char *name, const char *value, const struct support *support)
{
	ok(support->text, "%s: %s has an answer", name, value);
}

static void test_commands(enum mta mta)
{
	for (enum command_id id = 0; id < COMMAND_COUNT; id++)
		for (const enum command_value *v = command_table[id].values; *v != VALUE_ABSENT; v++)
			if (*v != VALUE_DEFAULT)
				test_row(command_table[id].name, command_value_word(*v), support_of(mta, id, *v));
}

static void test_outbound(enum mta mta)
{
	for (enum outbound_id id = 0; id < OUTBOUND_COUNT; id++)
		for (unsigned value = 0; outbound_words[id][value]; value++)
			test_row(outbound_names[id], outbound_words[id][value], support_of_outbound(mta, id, value));
}

int main(void)
{
	for (enum mta mta = MTA_POSTFIX; mta <= MTA_SENDMAIL; mta++) {
		test_commands(mta);
		test_outbound(mta);
	}
	return tap_done();
}
