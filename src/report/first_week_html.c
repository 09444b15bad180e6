/* SPDX-License-Identifier: BSD-2-Clause */
/* The report of the first week as a page. */
#include "report/first_week.h"

#include "base/clock.h"
#include "report/html_part.h"
#include "report/samples.h"


static void add_head(const struct first_week *week, struct buf *out)
{
	char first[11], last[11];

	html_begin(out, "What the first week shows");
	buf_add(out, "<p>");
	html_number(out, week->sessions);
	buf_add(out, " sessions");
	if (week->timed) {
		date_format(date_of_us(week->first_us), first);
		date_format(date_of_us(week->last_us), last);
		buf_add(out, " on ");
		week_days_text(&week->days, out);
		buf_addf(out, ", %s to %s", first, last);
	}
	buf_add(out, "</p>\n</header>\n<main>\n");
	if (week->partial)
		buf_add(out, "<p class=\"warning\"><b>Interrupted:</b> only a part of the input is in these numbers.</p>\n");
}

static void add_cell(struct buf *out, uint64_t number)
{
	buf_add(out, "<td class=\"n\">");
	html_number(out, number);
	buf_add(out, "</td>");
}

static void add_parts(const struct first_week *week, const struct week_listener *listener, struct buf *out)
{
	static const char *const words[] = { [ADVICE_IN_FORCE] = "in force", [ADVICE_SAFE] = "safe to enforce",
					     [ADVICE_LOOK_FIRST] = "look first", [ADVICE_NOT_KNOWN] = "not known" };
	struct week_part part;
	struct buf why;

	buf_init(&why);
	html_table(out, "In how many sessions each would keep mail out; alone; could not tell; clients that look legitimate", "list");
	buf_add(out, "<thead><tr><th scope=\"col\">name</th><th scope=\"col\" class=\"n\">kept out</th>"
		     "<th scope=\"col\" class=\"n\">alone</th><th scope=\"col\" class=\"n\">could not tell</th>"
		     "<th scope=\"col\" class=\"n\">candidates</th><th scope=\"col\">safe to enforce now?</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; week_part(listener, i, &part); i++) {
		enum week_advice advice;

		why.length = 0;
		advice = week_advise(week, listener, &part, &why);
		buf_addf(out, "<tr><th scope=\"row\">%s ", part.is_rule ? "rule" : "check");
		html_text(out, part.name, HTML_VALUE_MAX);
		buf_add(out, "</th>");
		add_cell(out, part.row->found);
		add_cell(out, part.row->alone);
		add_cell(out, part.row->unknown);
		add_cell(out, part.row->candidates);
		buf_addf(out, "<td><b>%s</b>: ", words[advice]);
		html_text(out, why.text, 0);
		buf_add(out, "</td></tr>\n");
	}
	buf_add(out, "</tbody>");
	html_table_end(out);
	buf_clear(&why);
}

static void add_listener(const struct first_week *week, const struct week_listener *listener, struct buf *out)
{
	const struct html_piece pieces[] = { { "refused", listener->refused }, { "possible", listener->possible },
					     { "open", listener->undecidable }, { "held", listener->held } };

	buf_add(out, "<h3>Listener ");
	html_text(out, listener->listener->name, HTML_VALUE_MAX);
	buf_addf(out, ", mode %s</h3>\n<p>", mode_word(listener->listener->mode));
	html_number(out, listener->sessions);
	buf_add(out, " sessions on ");
	week_days_text(&listener->days, out);
	buf_add(out, ". Would have been refused: <b>");
	html_number(out, listener->refused);
	buf_add(out, "</b> (");
	html_share(out, listener->refused, listener->sessions);
	buf_add(out, "), perhaps ");
	html_number(out, listener->possible);
	buf_add(out, " more; undecidable ");
	html_number(out, listener->undecidable);
	buf_add(out, "; held back ");
	html_number(out, listener->held);
	buf_add(out, ".</p>\n<div class=\"verdict-bar\">");
	html_bar(out, pieces, sizeof pieces / sizeof pieces[0], listener->sessions);
	buf_add(out, "</div>\n");
	add_parts(week, listener, out);
}

static void add_listeners(const struct first_week *week, struct buf *out)
{
	html_section(out, "verdict", "What would have been refused, and by what");
	for (size_t i = 0; i < week->policy->listener_count; i++)
		if (week->listeners[i].sessions > 0)
			add_listener(week, &week->listeners[i], out);
	buf_add(out, "<p class=\"note\">");
	html_lines(out, week_rule_of_safety);
	buf_add(out, "</p>\n</section>\n");
}

static void add_candidate(const struct first_week *week, const struct week_client *client, struct buf *out)
{
	char address[IP_TEXT_BYTES];
	struct buf names;

	buf_init(&names);
	week_kept_out_by(week, client, &names);
	if (client->address.family != IP_NONE)
		ip_format(&client->address, address);
	buf_add(out, "<li>\n<p><b class=\"refused\">kept out</b> by <b>");
	html_text(out, names.text, 0);
	buf_add(out, "</b>");
	html_evidence(out, client->evidence);
	buf_add(out, "</p>\n<dl>\n");
	html_fact(out, "client", client->address.family != IP_NONE ? address : NULL);
	html_fact(out, "its name", client->name);
	html_fact(out, "EHLO", client->greeting);
	html_fact(out, "sender", client->sender);
	html_fact(out, "listener", week->listeners[client->listener].listener->name);
	html_fact(out, "session", client->id);
	buf_add(out, "<div><dt>seen</dt><dd>");
	html_number(out, client->sessions);
	buf_add(out, " sessions on ");
	week_days_text(&client->days, out);
	buf_add(out, "</dd></div>\n</dl>\n</li>\n");
	buf_clear(&names);
}

static size_t shown(const struct first_week *week)
{
	return week->candidate_count < WEEK_CANDIDATES_SHOWN ? week->candidate_count : WEEK_CANDIDATES_SHOWN;
}

static void add_candidates(const struct first_week *week, struct buf *out)
{
	html_section(out, "candidates", "Candidates for mistakes");
	buf_add(out, "<p>");
	html_number(out, week->candidate_count);
	buf_add(out, " of ");
	html_number(out, week->client_count);
	buf_add(out, " clients that would have been kept out look legitimate, by what their sessions show.</p>\n<p class=\"note\">");
	html_lines(out, week_rule_of_points);
	buf_add(out, "</p>\n");
	if (week->bound > 0)
		buf_add(out, "<p class=\"note\">Too many clients: only some were looked at, by chance.</p>\n");
	if (shown(week) > 0)
		buf_add(out, "<ol class=\"samples\">\n");
	for (size_t i = 0; i < shown(week); i++)
		add_candidate(week, week->candidates[i], out);
	if (shown(week) > 0)
		buf_add(out, "</ol>\n");
	if (week->candidate_count > shown(week))
		buf_addf(out, "<p class=\"note\">and %zu more</p>\n", week->candidate_count - shown(week));
	buf_add(out, "</section>\n");
}

/* Of the candidates that are shown. */
static void add_exemptions(const struct first_week *week, size_t number, struct buf *out)
{
	struct buf text;

	buf_init(&text);
	for (size_t i = 0; i < shown(week); i++)
		if (week->candidates[i]->listener == number)
			week_exemption(week, week->candidates[i], &text);
	if (text.length > 0) {
		buf_add(out, "<p>");
		week_exempt_place(&week->policy->listeners[number], out);
		buf_add(out, ":</p>\n<pre>    exempt:\n");
		html_lines(out, text.text);
		buf_add(out, "</pre>\n");
	}
	out->failed |= text.failed;
	buf_clear(&text);
}

static void add_pre(const char *text, struct buf *out)
{
	buf_add(out, "<pre>");
	html_lines(out, text);
	buf_add(out, "</pre>\n");
}

static void add_edits(const struct first_week *week, struct buf *out)
{
	struct buf text;

	html_section(out, "edits", "What to write into the policy");
	if (!week_has_file(week)) {
		buf_add(out, "<p>The built-in policy holds: write a policy file first, from <code>policy.yaml.example</code>.</p>\n"
			     "</section>\n");
		return;
	}
	if (week->candidate_count > 0)
		buf_add(out, "<p>Exemptions to paste, for those that are welcome:</p>\n");
	for (size_t i = 0; i < week->policy->listener_count; i++)
		add_exemptions(week, i, out);
	buf_init(&text);
	for (size_t i = 0; i < week->policy->listener_count; i++)
		week_edit(week, &week->listeners[i], &text);
	if (week_any_safe(week)) {
		buf_add(out, "<p>The edit that turns on what is safe:</p>\n");
		if (text.length > 0)
			add_pre(text.text, out);
		if (!week->policy->server.enforce)
			buf_add(out, "<p>and <code>enforce: false</code> of <code>server</code> out, which keeps all in mode "
				     "observe.</p>\n");
	} else {
		buf_add(out, "<p>Nothing can be turned on yet that is not.</p>\n");
	}
	out->failed |= text.failed;
	text.length = 0;
	week_commands(week, &text);
	buf_add(out, "<p>To see the effect before it acts, with edit and exemptions in the copy:</p>\n");
	add_pre(text.text, out);
	out->failed |= text.failed;
	buf_clear(&text);
	buf_add(out, "</section>\n");
}

void week_html(const struct first_week *week, struct buf *out)
{
	add_head(week, out);
	add_listeners(week, out);
	add_candidates(week, out);
	add_edits(week, out);
	buf_add(out, "</main>\n<footer>\n<dl>\n<div><dt>policy</dt><dd>");
	html_text(out, week->policy->path, 0);
	buf_addf(out, "</dd></div>\n<div><dt>its SHA-256</dt><dd>%s</dd></div>\n</dl>\n<p>All modes are judged as if they were "
		      "enforce, by the policy as it is now and the answers of DNS that the records hold.</p>\n", week->policy->sha256);
	html_end(out);
}
