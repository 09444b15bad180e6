/* SPDX-License-Identifier: BSD-2-Clause */
/* The report of the first week for programs. */
#include "report/first_week.h"

#include "base/clock.h"
#include "base/instant.h"
#include "base/json.h"
#include "report/samples.h"

static void write_instant(struct json *json, const char *key, bool known, int64_t us)
{
	char text[INSTANT_TEXT_BYTES];

	if (known)
		instant_format(us, text);
	json_string(json, key, known ? text : NULL);
}

/* null: no session has a time. */
static void write_dates(struct json *json, const struct week_days *days)
{
	char first[11], last[11];

	date_format(days->first, first);
	date_format(days->last, last);
	json_string(json, "first", days->bits != 0 ? first : NULL);
	json_string(json, "last", days->bits != 0 ? last : NULL);
}

/* A text that is made on the way; null when there is none. */
static void write_made(struct json *json, const char *key, const struct buf *text)
{
	json_string(json, key, text->length > 0 ? text->text : NULL);
	json->out->failed |= text->failed;
}

static void write_part(const struct first_week *week, const struct week_listener *listener, const struct week_part *part,
		       struct json *json)
{
	enum week_advice advice;
	struct buf why;

	buf_init(&why);
	advice = week_advise(week, listener, part, &why);
	json_open_object(json, NULL);
	json_string(json, part->is_rule ? "rule" : "check", part->name);
	json_number(json, "found", (int64_t)part->row->found);
	json_number(json, "alone", (int64_t)part->row->alone);
	json_number(json, "unknown", (int64_t)part->row->unknown);
	json_number(json, "candidates", (int64_t)part->row->candidates);
	json_string(json, "advice", week_advice_word(advice));
	write_made(json, "why", &why);
	json_close_object(json);
	buf_clear(&why);
}

static void write_listener(const struct first_week *week, const struct week_listener *listener, struct json *json)
{
	struct week_part part;
	struct buf edit;

	json_open_object(json, NULL);
	json_string(json, "listener", listener->listener->name);
	json_string(json, "mode", mode_word(listener->listener->mode));
	json_number(json, "line", listener->listener->line);
	json_number(json, "sessions", (int64_t)listener->sessions);
	json_number(json, "days", week_day_count(&listener->days));
	json_number(json, "refused", (int64_t)listener->refused);
	json_number(json, "possible", (int64_t)listener->possible);
	json_number(json, "undecidable", (int64_t)listener->undecidable);
	json_number(json, "held", (int64_t)listener->held);
	json_number(json, "listener_unsure", (int64_t)listener->unsure);
	json_open_array(json, "parts");
	for (size_t i = 0; week_part(listener, i, &part); i++)
		write_part(week, listener, &part, json);
	json_close_array(json);
	buf_init(&edit);
	if (week_has_file(week))
		week_edit(week, listener, &edit);
	write_made(json, "edit", &edit);
	buf_clear(&edit);
	json_close_object(json);
}

static void write_kept_out_by(const struct first_week *week, const struct week_client *client, struct json *json)
{
	const struct listener *listener = week->listeners[client->listener].listener;

	json_open_array(json, "checks");
	for (size_t id = 0; id < CHECK_COUNT; id++)
		if ((client->checks >> id) & 1)
			json_string(json, NULL, checks[id]->name);
	json_close_array(json);
	json_open_array(json, "rules");
	for (size_t i = 0; i < listener->rule_count; i++)
		if ((client->rules >> (i < WEEK_RULE_LAST ? i : WEEK_RULE_LAST)) & 1)
			json_string(json, NULL, listener->rules[i].name);
	json_close_array(json);
}

static void write_candidate(const struct first_week *week, const struct week_client *client, struct json *json)
{
	char address[IP_TEXT_BYTES];
	struct buf exemption;

	if (client->address.family != IP_NONE)
		ip_format(&client->address, address);
	json_open_object(json, NULL);
	json_string(json, "listener", week->listeners[client->listener].listener->name);
	json_string(json, "client", client->address.family != IP_NONE ? address : NULL);
	json_string(json, "client_name", client->name);
	json_string(json, "ehlo", client->greeting);
	json_string(json, "sender", client->sender);
	json_string(json, "id", client->id);
	json_number(json, "sessions", (int64_t)client->sessions);
	json_number(json, "days", week_day_count(&client->days));
	write_dates(json, &client->days);
	write_kept_out_by(week, client, json);
	json_open_array(json, "evidence");
	for (unsigned bit = EVIDENCE_FIRST; bit <= EVIDENCE_LAST; bit <<= 1)
		if (client->evidence & bit)
			json_string(json, NULL, evidence_word((enum evidence)bit));
	json_close_array(json);
	buf_init(&exemption);
	week_exemption(week, client, &exemption);
	write_made(json, "exemption", &exemption);
	buf_clear(&exemption);
	json_close_object(json);
}

/* true: a string held bytes that need latin1. */
static bool write_with(const struct first_week *week, bool latin1, struct buf *out)
{
	struct json json;
	struct buf commands;

	json_init(&json, out);
	json.latin1 = latin1;
	json_open_object(&json, NULL);
	json_string(&json, "schema", "ehlo-milter.first_week/1");
	if (latin1)
		json_string(&json, "enc", "latin1");
	json_bool(&json, "partial", week->partial);
	json_string(&json, "policy", week->policy->path);
	json_string(&json, "policy_sha256", week->policy->sha256);
	json_bool(&json, "enforce", week->policy->server.enforce);
	write_instant(&json, "first", week->timed, week->first_us);
	write_instant(&json, "last", week->timed, week->last_us);
	json_number(&json, "days", week_day_count(&week->days));
	json_number(&json, "sessions", (int64_t)week->sessions);
	json_number(&json, "ended_before_milter", (int64_t)week->before_milter);
	json_number(&json, "lines_missed", (int64_t)week->lines_missed);
	json_open_array(&json, "listeners");
	for (size_t i = 0; i < week->policy->listener_count; i++)
		write_listener(week, &week->listeners[i], &json);
	json_close_array(&json);
	json_number(&json, "clients_kept_out", (int64_t)week->client_count);
	json_bool(&json, "clients_sampled", week->bound > 0);
	json_number(&json, "candidate_count", (int64_t)week->candidate_count);
	json_open_array(&json, "candidates");
	for (size_t i = 0; i < week->candidate_count && i < WEEK_CANDIDATES_SHOWN; i++)
		write_candidate(week, week->candidates[i], &json);
	json_close_array(&json);
	buf_init(&commands);
	if (week_has_file(week))
		week_commands(week, &commands);
	write_made(&json, "commands", &commands);
	buf_clear(&commands);
	json_close_object(&json);
	buf_add_char(out, '\n');
	return json.lossy;
}

void week_json(const struct first_week *week, struct buf *out)
{
	size_t begin = out->length;

	if (write_with(week, false, out) && !out->failed) {
		out->length = begin;
		(void)write_with(week, true, out);
	}
}
