/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes whole evaluations of SPF.  The first line of an input is "CLIENT TAB EHLO TAB LOCAL-PART TAB DOMAIN"; each
 * further line answers the next new question, whatever it is: '!' and a word is a status, else the line holds a TXT
 * record, or addresses or names between spaces; records are separated by '|'.  What is not there is NXDOMAIN.
 */
#include "fuzz.h"

#include "../unit/spf_fields.h"
#include "base/buf.h"
#include "spf/spf_eval.h"
#include "spf/spf_header.h"

#define QUESTIONS_MAX 600
#define RECORDS_MAX 40
#define ROUNDS_MAX 40

struct question {
	char *name;
	enum dns_type type;
	bool there;
	struct dns_answer answer;
	struct dns_record records[RECORDS_MAX];
};

struct source {
	char *lines, *end;
	struct question questions[QUESTIONS_MAX];
	size_t count;
	unsigned ahead_count;
	bool closed;		/* every question must be known already */
};

/* The next line; NULL behind the last.  May hold NULs. */
static char *next_line(struct source *source, size_t *length_r)
{
	char *line = source->lines;
	char *end = line < source->end ? memchr(line, '\n', (size_t)(source->end - line)) : NULL;

	if (line == source->end)
		return NULL;
	if (!end)
		end = source->end;
	*length_r = (size_t)(end - line);
	source->lines = end < source->end ? end + 1 : end;
	*end = '\0';
	return line;
}

static void add_record(struct question *question, char *text, size_t length)
{
	struct dns_record *record = &question->records[question->answer.count];

	switch (question->type) {
	case DNS_TXT:
		record->text.bytes = text;
		record->text.length = length;
		break;
	case DNS_MX:
	case DNS_PTR:
		/* DNS gives no name with such bytes: they are escaped. */
		record->host.name = text;
		record->host.usable = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(text);
		if (length > 200 || !fuzz_printable(text) || strpbrk(text, " \\"))
			return;
		break;
	case DNS_A:
	case DNS_AAAA:
		if (!ip_parse(text, &record->address) ||
		    record->address.family != (question->type == DNS_A ? IP_V4 : IP_V6))
			return;
		break;
	}
	question->answer.count++;
}

static void read_records(struct question *question, char *line, size_t length)
{
	char *end = line + length;

	question->answer.records = question->records;
	while (line <= end && question->answer.count < RECORDS_MAX) {
		char *stop = memchr(line, '|', (size_t)(end - line));

		if (!stop)
			stop = end;
		*stop = '\0';
		add_record(question, line, (size_t)(stop - line));
		line = stop + 1;
	}
	question->answer.status = question->answer.count > 0 ? DNS_NOERROR : DNS_NODATA;
}

static void answer(struct source *source, struct question *question)
{
	size_t length;
	char *line = next_line(source, &length);

	question->answer = (struct dns_answer){ .status = DNS_NXDOMAIN };
	if (!line)
		return;
	if (line[0] != '!')
		read_records(question, line, length);
	else if (!dns_status_from_word(line + 1, &question->answer.status) ||
		 question->answer.status == DNS_NOERROR)
		question->answer.status = DNS_SERVFAIL;
}

/* A question is text that every DNS layer takes. */
static void check_name(const char *name)
{
	promise(strlen(name) < DNS_NAME_BYTES && name[0] != '\0' && fuzz_printable(name));
	for (; *name != '\0'; name++)
		promise(*name != ' ');
}

static const struct dns_answer *find(void *data, const char *name, enum dns_type type, bool ahead)
{
	struct source *source = data;
	struct question *question;

	check_name(name);
	for (size_t i = 0; i < source->count; i++) {
		question = &source->questions[i];
		if (question->type == type && strcmp(question->name, name) == 0)
			return question->there ? &question->answer : NULL;
	}
	if (ahead && source->ahead_count++ >= SPF_AHEAD_MAX)
		return NULL;
	promise(!source->closed);
	/* RFC 7208 4.6.4: whatever records say, there is an end to questions. */
	promise(source->count < QUESTIONS_MAX);
	question = &source->questions[source->count++];
	question->name = strdup(name);
	promise(question->name);
	question->type = type;
	answer(source, question);
	return NULL;
}

static void evaluate(struct source *source, const struct spf_input *input, struct arena *arena,
		     struct spf_outcome *outcome_r)
{
	struct spf_lookup lookup = { .find = find, .data = source };

	for (unsigned rounds = 0;; rounds++) {
		size_t asked = source->count;

		promise(rounds < ROUNDS_MAX);
		promise(spf_check(input, &lookup, arena, outcome_r));
		if (outcome_r->result != SPF_PENDING)
			return;
		promise(source->count > asked && !outcome_r->steps);
		for (size_t i = 0; i < source->count; i++)
			source->questions[i].there = true;
	}
}

/* libspf2 and we agree on what is in a network. */
static void check_network(const struct spf_step *step, const struct spf_input *input, struct arena *arena)
{
	struct spf_record record;
	struct spf_flaw flaw;
	struct buf text;

	buf_init(&text);
	buf_addf(&text, "v=spf1 %s", step->text);
	promise(spf_record_parse(text.text, text.length, arena, &record, &flaw) == SPF_PARSE_DONE);
	promise(record.term_count == 1);
	if (record.terms[0].mechanism == SPF_MECHANISM_IP4 || record.terms[0].mechanism == SPF_MECHANISM_IP6)
		promise((step->state == SPF_STEP_MATCH) == network_contains(&record.terms[0].network, &input->client));
	buf_clear(&text);
}

static void check_steps(const struct spf_outcome *outcome, const struct spf_input *input, struct arena *arena)
{
	size_t count = 0;

	for (const struct spf_step *step = outcome->steps; step; step = step->next, count++) {
		promise(step->depth <= SPF_TERMS_MAX && step->reason && fuzz_printable(step->text));
		promise(fuzz_printable(step->domain) && (!step->target || fuzz_printable(step->target)));
		for (const struct spf_question *q = step->questions; q; q = q->next)
			promise(fuzz_printable(q->name));
		if (step->kind == SPF_STEP_DIRECTIVE)
			check_network(step, input, arena);
	}
	promise(count <= SPF_STEPS_MAX && (count == SPF_STEPS_MAX || !outcome->steps_cut));
}

static void check_outcome(const struct spf_outcome *outcome)
{
	unsigned over = outcome->result == SPF_TEMPERROR || outcome->result == SPF_PERMERROR;

	promise(outcome->reason && outcome->reason->word && outcome->reason->text);
	promise(fuzz_printable(outcome->domain) && fuzz_printable(outcome->mechanism));
	promise(fuzz_printable(outcome->record_domain));
	promise(outcome->term_count <= SPF_TERMS_MAX + over);
	promise(outcome->void_count <= SPF_VOIDS_MAX + over);
}

static void check_fields(const struct spf_outcome *outcome, const struct spf_input *input)
{
	bool error = outcome->result == SPF_TEMPERROR || outcome->result == SPF_PERMERROR;
	const char *word = spf_result_word(outcome->result);
	struct buf keys, field;

	buf_init(&keys);
	buf_init(&field);
	buf_addf(&keys, "receiver identity client-ip%s%s%s", input->identity == SPF_MAIL_FROM ? " envelope-from" : "",
		 input->ehlo ? " helo" : "", error ? " problem" : outcome->mechanism[0] ? " mechanism" : "");
	promise(spf_add_received(&field, input, outcome, "mx.here.example") == (outcome->result != SPF_UNKNOWN));
	promise(field.length == 0 || (field_is_received(field.text, word, keys.text) && field_lines_fit(field.text)));
	field.length = 0;
	promise(spf_add_auth_result(&field, input, outcome) == (outcome->result != SPF_UNKNOWN));
	promise(field.length == 0 ||
		field_is_auth_result(field.text, word, error, outcome->domain[0] == '\0' ? NULL :
				     input->identity == SPF_HELO ? "smtp.helo" : "smtp.mailfrom"));
	promise(!keys.failed && !field.failed);
	buf_clear(&keys);
	buf_clear(&field);
}

static void check_same(const struct spf_outcome *a, const struct spf_outcome *b)
{
	promise(a->result == b->result && a->reason == b->reason);
	promise(strcmp(a->mechanism, b->mechanism) == 0 && strcmp(a->record_domain, b->record_domain) == 0);
	promise(a->term_count == b->term_count && a->void_count == b->void_count);
}

/* The first line; a DOMAIN that is not there is the null sender, without a LOCAL-PART it is the identity HELO. */
static void read_input(struct source *source, struct spf_input *input_r)
{
	size_t length;
	char *line = next_line(source, &length);
	char *client = strsep(&line, "\t"), *ehlo = strsep(&line, "\t"), *local = strsep(&line, "\t");

	*input_r = (struct spf_input){ .identity = local ? SPF_MAIL_FROM : SPF_HELO, .ehlo = ehlo, .local_part = local,
				       .local_part_length = local ? strlen(local) : 0, .domain = line };
	if (!client || !ip_parse(client, &input_r->client))
		input_r->client = (struct ip){ { 192, 0, 2, 1 }, IP_V4 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct source source;
	struct spf_outcome late, at_once;
	struct spf_input input;
	struct arena arena;
	char *text = malloc(size + 1);

	promise(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\n';
	memset(&source, 0, sizeof source);
	source.lines = text;
	source.end = text + size;
	arena_init(&arena, NULL, 0, 65536);
	if (size > 0) {
		read_input(&source, &input);
		evaluate(&source, &input, &arena, &late);
		check_outcome(&late);
		check_steps(&late, &input, &arena);
		check_fields(&late, &input);
		source.closed = true;
		evaluate(&source, &input, &arena, &at_once);
		check_same(&late, &at_once);
	}
	for (size_t i = 0; i < source.count; i++)
		free(source.questions[i].name);
	arena_clear(&arena);
	free(text);
	return 0;
}
