/* SPDX-License-Identifier: BSD-2-Clause */
/* What the figures of a first week say of each check, and the exemptions and commands to come. */
#include "report/first_week.h"

#include "base/clock.h"
#include "report/samples.h"

#include <string.h>

#define EXEMPTION_DAYS 90

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

const char week_rule_of_safety[] =
	"A check is called safe when its listener had at least " TEXT(WEEK_SESSIONS_LEAST) " sessions on at\n"
	"least " TEXT(WEEK_DAYS_LEAST) " days, it could not tell in at most one of " TEXT(WEEK_UNDECIDABLE_ONE_IN) " of them, and no\n"
	"client that it would keep out looks legitimate. A client that comes once a\n"
	"month has not been seen.\n";

/* --- the checks and rules that keep mail out --- */

static bool keeps_out(const struct check_settings *settings)
{
	for (int result = 0; result < RESULT_COUNT; result++)
		if (settings->actions[result] >= ACTION_QUARANTINE)
			return true;
	return false;
}

bool week_part(const struct week_listener *week, size_t number, struct week_part *part_r)
{
	const struct listener *listener = week->listener;

	for (size_t id = 0; id < CHECK_COUNT; id++) {
		const struct check_settings *settings = &listener->checks[id];

		if (settings->off || !keeps_out(settings) || number-- > 0)
			continue;
		*part_r = (struct week_part){ .name = checks[id]->name, .row = &week->checks[id], .rollout = &settings->rollout,
					      .settings = settings, .check = (enum check_id)id };
		return true;
	}
	for (size_t i = 0; i < listener->rule_count; i++) {
		const struct rule *rule = &listener->rules[i];

		if (rule->action < ACTION_QUARANTINE || number-- > 0)
			continue;
		*part_r = (struct week_part){ .name = rule->name, .is_rule = true, .row = &week->rules[i],
					      .rollout = &rule->rollout, .rule = rule };
		return true;
	}
	return false;
}

/* --- what the figures say --- */

const char *week_advice_word(enum week_advice advice)
{
	switch (advice) {
	case ADVICE_IN_FORCE: return "in_force";
	case ADVICE_SAFE: return "safe";
	case ADVICE_LOOK_FIRST: return "look_first";
	case ADVICE_NOT_KNOWN: return "not_known";
	}
	return "";
}

static bool in_force(const struct first_week *week, const struct listener *listener, const struct rollout *rollout)
{
	enum mode mode = rollout->mode == MODE_INHERIT ? listener->mode : rollout->mode;

	return week->policy->server.enforce && mode == MODE_ENFORCE && rollout->enforce_percent == 100;
}

/* Why nothing can be said; false: there is no reason. */
static bool is_open(const struct first_week *week, const struct week_listener *listener, const struct week_row *row,
		    struct buf *why)
{
	if (week->partial)
		buf_add(why, "interrupted: not all sessions were looked at");
	else if (listener->sessions < WEEK_SESSIONS_LEAST)
		buf_addf(why, "too few sessions: %llu, of at least %d", (unsigned long long)listener->sessions,
			 WEEK_SESSIONS_LEAST);
	else if (week_day_count(&listener->days) < WEEK_DAYS_LEAST)
		buf_addf(why, "too few days: %u, of at least %d", week_day_count(&listener->days), WEEK_DAYS_LEAST);
	else if (row->unknown * WEEK_UNDECIDABLE_ONE_IN > listener->sessions)
		buf_addf(why, "it could not tell in %llu of %llu sessions", (unsigned long long)row->unknown,
			 (unsigned long long)listener->sessions);
	else if (listener->unsure * WEEK_UNDECIDABLE_ONE_IN > listener->sessions)
		buf_addf(why, "%llu of %llu sessions may belong to another listener",
			 (unsigned long long)listener->unsure, (unsigned long long)listener->sessions);
	else if (week->bound > 0)
		buf_add(why, "there were too many clients to look at each");
	else
		return false;
	return true;
}

enum week_advice week_advise(const struct first_week *week, const struct week_listener *listener,
			     const struct week_part *part, struct buf *why)
{
	const struct week_row *row = part->row;

	if (in_force(week, listener->listener, part->rollout)) {
		buf_addf(why, "in mode enforce already; in %llu sessions it kept mail out",
			 (unsigned long long)row->found);
		return ADVICE_IN_FORCE;
	}
	if (row->candidates > 0) {
		buf_addf(why, "%llu client%s that it would keep out look%s legitimate",
			 (unsigned long long)row->candidates, row->candidates == 1 ? "" : "s", row->candidates == 1 ? "s" : "");
		return ADVICE_LOOK_FIRST;
	}
	if (is_open(week, listener, row, why))
		return ADVICE_NOT_KNOWN;
	buf_addf(why, "of %llu sessions on ", (unsigned long long)listener->sessions);
	week_days_text(&listener->days, why);
	buf_add(why, " it would keep out ");
	if (row->found > 0)
		buf_addf(why, "%llu, no client of which looks legitimate", (unsigned long long)row->found);
	else
		buf_add(why, "none");
	return ADVICE_SAFE;
}

/* --- exemptions --- */

static bool has_condition(const struct week_client *client)
{
	return !client->redacted && (client->address.family != IP_NONE || client->helo);
}

static void add_condition(const struct week_client *client, struct buf *out)
{
	char address[IP_TEXT_BYTES];

	if (client->address.family != IP_NONE) {
		ip_format(&client->address, address);
		buf_addf(out, "client == %s", address);
	}
	if (client->address.family != IP_NONE && client->helo)
		buf_add(out, " and ");
	if (client->helo)
		buf_addf(out, "ehlo == '%s'", client->helo);
}

/* prefix: before the name of a rule. */
static void add_names(const struct first_week *week, const struct week_client *client, const char *prefix, struct buf *out)
{
	const struct listener *listener = week->listeners[client->listener].listener;
	const char *before = "";

	for (size_t id = 0; id < CHECK_COUNT; id++) {
		if (!((client->checks >> id) & 1))
			continue;
		buf_addf(out, "%s%s", before, checks[id]->name);
		before = ", ";
	}
	for (size_t i = 0; i < listener->rule_count && i < WEEK_RULE_LAST; i++) {
		if (!((client->rules >> i) & 1))
			continue;
		buf_addf(out, "%s%s%s", before, prefix, listener->rules[i].name);
		before = ", ";
	}
	if (client->rules >> WEEK_RULE_LAST)
		buf_addf(out, "%sother rules", before);
}

void week_kept_out_by(const struct first_week *week, const struct week_client *client, struct buf *out)
{
	add_names(week, client, "rule ", out);
}

static void add_reason(const struct week_client *client, struct buf *out)
{
	buf_addf(out, "first week: %llu session%s", (unsigned long long)client->sessions, client->sessions == 1 ? "" : "s");
	if (client->days.bits != 0) {
		buf_add(out, " on ");
		week_days_text(&client->days, out);
	}
	for (unsigned bit = EVIDENCE_FIRST; bit <= EVIDENCE_LAST; bit <<= 1)
		if (client->evidence & bit)
			buf_addf(out, ", %s", evidence_word((enum evidence)bit));
}

/* From the last day of all records on, so that it does not hang on when the report is written. */
static void add_until(const struct first_week *week, struct buf *out)
{
	int32_t until = date_of_us(week->last_us) + EXEMPTION_DAYS;
	char date[11];

	if (!week->timed)
		return;
	date_format(until < DATE_LAST ? until : DATE_LAST, date);
	buf_addf(out, "        until: %s\n", date);
}

static void add_yaml(struct buf *out, const char *key, void (*add)(const struct week_client *, struct buf *),
		     const struct week_client *client)
{
	struct buf text;

	buf_init(&text);
	add(client, &text);
	buf_add(out, key);
	buf_add_yaml(out, text.failed ? "" : text.text);
	buf_add_char(out, '\n');
	out->failed |= text.failed;
	buf_clear(&text);
}

void week_exemption(const struct first_week *week, const struct week_client *client, struct buf *out)
{
	if (!has_condition(client))
		return;
	add_yaml(out, "      - if: ", add_condition, client);
	if (!(client->rules >> WEEK_RULE_LAST)) {
		buf_add(out, "        skip: [");
		add_names(week, client, "", out);
		buf_add(out, "]\n");
	}
	add_yaml(out, "        reason: ", add_reason, client);
	add_until(week, out);
}

void week_place(const struct listener *listener, unsigned line, struct buf *out)
{
	buf_addf(out, "line %u, listener %s", line, listener->name);
}

void week_exempt_place(const struct listener *listener, struct buf *out)
{
	week_place(listener, listener->exempt_line > 0 ? listener->exempt_line : listener->line, out);
	buf_add(out, listener->exempt_line > 0 ? ", below its key exempt" : ", with a key exempt that is new");
}

/* --- the commands to come --- */

/* A word of a shell, in quotes where it must be. */
static void add_word(struct buf *out, const char *word)
{
	if (word[0] != '\0' && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%") == strlen(word)) {
		buf_add(out, word);
		return;
	}
	buf_add_char(out, '\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			buf_add(out, "'\\''");
		else
			buf_add_char(out, *word);
	}
	buf_add_char(out, '\'');
}

bool week_has_file(const struct first_week *week)
{
	return week->policy->path[0] == '/' || strcmp(week->policy->path, "(built-in)") != 0;
}

/* Beside the policy: names of files in it are relative to its folder. */
void week_commands(const struct first_week *week, struct buf *out)
{
	struct buf next;

	buf_init(&next);
	buf_addf(&next, "%s.new", week->policy->path);
	buf_add(out, "cp ");
	add_word(out, week->policy->path);
	buf_add_char(out, ' ');
	add_word(out, next.text);
	buf_add(out, "\nehlo-milter check -c ");
	add_word(out, next.text);
	buf_add(out, "\nehlo-milter replay -c ");
	add_word(out, week->policy->path);
	buf_add(out, " --new ");
	add_word(out, next.text);
	buf_addf(out, " %s\nmv ", week->journal);
	add_word(out, next.text);
	buf_add_char(out, ' ');
	add_word(out, week->policy->path);
	buf_add(out, "\nehlo-milter reload -c ");
	add_word(out, week->policy->path);
	buf_add_char(out, '\n');
	out->failed |= next.failed;
	buf_clear(&next);
}

void week_journal_word(struct buf *out, const char *path, bool all)
{
	if (out->length > 0)
		buf_add_char(out, ' ');
	add_word(out, path);
	if (all)
		buf_add_char(out, '*');
}
