/* SPDX-License-Identifier: BSD-2-Clause */
/* The section outbound: how the MTA's own client greets and sends, for all transports or one. */
#include "conf/loader.h"

#include <string.h>

static struct outbound_setting *begin(const struct node *node, struct outbound *outbound,
				      enum outbound_id id)
{
	struct outbound_setting *setting = &outbound->settings[id];

	setting->line = node->key->place.line;
	return setting;
}

static void load_words(struct loader *loader, const struct node *node, struct outbound *outbound,
		       enum outbound_id id)
{
	struct outbound_setting *setting = begin(node, outbound, id);
	size_t i;

	if (!load_choice(loader, node, outbound_words[id], &i))
		return;
	setting->named = true;
	setting->value = (unsigned)i;
}

static void load_greeting(struct loader *loader, const struct node *node, void *outbound)
{
	load_words(loader, node, outbound, OUTBOUND_GREETING);
}

static void load_eight_bit(struct loader *loader, const struct node *node, void *outbound)
{
	load_words(loader, node, outbound, OUTBOUND_EIGHT_BIT);
}

static void load_streaming(struct loader *loader, const struct node *node, void *outbound)
{
	struct outbound_setting *setting = begin(node, outbound, OUTBOUND_STREAMING);

	setting->named = load_number(loader, node, 3, &setting->value);
}

static void load_etrn(struct loader *loader, const struct node *node, void *outbound)
{
	struct outbound_setting *setting = begin(node, outbound, OUTBOUND_ETRN);
	bool sends = false;

	setting->named = load_bool(loader, node, &sends);
	setting->value = sends;
}

/* Names of services and mailers stand in the MTA's own files, where blanks and quotes have a meaning. */
static bool is_transport_name(const char *name)
{
	return name[0] != '\0' && strlen(name) <= 64 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

static const struct key transport_keys[] = {
	{ .name = "greeting", .load = load_greeting },
	{ .name = "streaming", .load = load_streaming },
	{ .name = "eight_bit", .load = load_eight_bit },
	{ .name = "etrn", .load = load_etrn },
};

static void load_transports(struct loader *loader, const struct node *node, void *unused)
{
	static const struct key_table table = KEY_TABLE(transport_keys);
	struct policy *policy = loader->policy;

	(void)unused;
	if (!is_map(loader, node, "names of transports, each with greeting, streaming, eight_bit or etrn"))
		return;
	policy->transports = policy_array(loader, node->count, sizeof *policy->transports);
	if (!policy->transports)
		return;
	for (const struct node *value = node->first; value; value = value->next) {
		struct outbound *outbound = &policy->transports[policy->transport_count];

		if (!is_transport_name(value->key->text)) {
			error_at(loader, value->key,
				 "'%s' is no transport; expected a service of master.cf or a mailer of Sendmail",
				 value->key->text);
			continue;
		}
		policy->transport_count++;
		outbound->transport = policy_copy(loader, value->key->text);
		outbound->line = value->key->place.line;
		load_map(loader, value, &table, outbound);
	}
}

static const struct key outbound_keys[] = {
	{ .name = "greeting", .load = load_greeting,
	  .help = "ehlo, noehlo, or checkehlo: EHLO where the banner says ESMTP" },
	{ .name = "streaming", .load = load_streaming,
	  .help = "0: nothing is pipelined, to 3" },
	{ .name = "eight_bit", .load = load_eight_bit,
	  .help = "negotiate, seven or eight" },
	{ .name = "etrn", .load = load_etrn,
	  .help = "true or false" },
	{ .name = "transports", .load = load_transports,
	  .help = "the same keys for one transport, by its name: a service of master.cf, a mailer of Sendmail" },
};
const struct key_table outbound_table = KEY_TABLE(outbound_keys);

void load_outbound(struct loader *loader, const struct node *node, void *target)
{
	struct policy *policy = target;

	policy->outbound.line = node->key->place.line;
	load_map(loader, node, &outbound_table, &policy->outbound);
}
