/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that explanations of checks and of rules share. */
#include "app/explain_parts.h"

#define RDATA_SHOWN_MAX 200

static void add_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	buf_add_escaped(out, text, "'", 0);
	buf_add_char(out, '\'');
}

static void add_value(struct buf *out, const struct fact *fact, const struct fact_value *value)
{
	char address[IP_TEXT_BYTES];

	if (value->presence == PRESENCE_NONE) {
		buf_add(out, "none");
		return;
	}
	switch (fact->type) {
	case FACT_TEXT:
	case FACT_NAME:
	case FACT_WORD:
		add_quoted(out, value->text);
		break;
	case FACT_NUMBER:
		buf_add_number(out, value->number);
		break;
	case FACT_BOOL:
		buf_add(out, value->flag ? "true" : "false");
		break;
	case FACT_NAMES:
		break;	/* add_names() */
	case FACT_ADDRESS:
		ip_format(value->address, address);
		buf_add(out, address);
		break;
	}
}

void explain_add_fact(struct buf *out, const struct fact *fact, const struct context *context)
{
	struct fact_value value = fact_get(fact, context);
	struct name_set set;

	if (fact->type != FACT_NAMES || value.presence != PRESENCE_KNOWN) {
		add_value(out, fact, &value);
		return;
	}
	(void)fact_get_names(fact, context, &set);
	for (size_t i = 0; i < set.count; i++) {
		buf_add(out, i > 0 ? ", " : "");
		add_quoted(out, set.names[i]);
	}
}

void explain_add_action(struct buf *out, const struct explanation *e, enum action action, const struct rollout *own)
{
	enum mode mode = mode_in_force(e->policy, &e->judgement->choice, e->session, own);

	buf_addf(out, "%*saction %s, mode %s", EXPLAIN_BELOW, "", action_word(action), mode_word(mode));
	if (!period_holds(&own->period, e->session->start_date))
		buf_add(out, ": outside its dates");
	else if (own->enforce_percent < 100)
		buf_addf(out, " (enforce_percent %u)", own->enforce_percent);
	buf_add_char(out, '\n');
}

void explain_add_reply(struct buf *out, const char *line)
{
	buf_addf(out, "%*sreply %s\n", EXPLAIN_BELOW, "", line);
}

void explain_add_questions(struct buf *out, const struct explanation *e, const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct dns_item *item = explain_item(e, &wanted->questions[i]);

		if (!item)
			continue;
		buf_addf(out, "%*s", EXPLAIN_BELOW, "");
		explain_question(item, out);
	}
	out->failed = out->failed || wanted->no_memory;
}

void explain_question(const struct dns_item *item, struct buf *out)
{
	buf_addf(out, "asked %s ", dns_type_word(item->type));
	buf_add_escaped(out, item->name, "", 0);
	buf_addf(out, ": %s", item->answer ? dns_status_word(item->answer->status) : "no answer in time");
	for (size_t i = 0; item->answer && i < item->answer->count; i++) {
		struct buf rdata;

		buf_init(&rdata);
		dns_record_format(item->type, &item->answer->records[i], &rdata);
		buf_add(out, i > 0 ? ", " : " ");
		buf_add_escaped(out, rdata.text, "", RDATA_SHOWN_MAX);
		out->failed = out->failed || rdata.failed;
		buf_clear(&rdata);
	}
	buf_add_char(out, '\n');
}
