/* SPDX-License-Identifier: BSD-2-Clause */
/* Summaries: what changes, and that parts add up to the same whatever the order and the grouping. */
#include "report/summary.h"

#include "tap.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof table / sizeof table[0])

/* --- changes --- */

#define SURE(a) { .known = true, .answer = ANSWER_##a }
#define BY(a, name) { .known = true, .answer = ANSWER_##a, .check = name }
#define MAYBE(a) { .known = true, .answer = ANSWER_##a, .certainty = CERTAINTY_POSSIBLE }
#define OPEN { .known = true, .answer = ANSWER_ACCEPT, .certainty = CERTAINTY_UNDECIDABLE }
#define NOTHING { .known = false }

static const struct {
	const char *label;
	struct judged_answer before, after;
	enum change change;
} changes[] = {
	{ "accepted still", SURE(ACCEPT), SURE(ACCEPT), CHANGE_SAME },
	{ "accepted, rejected", SURE(ACCEPT), SURE(REJECT), CHANGE_NEWLY_REJECTED },
	{ "accepted, tempfailed", SURE(ACCEPT), SURE(TEMPFAIL), CHANGE_NEWLY_REJECTED },
	{ "held, rejected", SURE(QUARANTINE), SURE(REJECT), CHANGE_NEWLY_REJECTED },
	{ "rejected, accepted", SURE(REJECT), SURE(ACCEPT), CHANGE_NEWLY_ACCEPTED },
	{ "rejected, held", SURE(REJECT), SURE(QUARANTINE), CHANGE_NEWLY_ACCEPTED },
	{ "later, never", SURE(TEMPFAIL), SURE(REJECT), CHANGE_HARDENED },
	{ "never, later", SURE(REJECT), SURE(TEMPFAIL), CHANGE_SOFTENED },
	{ "accepted, held", SURE(ACCEPT), SURE(QUARANTINE), CHANGE_HARDENED },
	{ "held, accepted", SURE(QUARANTINE), SURE(ACCEPT), CHANGE_SOFTENED },
	{ "for another reason", BY(REJECT, "iprev"), BY(REJECT, "ehlo_fqdn"), CHANGE_REASON },
	{ "for the same reason", BY(REJECT, "iprev"), BY(REJECT, "iprev"), CHANGE_SAME },
	{ "the MTA's reason is none of ours", SURE(REJECT), BY(REJECT, "iprev"), CHANGE_SAME },
	{ "accepted, perhaps rejected", SURE(ACCEPT), MAYBE(REJECT), CHANGE_MAYBE_NEWLY_REJECTED },
	{ "accepted, open", SURE(ACCEPT), OPEN, CHANGE_MAYBE_NEWLY_REJECTED },
	{ "rejected, open", SURE(REJECT), OPEN, CHANGE_MAYBE_NEWLY_ACCEPTED },
	{ "rejected, perhaps rejected", SURE(REJECT), MAYBE(REJECT), CHANGE_MAYBE_NEWLY_ACCEPTED },
	{ "open, rejected", OPEN, SURE(REJECT), CHANGE_MAYBE_NEWLY_REJECTED },
	{ "open, accepted", OPEN, SURE(ACCEPT), CHANGE_MAYBE_NEWLY_ACCEPTED },
	{ "open still", OPEN, OPEN, CHANGE_SAME },
	{ "perhaps rejected still", MAYBE(REJECT), MAYBE(REJECT), CHANGE_SAME },
	{ "perhaps rejected, open", MAYBE(REJECT), OPEN, CHANGE_MAYBE_NEWLY_REJECTED },
	{ "not known, rejected", NOTHING, SURE(REJECT), CHANGE_UNKNOWN },
	{ "not known, accepted", NOTHING, SURE(ACCEPT), CHANGE_UNKNOWN },
};

static void test_changes(void)
{
	for (size_t i = 0; i < COUNT(changes); i++) {
		const struct judged_tx tx = { .before = changes[i].before, .after = changes[i].after };
		enum change change = judged_change(&tx), again;

		ok(change == changes[i].change && change_from_word(change_word(change), &again) && again == change, "%s: %s",
		   changes[i].label, change_word(change));
	}
}

static void test_doubts(void)
{
	struct judged_tx tx = { .before = OPEN, .after = OPEN, .doubts = DOUBTS_FEWER };
	enum doubts again;

	ok(judged_change(&tx) == CHANGE_MAYBE_NEWLY_ACCEPTED, "open for less than before");
	tx.doubts = DOUBTS_OTHER;
	ok(judged_change(&tx) == CHANGE_MAYBE_NEWLY_REJECTED, "open for something else than before");
	tx.before = tx.after = (struct judged_answer)MAYBE(REJECT);
	ok(judged_change(&tx) == CHANGE_MAYBE_NEWLY_REJECTED, "perhaps rejected, by other exemptions than before");
	ok(doubts_from_word(doubts_word(DOUBTS_OTHER), &again) && again == DOUBTS_OTHER, "the word of it");
}

/* --- sessions by chance --- */

static uint64_t chance_state = 88172645463325252u;

static unsigned chance(unsigned below)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (unsigned)(chance_state % below);
}

/* All that a session needs, in one place. */
struct made {
	struct record record;
	struct record_helo helo;
	struct record_tx tx;
	struct judged_finding finding;
	struct judged_tx judged;
	struct judged_session session;
	char id[20], name[40], sender[60];
};

static struct judged_answer answer_by_chance(void)
{
	struct judged_answer answer = { .known = chance(10) > 0, .answer = (enum answer)chance(4) };

	if (chance(4) == 0)
		answer.certainty = answer.answer > ANSWER_QUARANTINE ? CERTAINTY_POSSIBLE : CERTAINTY_UNDECIDABLE;
	if (answer.answer > ANSWER_QUARANTINE)
		answer.check = chance(2) ? "ehlo_fqdn" : "iprev";
	answer.reply = "550 5.7.1 no";
	return answer;
}

static void make(struct made *made, unsigned number, unsigned names)
{
	memset(made, 0, sizeof *made);
	(void)snprintf(made->id, sizeof made->id, "id%08u", number);
	(void)snprintf(made->name, sizeof made->name, "%s%u.example", chance(50) ? "host" : "b\xff", chance(names));
	(void)snprintf(made->sender, sizeof made->sender, "joe@d%u.example", chance(names));
	made->helo = (struct record_helo){ .verb = chance(5) ? VERB_EHLO : VERB_HELO, .name = text_known(made->name) };
	made->tx = (struct record_tx){ .sender = text_known(made->sender), .delivered = flag_known(chance(2)) };
	made->record = (struct record){
		.id = chance(8) ? text_known(made->id) : text_none(), .source = SOURCE_POSTFIX_LOG, .helo_presence = PRESENCE_KNOWN, .helo_count = 1,
		.helo = &made->helo, .tx_presence = PRESENCE_KNOWN, .tx_count = 1, .tx = &made->tx,
	};
	if (chance(20))
		made->record.start_us = micros_known((INT64_C(20000) + chance(40)) * US_PER_DAY + chance(86400) * US_PER_SECOND);
	if (chance(20)) {
		char address[20];

		(void)snprintf(address, sizeof address, "192.0.%u.%u", chance(names) % 250, chance(250));
		made->record.client_address.presence = PRESENCE_KNOWN;
		(void)ip_parse(address, &made->record.client_address.value);
	}
	made->record.client_name = chance(2) ? text_known(made->name) : text_none();
	made->finding = (struct judged_finding){ .check = CHECK_EHLO_FQDN, .result = RESULT_FAIL, .answer = ANSWER_REJECT,
						 .unknown = chance(3) == 0, .alone = chance(2) };
	made->judged = (struct judged_tx){ .listener = chance(2) ? "mx" : "submission", .findings = &made->finding, .finding_count = 1 };
	made->judged.before = answer_by_chance();
	made->judged.after = answer_by_chance();
	made->session = (struct judged_session){ .record = &made->record, .txs = &made->judged, .tx_count = 1 };
}

#define SESSIONS 3000
#define PARTS 7

static const struct summary_meta meta = { .before = "log", .after = "0123456789abcdef", .dns = "none" };

static struct made *made;

static void written(struct summary *summary, struct buf *out)
{
	summary_settle(summary);
	buf_init(out);
	summary_write(summary, true, out);
}

/* What a part of a log with that session may hold besides. */
static void add_lines(struct summary *summary, unsigned number)
{
	struct logs_stats stats = { .bytes = number, .lines = number % 7, .missed = number % 3 == 0 };
	char line[40];

	(void)snprintf(line, sizeof line, "line %u%s", number / 9, number % 9 ? "" : "\xff");
	if (stats.missed)
		line_samples_add(&stats.missed_lines, line, strlen(line));
	summary_add_logs(summary, &stats);
}

/* Sessions whose number is part, modulo parts, the last first when backwards. */
static void summarise(struct summary *summary, unsigned part, unsigned parts, bool backwards)
{
	summary_init(summary, &meta);
	for (unsigned i = 0; i < SESSIONS; i++) {
		unsigned number = backwards ? SESSIONS - 1 - i : i;

		if (number % parts != part)
			continue;
		if (summary_add(summary, &made[number].session))
			summary_add_sample(summary, &made[number].session);
		add_lines(summary, number);
	}
}

/* Merges parts in the order of places. */
static void merge_all(const unsigned places[PARTS], struct buf *out)
{
	struct summary whole, part;
	const char *error;

	summary_init(&whole, &meta);
	for (unsigned i = 0; i < PARTS; i++) {
		summarise(&part, places[i], PARTS, false);
		if (!summary_merge(&whole, &part, &error))
			whole.failed = true;
		summary_clear(&part);
	}
	written(&whole, out);
	summary_clear(&whole);
}

/* (a + b) + (c + d) against ((a + b) + c) + d. */
static void merge_grouped(struct buf *out)
{
	struct summary halves[2], part;
	const char *error;

	for (unsigned half = 0; half < 2; half++) {
		summary_init(&halves[half], &meta);
		for (unsigned i = half; i < PARTS; i += 2) {
			summarise(&part, i, PARTS, true);
			(void)summary_merge(&halves[half], &part, &error);
			summary_clear(&part);
		}
	}
	(void)summary_merge(&halves[1], &halves[0], &error);
	written(&halves[1], out);
	summary_clear(&halves[0]);
	summary_clear(&halves[1]);
}

static bool same(const struct buf *a, const struct buf *b)
{
	return !a->failed && !b->failed && a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static void test_laws(unsigned names, const char *label)
{
	static const unsigned orders[][PARTS] = { { 0, 1, 2, 3, 4, 5, 6 }, { 6, 5, 4, 3, 2, 1, 0 }, { 3, 0, 6, 2, 5, 1, 4 } };
	struct summary summary;
	struct buf whole, other;

	for (unsigned i = 0; i < SESSIONS; i++)
		make(&made[i], i, names);
	summarise(&summary, 0, 1, false);
	written(&summary, &whole);
	ok(!summary.failed && summary.totals[TOTAL_SESSIONS] == SESSIONS, "%s: a summary", label);
	summary_clear(&summary);
	summarise(&summary, 0, 1, true);
	written(&summary, &other);
	ok(same(&whole, &other), "%s: the order of sessions does not matter", label);
	summary_clear(&summary);
	buf_clear(&other);
	for (size_t i = 0; i < COUNT(orders); i++) {
		merge_all(orders[i], &other);
		ok(same(&whole, &other), "%s: nor does that of %d parts (%zu)", label, PARTS, i);
		buf_clear(&other);
	}
	merge_grouped(&other);
	ok(same(&whole, &other), "%s: nor how they are grouped", label);
	buf_clear(&other);
	ok(!summary_read(whole.text, whole.length, &summary), "%s: it can be read", label);
	written(&summary, &other);
	ok(same(&whole, &other), "%s: and is the same then", label);
	summary_clear(&summary);
	buf_clear(&other);
	buf_clear(&whole);
}

/* --- lists that are full --- */

static void test_tally(void)
{
	const uint64_t one[TALLY_COLUMNS] = { 1, 0, 0, 0 };
	const struct tally_entry **a, **b, *top[3];
	struct tally forward, backward, part;
	char name[400];
	bool good = true;

	tally_init(&forward, 100);
	tally_init(&backward, 100);
	tally_init(&part, 100);
	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(name, sizeof name, "n%u", i % 1000);
		good = good && tally_add(&forward, name, one);
		(void)snprintf(name, sizeof name, "n%u", 999 - i % 1000);
		good = good && tally_add(i < 7000 ? &part : &backward, name, one);
	}
	good = good && tally_merge(&backward, &part) && tally_settle(&forward) && tally_settle(&backward);
	a = tally_all(&forward);
	b = tally_all(&backward);
	good = good && a && b && forward.count == 100 && backward.count == 100 && forward.bound == backward.bound;
	for (size_t i = 0; good && i < forward.count; i++)
		good = !strcmp(a[i]->name, b[i]->name) && a[i]->counts[0] == 20 && b[i]->counts[0] == 20;
	ok(good, "of 1000 names the same 100 are kept, their counts exact");
	ok(tally_share(&forward) > 0.05 && tally_share(&forward) < 0.2, "one in ten: %.3f", tally_share(&forward));
	ok(tally_top(&forward, top, 3) == 3 && top[0] == a[0] && top[1] == a[1] && top[2] == a[2], "equal ones come by name");
	good = good && tally_add(&forward, a[50]->name, one) && tally_add(&forward, a[70]->name, one) &&
	       tally_add(&forward, a[70]->name, one);
	ok(good && tally_top(&forward, top, 3) == 3 && top[0] == a[70] && top[1] == a[50] && top[2] == a[0],
	   "and behind those that come more often");
	free(a);
	free(b);
	tally_clear(&part);
	ok(tally_top(&part, top, 3) == 0, "of nothing there is none");
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (size_t i = 0; i < sizeof name - TALLY_NAME_MAX; i++)
		good = good && tally_add(&part, name + i, one);
	ok(good && part.count == 1 && part.capacity > 0, "names longer than any name are counted by their begin");
	for (size_t i = 0; i < part.capacity; i++)
		ok(!part.entries[i].name || strlen(part.entries[i].name) == TALLY_NAME_MAX, "and kept so");
	tally_clear(&forward);
	tally_clear(&backward);
	tally_clear(&part);
}

/* --- conditions, text, errors --- */

static const struct {
	const char *condition;
	int holds;		/* -1: an error */
} conditions[] = {
	{ "newly_rejected>0", 1 }, { "newly_rejected>1", 0 }, { "newly_rejected>=1", 1 }, { "newly_rejected==1", 1 },
	{ "newly_rejected!=1", 0 }, { "newly_rejected<1", 0 }, { "newly_rejected<=1", 1 }, { "newly_rejected_delivered>0", 1 },
	{ "undecidable>5%", 0 }, { "rejected>=100%", 1 }, { "rejected>99.9%", 1 }, { "sessions>1.5", 0 },
	{ "newly_rejected", -1 }, { "newly_rejected>", -1 }, { "newly_rejected>x", -1 }, { "newly_rejected=>0", -1 },
	{ "newly>0", -1 }, { "", -1 }, { "newly_rejected>5%%", -1 },
};

/* Of a thousand sessions each is a tenth of a percent. */
static void test_shares(void)
{
	static struct summary summary;
	char condition[40];
	const char *error;
	bool holds, good = true;

	summary_init(&summary, &meta);
	summary.totals[TOTAL_SESSIONS] = 1000;
	for (unsigned i = 0; i <= 1000; i++) {
		summary.totals[TOTAL_REJECTED] = i;
		(void)snprintf(condition, sizeof condition, "rejected==%u.%u%%", i / 10, i % 10);
		good = good && summary_condition(&summary, condition, &holds, &error) && holds;
	}
	ok(good, "a share that is met is met exactly");
	summary_clear(&summary);
}

static void test_one(void)
{
	struct summary summary, other;
	struct summary_meta different = meta;
	struct made one;
	struct buf out;
	const char *error;
	bool holds, wide = false;

	make(&one, 1, 10);
	one.helo.name = text_known("evil\x1b[2J<b>\xff");
	one.tx.delivered = flag_known(true);
	/* All evidence that there can be, behind the longest name. */
	one.record.client_name = one.helo.name;
	one.record.sasl_username = text_known("joe");
	one.record.tls_presence = PRESENCE_KNOWN;
	one.judged.before = (struct judged_answer)SURE(ACCEPT);
	one.judged.after = (struct judged_answer)BY(REJECT, "ehlo_matches_client_by_hand");
	summary_init(&summary, &meta);
	if (summary_add(&summary, &one.session))
		summary_add_sample(&summary, &one.session);
	summary_settle(&summary);
	for (size_t i = 0; i < COUNT(conditions); i++) {
		bool good = summary_condition(&summary, conditions[i].condition, &holds, &error);

		ok(conditions[i].holds < 0 ? !good : good && holds == conditions[i].holds, "condition '%s'", conditions[i].condition);
	}
	buf_init(&out);
	summary_print(&summary, &out);
	ok(!strchr(out.text, '\x1b') && strstr(out.text, "evil\\x1b[2J<b>\\xff") && strstr(out.text, "at least 1, at most 1"),
	   "text: hostile names are escaped");
	for (const char *line = out.text; *line != '\0'; line += strcspn(line, "\n") + 1)
		wide |= strcspn(line, "\n") > 80;
	ok(!wide, "text: no line is wider than 80");
	buf_clear(&out);
	summary_html(&summary, &out);
	ok(!strchr(out.text, '\x1b') && strstr(out.text, "evil\\x1b[2J&lt;b&gt;\\xff"), "page: so they are there");
	buf_clear(&out);
	summary_write(&summary, false, &out);
	ok(summary_read(out.text, out.length, &other) != NULL, "a report is no whole summary");
	buf_clear(&out);
	different.after[0] = '9';
	summary_init(&other, &different);
	ok(!summary_merge(&summary, &other, &error), "summaries of different policies are not merged: %s", error);
	summary_clear(&other);
	summary_clear(&summary);
}

static const char *const bad_summaries[] = {
	"", "{}", "[]", "{\"whole\":true", "{\"whole\":true,\"totals\":{\"sessions\":-1}}", "{\"whole\":true,\"hours\":[]}",
	"{\"whole\":true,\"names\":{\"rows\":[{}]}}", "{\"whole\":true,\"names\":{\"sampled_below\":\"x\"}}",
	"{\"whole\":true,\"samples\":[{\"change\":\"x\"}]}", "{\"whole\":true,\"before\":\"01234567890123456789012345678901234567890123456789012345678901234\"}",
	"{\"whole\":true,\"first\":\"x\"}",
};

static void test_bad(void)
{
	struct summary summary;

	for (size_t i = 0; i < COUNT(bad_summaries); i++)
		ok(summary_read(bad_summaries[i], strlen(bad_summaries[i]), &summary) != NULL, "bad summary %zu", i);
}

int main(void)
{
	made = calloc(SESSIONS, sizeof *made);
	if (!made)
		return 1;
	test_changes();
	test_doubts();
	test_laws(20, "few names");
	test_laws(100000, "many names");
	test_tally();
	test_shares();
	test_one();
	test_bad();
	free(made);
	return tap_done();
}
