/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes what mta-config --current is given of Sendmail: an error has its line; what is printed is lines, quoted for m4, and
 * JSON; and the same each time.
 */
#include "mta.h"

#include "mta/sendmail_config.h"

#define INPUT "input"

/* Behind dnl m4 reads nothing; elsewhere each quote is closed on its line. */
static void check_quotes(const char *line, size_t length)
{
	unsigned depth = 0;

	if (strncmp(line, "dnl ", 4) == 0)
		return;
	for (size_t i = 0; i < length; i++) {
		promise(line[i] != '\'' || depth > 0);
		depth += line[i] == '`';
		depth -= line[i] == '\'';
	}
	promise(depth == 0);
}

static void check_snippet(const struct buf *snippet)
{
	fuzz_check_lines(snippet);
	for (const char *line = snippet->text; *line != '\0'; line = strchr(line, '\n') + 1)
		check_quotes(line, strcspn(line, "\n"));
}

/* False: the text is refused. */
static bool configure(const char *text, struct buf *snippet)
{
	struct sendmail_current current;
	struct sendmail_plan plan;
	struct arena arena;
	struct diag diag;
	struct buf json;
	bool good;

	arena_init(&arena, NULL, 0, 65536);
	diag_init(&diag);
	good = sendmail_current_parse(text, INPUT, &arena, &diag, &current) &&
	       sendmail_config_make(fuzz_policy(), &current, &arena, &diag, &plan);
	promise(good == (diag.error_count == 0));
	fuzz_check_places(&diag, INPUT, text);
	if (good) {
		sendmail_config_snippet(&plan, fuzz_policy(), snippet);
		check_snippet(snippet);
		buf_init(&json);
		sendmail_config_json(&plan, fuzz_policy(), &json);
		fuzz_check_json(&json);
		buf_clear(&json);
	}
	diag_clear(&diag);
	arena_clear(&arena);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct buf once, again;

	buf_init(&once);
	buf_init(&again);
	if (size < 100000 && configure(text, &once)) {
		promise(configure(text, &again));
		promise(strcmp(once.text, again.text) == 0);
	}
	buf_clear(&again);
	buf_clear(&once);
	free(text);
	return 0;
}
