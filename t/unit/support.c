/* SPDX-License-Identifier: BSD-2-Clause */
/* What each MTA can be made to do: every value has an answer, and the manual holds them all. */
#include "mta/support.h"

#include "base/buf.h"
#include "base/file.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define MANUAL_MAX (1024 * 1024)

static const char *const manual_words[] = {
	[SUPPORT_LINE] = "",
	[SUPPORT_ITSELF] = "as it is: ",
	[SUPPORT_MILTER] = "by the milter: ",
	[SUPPORT_NEVER] = "not possible: ",
};

/* The row as the manual has it; a backslash is \e there. */
static void add_row(struct buf *out, const char *name, const char *value, const struct support *support)
{
	buf_addf(out, ".It Li \"%s: %s\"\n%s", name, value, manual_words[support->kind]);
	for (const char *c = support->text; *c != '\0'; c++)
		if (*c == '\\')
			buf_add(out, "\\e");
		else
			buf_addf(out, "%c", *c);
	buf_add(out, "\n");
}

static void test_row(const char *section, const char *name, const char *value, const struct support *support)
{
	struct buf row;

	ok(support->text, "%s: %s has an answer", name, value);
	if (!support->text)
		return;
	buf_init(&row);
	add_row(&row, name, value, support);
	ok(!row.failed && strstr(section, row.text), "%s: %s is in the manual", name, value);
	buf_clear(&row);
}

static void test_commands(const char *section, enum mta mta)
{
	for (enum command_id id = 0; id < COMMAND_COUNT; id++)
		for (const enum command_value *v = command_table[id].values; *v != VALUE_ABSENT; v++)
			if (*v != VALUE_DEFAULT)
				test_row(section, command_table[id].name, command_value_word(*v),
					 support_of(mta, id, *v));
}

static void test_outbound(const char *section, enum mta mta)
{
	char name[40];

	for (enum outbound_id id = 0; id < OUTBOUND_COUNT; id++)
		for (unsigned value = 0; outbound_words[id][value]; value++) {
			(void)snprintf(name, sizeof name, "outbound.%s", outbound_names[id]);
			test_row(section, name, outbound_words[id][value], support_of_outbound(mta, id, value));
		}
}

/* The part of the manual about one MTA, which ends where the next one begins. */
static void test_mta(char *manual, const char *heading, enum mta mta)
{
	char *section = strstr(manual, heading);
	char *end = section ? strstr(section + 1, "\n.Sh ") : NULL;

	ok(section && end, "the manual has %s", heading);
	if (!section || !end)
		return;
	*end = '\0';
	test_commands(section, mta);
	test_outbound(section, mta);
	*end = '\n';
}

int main(void)
{
	const char *srcdir = getenv("srcdir");
	const char *error = NULL;
	char path[4096], *manual = NULL;
	size_t length;

	(void)snprintf(path, sizeof path, "%s/man/ehlo-milter-mta.7", srcdir ? srcdir : ".");
	if (!file_read(path, MANUAL_MAX, &manual, &length, &error))
		printf("# %s: %s\n", path, error);
	ok(manual, "the manual is there");
	if (manual) {
		test_mta(manual, ".Sh POSTFIX", MTA_POSTFIX);
		test_mta(manual, ".Sh SENDMAIL", MTA_SENDMAIL);
	}
	free(manual);
	return tap_done();
}
