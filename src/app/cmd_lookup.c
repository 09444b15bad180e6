/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup: is a value in a list of the policy, and by which line? */
#include "app/alarm_tell.h"
#include "app/command.h"
#include "app/dns_source.h"
#include "app/hit_text.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/name.h"
#include "gather/list_query.h"

#include <stdio.h>
#include <string.h>

#define LISTS_MAX 200

struct options {
	const char *policy_path;
	const char *dns;	/* "live", "none" or "tape:FILE" */
	bool json;
	const char *list;
	const char *value;
};

/* An address may be written as a literal, or as a network, of which the first one is meant. */
static bool read_address(const char *value, struct ip *ip_r)
{
	struct network network;
	const char *error;

	if (ip_parse(value, ip_r) || literal_parse(value, strlen(value), ip_r))
		return true;
	if (!network_parse(value, &network, &error))
		return false;
	*ip_r = network.ip;
	return true;
}

/* What is no address is looked up as a name.  False when memory is out. */
static bool look_up(const char *value, struct dns *dns, struct list_query *query)
{
	const struct list *list = query->list;
	char domain[NAME_TEXT_BYTES];
	struct ip ip;

	query->found = TRI_NO;
	if (list->holds_addresses && read_address(value, &ip))
		query->address = &ip;
	else if (list->holds_names && domain_normalise(value, strlen(value), domain))
		query->name = domain;
	else if (list->holds_names)
		query->name = value;
	return (!query->address && !query->name) || list_query_run(query, dns);
}

static void print_text(struct buf *out, const struct list *list, enum tri found, const struct list_hit *hit)
{
	static const char *const words[] = { [TRI_NO] = "no", [TRI_YES] = "yes", [TRI_UNKNOWN] = "unknown" };

	buf_add(out, words[found]);
	if (found == TRI_UNKNOWN && list_asks_dns(list))
		buf_add(out, ": DNS did not tell");
	else if (found == TRI_UNKNOWN)
		buf_add(out, ": only a session tells the rest of $self");
	if (found == TRI_YES) {
		buf_add(out, ": ");
		hit_add_text(out, hit);
	}
	buf_add_char(out, '\n');
}

static void print_json(struct buf *out, const struct options *options, enum tri found,
		       const struct list_hit *hit)
{
	struct json json;

	json_init(&json, out);
	json_open_object(&json, NULL);
	json_string(&json, "list", options->list);
	json_string(&json, "value", options->value);
	if (found == TRI_UNKNOWN)
		json_null(&json, "found");
	else
		json_bool(&json, "found", found == TRI_YES);
	json_string(&json, "entry", found == TRI_YES ? hit->entry : NULL);
	json_string(&json, "in", found == TRI_YES ? hit->list->name : NULL);
	json_string(&json, "file", found == TRI_YES ? hit_file(hit) : NULL);
	if (found == TRI_YES && hit->source.line > 0)
		json_number(&json, "line", hit->source.line);
	else
		json_null(&json, "line");
	json_close_object(&json);
	buf_add_char(out, '\n');
}

static int unknown_list(const struct policy *policy, const char *name)
{
	const char *names[LISTS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < policy->list_count && count < LISTS_MAX; i++)
		if (policy->lists[i].name)
			names[count++] = policy->lists[i].name;
	return command_unknown(&command_lookup, "list", name, names, count);
}

static void print_alarms(const struct alarms *alarms)
{
	struct buf out;

	buf_init(&out);
	for (size_t i = 0; i < alarms->count; i++) {
		buf_add(&out, "ehlo-milter: ");
		alarm_add_text(&alarms->items[i], &out);
		buf_add_char(&out, '\n');
	}
	(void)fputs(out.text, stderr);
	buf_clear(&out);
}

static int print(const struct options *options, const struct list_query *query)
{
	struct buf out;
	int status;

	print_alarms(&query->alarms);
	buf_init(&out);
	if (options->json)
		print_json(&out, options, query->found, &query->hit);
	else
		print_text(&out, query->list, query->found, &query->hit);
	status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

/* DNS is opened only where a zone is in the list. */
static int look(const struct policy *policy, void *data)
{
	const struct options *options = data;
	struct list_query query = { .list = policy_find_list(policy, options->list),
				    .deadline_ms = policy->dns.deadline_ms };
	struct dns *dns = NULL;
	int status = EXIT_FINE;

	if (!query.list)
		return unknown_list(policy, options->list);
	if (list_asks_dns(query.list))
		status = dns_source_open(policy, options->dns, &dns);
	if (status == EXIT_FINE)
		status = look_up(options->value, dns, &query) ? print(options, &query) : EXIT_SYSTEM;
	dns_free(&dns);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { .dns = "live" };
	int status;
	char **words = command_options(&command_lookup, argc, argv, &options, &status);

	if (!words)
		return status;
	options.list = words[0] + (words[0][0] == '$');
	options.value = words[1];
	return command_with_policy(options.policy_path, look, &options);
}

static const struct command_option own_options[] = {
	DNS_OPTION("live", struct options, dns),
	{ .name = "json", .help = "the same for programs", .at = offsetof(struct options, json) },
	{ .name = NULL },
};

const struct command command_lookup = {
	.name = "lookup",
	.summary = "is the value in the list, by which line",
	.options = { { .rows = policy_option }, { .rows = own_options } },
	.arguments = "LIST VALUE",
	.argument_min = 2,
	.argument_max = 2,
	.about =
		"LIST is a list of the policy, or a built-in one (loopback, private, undeliverable, self), with or without its "
		"dollar sign. VALUE is a name or an address. The most exact entry is shown; where none is, the pattern that "
		"matches, or what a DNS list answers.",
	.statuses = "0 whatever the answer is; 64 no such list; 65 the tape cannot be read; 75 DNS cannot be asked; 78 the policy "
		    "has errors",
	.examples =
		"ehlo-milter lookup own_networks 192.0.2.17\n"
		"ehlo-milter lookup '$blocked' mail.spam.example\n"
		"ehlo-milter lookup zone 127.0.0.2\n",
	.run = run,
};
