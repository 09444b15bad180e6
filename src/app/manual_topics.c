/* SPDX-License-Identifier: BSD-2-Clause */
/* Topics of the manual that are neither a command nor a check, each from the table that the program works by. */
#include "app/manual.h"

#include "app/metrics_table.h"
#include "conf/keys.h"
#include "import/import.h"
#include "mta/support.h"

#include <stdio.h>
#include <string.h>

#define TAG_BYTES 200

/* --- keys of the policy --- */

/* A list is open but at the start and behind a section without keys of its own. */
struct showing {
	struct page *page;
	bool open;
};

static void close_keys(struct showing *showing)
{
	if (showing->open)
		page_close_list(showing->page);
	showing->open = false;
}

static void add_key(void *context, const struct policy_key *key)
{
	struct showing *showing = context;
	char tag[TAG_BYTES];

	if (key->is_top) {
		close_keys(showing);
		page_heading(showing->page, key->path);
		page_paragraphs(showing->page, key->help);
		return;
	}
	if (!showing->open)
		page_open_list(showing->page, 0);
	showing->open = true;
	(void)snprintf(tag, sizeof tag, "%s%s", key->path, key->required ? " (required)" : "");
	page_item(showing->page, tag, key->help);
}

static void show_keys(struct page *page)
{
	struct showing showing = { .page = page };

	policy_keys_tell(add_key, &showing);
	close_keys(&showing);
}

static void show_checks(struct page *page)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		manual_check(page, checks[i]);
}

/* --- metrics --- */

static void add_metric(struct page *page, const struct metric_row *row)
{
	static const char *const endings[] = { [TYPE_COUNTER] = "_total", [TYPE_INFO] = "_info", [TYPE_GAUGE] = "",
					       [TYPE_HISTOGRAM] = "" };
	char tag[TAG_BYTES];
	struct buf text;

	buf_init_fixed(&text, tag, sizeof tag);
	buf_addf(&text, METRIC_PREFIX "%s%s", row->name, endings[row->type]);
	for (size_t i = 0; i < METRIC_LABELS_MAX && row->labels[i] != LABEL_NONE; i++)
		buf_addf(&text, "%s%s", i == 0 ? " (" : ", ", label_rows[row->labels[i]].name);
	if (row->labels[0] != LABEL_NONE)
		buf_add_char(&text, ')');
	page_item(page, tag, row->help);
}

static void show_metrics(struct page *page)
{
	page_open_list(page, 0);
	for (size_t i = 0; i < METRIC_COUNT; i++)
		add_metric(page, &metric_rows[i]);
	page_close_list(page);
}

/* --- what each MTA can be made to do --- */

static void add_support(struct page *page, const char *name, const char *value, const struct support *support)
{
	static const char *const words[] = {
		[SUPPORT_LINE] = "",
		[SUPPORT_ITSELF] = "as it is: ",
		[SUPPORT_MILTER] = "by the milter: ",
		[SUPPORT_NEVER] = "not possible: ",
	};
	char tag[TAG_BYTES], text[1000];

	(void)snprintf(tag, sizeof tag, "%s: %s", name, value);
	(void)snprintf(text, sizeof text, "%s%s", words[support->kind], support->text);
	page_item(page, tag, text);
}

static void show_support(struct page *page, enum mta mta)
{
	page_open_list(page, 0);
	for (enum command_id id = 0; id < COMMAND_COUNT; id++)
		for (const enum command_value *value = command_table[id].values; *value != VALUE_ABSENT; value++)
			if (*value != VALUE_DEFAULT)
				add_support(page, command_table[id].name, command_value_word(*value), support_of(mta, id, *value));
	for (enum outbound_id id = 0; id < OUTBOUND_COUNT; id++)
		for (unsigned value = 0; outbound_words[id][value]; value++) {
			char name[40];

			(void)snprintf(name, sizeof name, "outbound.%s", outbound_names[id]);
			add_support(page, name, outbound_words[id][value], support_of_outbound(mta, id, value));
		}
	page_close_list(page);
}

static void show_postfix(struct page *page)
{
	show_support(page, MTA_POSTFIX);
}

static void show_sendmail(struct page *page)
{
	show_support(page, MTA_SENDMAIL);
}

/* --- import --- */

static void add_word(void *context, const char *word, const char *becomes)
{
	page_item(context, word, becomes);
}

static void show_import(struct page *page)
{
	for (size_t i = 0; import_sources[i]; i++) {
		page_heading(page, import_sources[i]->name);
		page_open_list(page, 0);
		import_sources[i]->describe(add_word, page);
		page_close_list(page);
	}
}

const struct manual_topic manual_topics[] = {
	{ "keys", "every key of the policy file", show_keys },
	{ "checks", "every check", show_checks },
	{ "metrics", "the figures that server.metrics serves", show_metrics },
	{ "mta-postfix", "what Postfix can be made to do, by which lines", show_postfix },
	{ "mta-sendmail", "the same of Sendmail", show_sendmail },
	{ "import-words", "what import makes of the words of other programs", show_import },
	{ NULL, NULL, NULL },
};
