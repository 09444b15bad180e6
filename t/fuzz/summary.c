/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes summaries that are read to be merged: what is read is written the same, and merging it with nothing changes nothing. */
#include "fuzz.h"

#include "report/summary.h"

/* Written whole; the caller clears it. */
static struct buf written(struct summary *summary)
{
	struct buf out;

	summary_settle(summary);
	buf_init(&out);
	summary_write(summary, true, &out);
	promise(!out.failed && !summary->failed);
	return out;
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static void check_text(const struct summary *summary)
{
	struct buf out;

	buf_init(&out);
	summary_print(summary, &out);
	for (size_t i = 0; i < out.length; i++)
		promise(out.text[i] == '\n' || (out.text[i] >= 0x20 && out.text[i] <= 0x7e));
	buf_clear(&out);
}

/* Behind the style each '<' of the page begins an element of ours, and each '>' ends one. */
static void check_page(const struct summary *summary)
{
	bool inside = false;
	const char *at;
	struct buf out;

	buf_init(&out);
	summary_html(summary, &out);
	promise(!out.failed);
	at = strstr(out.text, "</style>");
	promise(at);
	for (; *at != '\0'; at++) {
		promise(*at == '\n' || (*at >= 0x20 && *at <= 0x7e));
		promise(*at != '<' || (!inside && strchr("/abcdefghilmoprstuv", at[1])));
		promise(*at != '>' || inside);
		inside = *at == '<' || (inside && *at != '>');
	}
	promise(!inside);
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct summary summary, again, nothing;
	struct buf first, second;
	const char *error;

	if (summary_read((const char *)data, size, &summary))
		return 0;
	first = written(&summary);
	check_text(&summary);
	check_page(&summary);
	promise(!summary_read(first.text, first.length, &again));
	summary_init(&nothing, &again.meta);
	promise(summary_merge(&nothing, &again, &error));
	second = written(&nothing);
	promise(same(&first, &second));
	summary_clear(&summary);
	summary_clear(&again);
	summary_clear(&nothing);
	buf_clear(&first);
	buf_clear(&second);
	return 0;
}
