/* SPDX-License-Identifier: BSD-2-Clause */
/* Flags of Sendmail's SMTP mailers. */
#include "mta/sendmail_work.h"
#include "mta/support.h"

#include <string.h>
#include <strings.h>

/* Those that MAILER(smtp) makes, as MODIFY_MAILER_FLAGS calls them. */
static const char *const mailers[] = { "SMTP", "ESMTP", "SMTP8", "DSMTP", "RELAY" };

#define MAILER_COUNT (sizeof mailers / sizeof mailers[0])

/*
 * Two changes at most: what is taken away and what is added.  cf/m4/cfhead.m4 takes away first: a flag that a
 * line of the administrator's own adds stays, whatever is taken away here.
 */
struct flags {
	const char *off;
	const char *on;
};

static struct flags flags_of(enum outbound_id id, unsigned value)
{
	static const struct flags greeting[] = {
		[GREETING_EHLO] = { NULL, "+a" },
		[GREETING_NOEHLO] = { NULL, "+2" },
		[GREETING_CHECKEHLO] = { "-a", NULL },
	};
	static const struct flags eight_bit[] = {
		[EIGHT_BIT_NEGOTIATE] = { "-8", NULL },
		[EIGHT_BIT_SEVEN] = { NULL, "+7" },
		[EIGHT_BIT_EIGHT] = { NULL, "+8" },
	};

	if (id == OUTBOUND_GREETING)
		return greeting[value];
	return id == OUTBOUND_EIGHT_BIT ? eight_bit[value] : (struct flags){ NULL, NULL };
}

static const struct outbound *find_transport(const struct policy *policy, const char *mailer)
{
	for (size_t i = 0; i < policy->transport_count; i++)
		if (strcasecmp(policy->transports[i].transport, mailer) == 0)
			return &policy->transports[i];
	return NULL;
}

static void change(struct sendmail_work *work, const char *origin, const char *mailer, const char *flags)
{
	if (flags)
		mc_macro(work, origin,
			 arena_format(work->arena, "MODIFY_MAILER_FLAGS(`%s', `%s')dnl", mailer, flags));
}

static void add_setting(struct sendmail_work *work, const char *mailer, const struct outbound *own,
			enum outbound_id id)
{
	const struct outbound_setting s = outbound_in_force(own, &work->policy->outbound, id);
	const struct flags flags = flags_of(id, s.value);
	bool named = own && own->settings[id].named;
	const char *origin;

	if (!s.named || support_of_outbound(MTA_SENDMAIL, id, s.value)->kind != SUPPORT_LINE)
		return;
	origin = mc_origin(work, s.line, "outbound.%s%s%s%s: %s", named ? "transports." : "",
			   named ? own->transport : "", named ? "." : "", outbound_names[id],
			   outbound_words[id][s.value]);
	change(work, origin, mailer, flags.off);
	change(work, origin, mailer, flags.on);
}

static void warn_impossible(struct sendmail_work *work, const struct outbound *outbound)
{
	for (enum outbound_id id = 0; id < OUTBOUND_COUNT; id++) {
		const struct outbound_setting *s = &outbound->settings[id];
		const struct support *support = support_of_outbound(MTA_SENDMAIL, id, s->value);

		if (s->named && support->kind == SUPPORT_NEVER)
			mc_warn(work, s->line, "outbound.%s: %s is not possible here: %s", outbound_names[id],
				outbound_words[id][s->value], support->text);
	}
}

static void check_transport(struct sendmail_work *work, const struct outbound *own)
{
	for (size_t i = 0; i < MAILER_COUNT; i++)
		if (strcasecmp(own->transport, mailers[i]) == 0) {
			warn_impossible(work, own);
			return;
		}
	mc_error(work, own->line,
		 "transport '%s' is no mailer that MODIFY_MAILER_FLAGS can change; expected smtp, esmtp, smtp8, "
		 "dsmtp or relay",
		 own->transport);
}

void sendmail_outbound(struct sendmail_work *work)
{
	if (work->policy->outbound.line > 0)
		mc_note(work, NULL, "MODIFY_MAILER_FLAGS lines of your own that add a, 2, 7 or 8 must go: what they "
				    "add cannot be taken away.");
	warn_impossible(work, &work->policy->outbound);
	for (size_t i = 0; i < work->policy->transport_count; i++)
		check_transport(work, &work->policy->transports[i]);
	for (size_t i = 0; i < MAILER_COUNT; i++)
		for (enum outbound_id id = 0; id < OUTBOUND_COUNT; id++)
			add_setting(work, mailers[i], find_transport(work->policy, mailers[i]), id);
}
