/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes files of cases: each message has its place, and cases without errors are whole and can be judged. */
#include "fuzz.h"

#include "base/file.h"
#include "conf/cases.h"
#include "conf/load.h"
#include "core/decide.h"

#define CASES_NAME "fuzz/cases.yaml"

static const char policy_text[] =
	"version: 1\n"
	"lists: { blocked: { domains: [.bulk.example] } }\n"
	"listeners:\n"
	"  - { name: submission, match: { daemon_port: 587 }, profile: submission }\n"
	"  - name: mx\n"
	"    match: any\n"
	"    mode: enforce\n"
	"    rules:\n"
	"      - { name: blocklisted, if: ehlo in $blocked, then: reject }\n"
	"      - { name: shadow, if: null_sender, then: tempfail, mode: observe }\n";

static const uint8_t *input;
static size_t input_bytes;

/* In place of the one in base/file.c: there is one file, and it is the input. */
const char file_no_memory[] = "out of memory";

bool file_read(const char *path, size_t max_bytes, char **bytes_r, size_t *length_r, const char **error_r)
{
	if (strcmp(path, CASES_NAME) != 0 || input_bytes > max_bytes) {
		*error_r = "no such file or directory";
		return false;
	}
	*bytes_r = malloc(input_bytes + 1);
	promise(*bytes_r);
	if (input_bytes > 0)
		memcpy(*bytes_r, input, input_bytes);
	(*bytes_r)[input_bytes] = '\0';
	*length_r = input_bytes;
	return true;
}

static bool is_place(const struct place *place)
{
	unsigned lines = 1;

	for (size_t i = 0; i < input_bytes; i++)
		lines += input[i] == '\n';
	return place->line > 0 && place->line <= lines && place->column > 0 && strcmp(place->file, CASES_NAME) == 0;
}

static void check_messages(const struct diag *diag)
{
	for (size_t i = 0; i < diag->count; i++)
		promise(diag->entries[i].text[0] != '\0' && is_place(&diag->entries[i].place));
}

/* Every line of a tape stands somewhere in the file. */
static void check_tape(const struct cases *cases, const struct case_tape *tape)
{
	unsigned line = 1;

	promise(strlen(tape->text) == tape->length);
	for (size_t i = 0; i < tape->length; i++) {
		struct place place = case_tape_place(cases, tape, line, 1);

		if (tape->text[i] != '\n')
			continue;
		promise(is_place(&place));
		place = case_tape_place(cases, tape, line, 1000);
		promise(is_place(&place));
		line++;
	}
}

static void check_text(const struct text *text)
{
	promise((text->presence == PRESENCE_KNOWN) == (text->value != NULL));
}

static void check_session(const struct session *session)
{
	check_text(&session->ehlo);
	check_text(&session->sender);
	check_text(&session->recipient);
	check_text(&session->auth_user);
	check_text(&session->tls_version);
	check_text(&session->client_name);
	check_text(&session->client_ptr);
	check_text(&session->host);
	promise((session->verb == VERB_NONE) == (session->ehlo.presence == PRESENCE_NONE));
}

static void check_case(const struct policy *policy, const struct cases *cases, const struct test_case *test)
{
	const struct expectation *e = &test->expected;
	enum tri rules[2];
	struct decision decision = { .rules = rules };
	struct choice choice = choose_listener(policy, &test->session);
	struct facts facts;

	promise(is_place(&test->place));
	promise(!test->tape || (test->tape >= cases->tapes && test->tape < cases->tapes + cases->tape_count));
	promise(!e->check || !e->rule);
	promise(!e->listener || policy_find_listener(policy, e->listener));
	check_session(&test->session);
	if (test->listener)
		choice = (struct choice){ .listener = policy_find_listener(policy, test->listener) };
	promise(choice.listener);
	facts_derive(&test->session, &facts);
	decide(policy, &choice, &test->session, &facts, STAGE_RCPT, NULL, &decision);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag diag, cases_diag;
	struct policy *policy;
	struct cases *cases;

	input = data;
	input_bytes = size;
	diag_init(&diag);
	policy = policy_load_text("fuzz/policy.yaml", policy_text, strlen(policy_text), &diag);
	promise(policy);
	diag_init(&cases_diag);
	cases = cases_load(CASES_NAME, policy, 20000, &cases_diag);
	promise((cases == NULL) == (cases_diag.error_count > 0));
	check_messages(&cases_diag);
	for (size_t i = 0; cases && i < cases->tape_count; i++)
		check_tape(cases, &cases->tapes[i]);
	for (size_t i = 0; cases && i < cases->count; i++)
		check_case(policy, cases, &cases->items[i]);
	cases_free(&cases);
	diag_clear(&cases_diag);
	policy_free(&policy);
	diag_clear(&diag);
	return 0;
}
