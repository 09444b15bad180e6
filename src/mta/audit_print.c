/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints an audit: asked, found, verdict, and what would mend it. */
#include "mta/audit.h"

#include "base/json.h"

#include <string.h>

#define TEXT_MAX 160

const char *audit_verdict_word(enum audit_verdict verdict)
{
	static const char *const words[] = {
		[AUDIT_OK] = "ok",
		[AUDIT_FINDING] = "finding",
		[AUDIT_IMPOSSIBLE] = "not possible here",
		[AUDIT_UNSEEN] = "not seen",
		[AUDIT_OPEN] = "open",
	};

	return words[verdict];
}

static const char *mta_name(enum mta mta)
{
	const char *word = mta_word(mta);

	return word ? word : "other";
}

static void add_label(struct buf *out, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	buf_addf(out, "    %-9s ", label);
	buf_add_escaped(out, text, "", TEXT_MAX * 3);
	buf_add_char(out, '\n');
}

static void add_point(struct buf *out, const struct audit_point *point, const struct audit_request *request)
{
	buf_addf(out, "%-17s %s\n", audit_verdict_word(point->verdict), point->name);
	add_label(out, "asked", point->asked);
	if (point->verdict != AUDIT_OK)
		add_label(out, "expected", point->expected);
	add_label(out, "found", point->found);
	add_label(out, "", point->text);
	if (!point->mend)
		return;
	add_label(out, "mend", point->mend);
	if (point->line > 0) {
		buf_add(out, "    policy    ");
		buf_add_escaped(out, request->policy->path, "", 0);
		buf_addf(out, ":%u\n", point->line);
	}
}

void audit_text(const struct audit_report *report, const struct audit_request *request, struct buf *out)
{
	char client[IP_TEXT_BYTES];

	ip_format(&report->client, client);
	buf_addf(out, "listener %s at ", request->listener->name);
	buf_add_escaped(out, request->target, "", 0);
	buf_addf(out, ": %s, asked from %s%s%s\n", mta_name(report->mta), client, report->tls ? ", " : "",
		 report->tls ? report->tls : "");
	if (report->exempt)
		buf_addf(out, "The policy exempts this address (%s): what it refuses cannot be seen from here; "
			 "use --bind or --xclient.\n", report->exempt);
	for (const struct audit_point *point = report->points; point; point = point->next)
		add_point(out, point, request);
	buf_addf(out, "%zu findings, %zu open, %u commands\n", report->finding_count, report->open_count,
		 report->command_count);
}

static void add_json_point(struct json *json, const struct audit_point *point)
{
	json_open_object(json, NULL);
	json_string(json, "point", point->name);
	json_string(json, "asked", point->asked);
	json_string(json, "expected", point->expected[0] != '\0' ? point->expected : NULL);
	json_string(json, "found", point->found);
	json_string(json, "verdict", audit_verdict_word(point->verdict));
	json_string(json, "text", point->text);
	json_string(json, "mend", point->mend);
	if (point->line > 0)
		json_number(json, "line", point->line);
	else
		json_null(json, "line");
	json_close_object(json);
}

void audit_json(const struct audit_report *report, const struct audit_request *request, struct buf *out)
{
	char client[IP_TEXT_BYTES];
	struct json json;

	ip_format(&report->client, client);
	json_init(&json, out);
	json_open_object(&json, NULL);
	json_string(&json, "target", request->target);
	json_string(&json, "listener", request->listener->name);
	json_string(&json, "policy_sha256", request->policy->sha256);
	json_string(&json, "mta", mta_name(report->mta));
	json_string(&json, "client", client);
	json_string(&json, "exempt", report->exempt);
	json_string(&json, "tls", report->tls);
	json_open_array(&json, "points");
	for (const struct audit_point *point = report->points; point; point = point->next)
		add_json_point(&json, point);
	json_close_array(&json);
	json_number(&json, "findings", (int64_t)report->finding_count);
	json_number(&json, "open", (int64_t)report->open_count);
	json_number(&json, "commands", report->command_count);
	json_close_object(&json);
	buf_add_char(out, '\n');
}
