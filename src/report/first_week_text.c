/* SPDX-License-Identifier: BSD-2-Clause */
/* The report of the first week for people: 80 columns. */
#include "report/first_week.h"

#include "base/clock.h"
#include "report/samples.h"

#include <string.h>

static void add_share(struct buf *out, uint64_t part, uint64_t whole)
{
	uint64_t mille = whole > 0 ? (part * 1000 + whole / 2) / whole : 0;

	buf_addf(out, "%llu (%llu.%llu %%)", (unsigned long long)part, (unsigned long long)(mille / 10),
		 (unsigned long long)(mille % 10));
}

/* Lines behind an indent. */
static void add_indented(const char *text, struct buf *out)
{
	for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
		buf_add(out, "  ");
		buf_add_bytes(out, text, strcspn(text, "\n"));
		buf_add_char(out, '\n');
	}
}

static void add_head(const struct first_week *week, struct buf *out)
{
	char first[11], last[11];

	if (week->partial)
		buf_add(out, "INTERRUPTED: only a part of the input is in these numbers\n\n");
	buf_addf(out, "%llu sessions", (unsigned long long)week->sessions);
	if (week->timed) {
		date_format(date_of_us(week->first_us), first);
		date_format(date_of_us(week->last_us), last);
		buf_add(out, " on ");
		week_days_text(&week->days, out);
		buf_addf(out, ", %s to %s", first, last);
	}
	buf_add(out, "\njudged by ");
	buf_add_escaped(out, week->policy->path, "", 50);
	buf_addf(out, ", sha256 %.16s\nas if every mode were enforce\n", week->policy->sha256);
	if (week->before_milter > 0)
		buf_addf(out, "%llu more ended in postscreen, before any milter\n",
			 (unsigned long long)week->before_milter);
	if (week->lines_missed > 0)
		buf_addf(out, "%llu lines were no session records, and are not in these numbers\n",
			 (unsigned long long)week->lines_missed);
}

static void add_listener(const struct week_listener *listener, struct buf *out)
{
	struct week_part part;

	buf_addf(out, "\nListener %s, mode %s: %llu sessions on ", listener->listener->name,
		 mode_word(listener->listener->mode), (unsigned long long)listener->sessions);
	week_days_text(&listener->days, out);
	buf_add(out, "\n  would have been refused: ");
	add_share(out, listener->refused, listener->sessions);
	if (listener->possible > 0)
		buf_addf(out, ", perhaps %llu more", (unsigned long long)listener->possible);
	if (listener->undecidable > 0)
		buf_addf(out, ", undecidable %llu", (unsigned long long)listener->undecidable);
	if (listener->held > 0)
		buf_addf(out, ", held back %llu", (unsigned long long)listener->held);
	buf_addf(out, "\n  %-28s%12s%12s%12s%12s\n", "", "kept out", "alone", "can't tell", "candidates");
	for (size_t i = 0; week_part(listener, i, &part); i++) {
		buf_addf(out, "  %-6s", part.is_rule ? "rule" : "check");
		buf_addf(out, "%-22.21s%12llu%12llu%12llu%12llu\n", part.name, (unsigned long long)part.row->found,
			 (unsigned long long)part.row->alone, (unsigned long long)part.row->unknown,
			 (unsigned long long)part.row->candidates);
	}
}

static void add_evidence(const struct week_client *client, struct buf *out)
{
	const char *before = "";

	for (unsigned bit = EVIDENCE_FIRST; bit <= EVIDENCE_LAST; bit <<= 1) {
		if (!(client->evidence & bit))
			continue;
		buf_addf(out, "%s%s", before, evidence_word((enum evidence)bit));
		before = ", ";
	}
}

static void add_candidate(const struct first_week *week, const struct week_client *client, struct buf *out)
{
	char address[IP_TEXT_BYTES] = "-";

	if (client->address.family != IP_NONE)
		ip_format(&client->address, address);
	buf_addf(out, "  %s", address);
	if (client->name) {
		buf_add_char(out, ' ');
		buf_add_escaped(out, client->name, "", 76 - strlen(address));
	}
	buf_add(out, "\n    EHLO ");
	buf_add_escaped(out, client->greeting ? client->greeting : "-", "", 30);
	buf_add(out, ", from ");
	buf_add_escaped(out, !client->sender ? "-" : client->sender[0] != '\0' ? client->sender : "<>", "", 32);
	buf_addf(out, "\n    %llu session%s on ", (unsigned long long)client->sessions, client->sessions == 1 ? "" : "s");
	week_days_text(&client->days, out);
	buf_add(out, "; ");
	add_evidence(client, out);
	buf_addf(out, "\n    kept out at listener %s by ", week->listeners[client->listener].listener->name);
	week_kept_out_by(week, client, out);
	buf_add(out, "\n    session ");
	buf_add_escaped(out, client->id ? client->id : "-", "", 60);
	buf_add_char(out, '\n');
}

static size_t shown(const struct first_week *week)
{
	return week->candidate_count < WEEK_CANDIDATES_SHOWN ? week->candidate_count : WEEK_CANDIDATES_SHOWN;
}

static void add_candidates(const struct first_week *week, struct buf *out)
{
	buf_addf(out, "\nCandidates for mistakes: %zu of %zu clients that would have been kept out\n", week->candidate_count,
		 week->client_count);
	add_indented(week_rule_of_points, out);
	for (size_t i = 0; i < shown(week); i++)
		add_candidate(week, week->candidates[i], out);
	if (week->candidate_count > shown(week))
		buf_addf(out, "  and %zu more\n", week->candidate_count - shown(week));
	if (week->bound > 0)
		buf_add(out, "  (too many clients: only some were looked at, by chance)\n");
	if (week->candidate_count > 0)
		buf_add(out, "  'ehlo-milter explain --id SESSION' tells all of one.\n");
}

/* Those of the candidates that are shown. */
static void add_exemptions(const struct first_week *week, struct buf *out)
{
	struct buf text;

	buf_init(&text);
	for (size_t number = 0; number < week->policy->listener_count; number++) {
		text.length = 0;
		for (size_t i = 0; i < shown(week); i++)
			if (week->candidates[i]->listener == number)
				week_exemption(week, week->candidates[i], &text);
		if (text.length == 0)
			continue;
		buf_add(out, "\nExemptions to paste, for those that are welcome:\n  ");
		week_exempt_place(&week->policy->listeners[number], out);
		buf_add(out, "\n    exempt:\n");
		buf_add_bytes(out, text.text, text.length);
	}
	out->failed |= text.failed;
	buf_clear(&text);
}

static void add_advice(const struct first_week *week, struct buf *out)
{
	static const char *const words[] = { [ADVICE_IN_FORCE] = "in force", [ADVICE_SAFE] = "SAFE",
					     [ADVICE_LOOK_FIRST] = "look first", [ADVICE_NOT_KNOWN] = "not known" };
	struct week_part part;
	struct buf why;

	buf_add(out, "\nSafe to enforce now?\n");
	buf_init(&why);
	for (size_t number = 0; number < week->policy->listener_count; number++) {
		for (size_t i = 0; week_part(&week->listeners[number], i, &part); i++) {
			enum week_advice advice;

			why.length = 0;
			advice = week_advise(week, &week->listeners[number], &part, &why);
			buf_addf(out, "  %-11s%s: %s %s\n             %s\n", words[advice],
				 week->policy->listeners[number].name, part.is_rule ? "rule" : "check", part.name, why.text);
		}
	}
	buf_clear(&why);
	add_indented(week_rule_of_safety, out);
}

static void add_edit(const struct first_week *week, struct buf *out)
{
	struct buf edit;

	if (!week_has_file(week)) {
		buf_add(out, "\nThe built-in policy holds: to enforce anything, write a policy file first, from\n"
			     "policy.yaml.example.\n");
		return;
	}
	buf_init(&edit);
	for (size_t i = 0; i < week->policy->listener_count; i++)
		week_edit(week, &week->listeners[i], &edit);
	if (week_any_safe(week)) {
		buf_add(out, "\nThe edit that turns on what is safe, in ");
		buf_add_escaped(out, week->policy->path, "", 38);
		buf_add(out, ":\n");
		add_indented(edit.text, out);
		if (!week->policy->server.enforce)
			buf_add(out, "  and server: { enforce: false } out, which keeps all in mode observe\n");
	} else {
		buf_add(out, "\nNothing can be turned on yet that is not.\n");
	}
	out->failed |= edit.failed;
	edit.length = 0;
	week_commands(week, &edit);
	buf_add(out, "\nTo see the effect before it acts, with edit and exemptions in the copy:\n");
	add_indented(edit.text, out);
	out->failed |= edit.failed;
	buf_clear(&edit);
}

void week_print(const struct first_week *week, struct buf *out)
{
	add_head(week, out);
	for (size_t i = 0; i < week->policy->listener_count; i++)
		if (week->listeners[i].sessions > 0)
			add_listener(&week->listeners[i], out);
	add_candidates(week, out);
	add_exemptions(week, out);
	add_advice(week, out);
	add_edit(week, out);
}
