/* SPDX-License-Identifier: BSD-2-Clause */
/* mail_from_dns: does the domain of MAIL FROM exist, and would mail to it reach a usable address? */
#include "core/checks/table.h"

static const struct reason null_sender = { "null_sender", "the null sender has no domain", "RFC 5321 4.5.5" };
static const struct reason literal = { "literal", "an address literal: nothing to look up", "RFC 5321 4.1.3" };
static const struct reason no_domain = { "no_domain", "only a local part: nothing to look up", NULL };
static const struct reason invalid = { "invalid", "no domain can be read in the reverse-path", "RFC 5321 4.1.2" };
static const struct reason local_domain = { "local_domain", "the domain is in local_domains", NULL };
static const struct reason local_domains_unknown = {
	"local_domains_unknown", "DNS does not know the domain, which may be one of local_domains", NULL
};
static const struct reason nxdomain = { "nxdomain", "the domain does not exist", "RFC 5321 2.3.5" };
static const struct reason no_records = { "no_records", "the domain has neither MX nor address record",
					  "RFC 5321 5.1" };
static const struct reason no_mx_address = { "no_mx_address", "none of the domain's MX hosts has an address",
					     "RFC 5321 5.1" };
static const struct reason null_mx = { "null_mx", "the domain says that it takes no mail", "RFC 7505 3" };
static const struct reason blocked_all = {
	"blocked", "every address that mail to the domain would reach is in blocked_ips", NULL
};
static const struct reason blocked_any = {
	"blocked", "an address that mail to the domain would reach is in blocked_ips", NULL
};

enum { BLOCKED_IPS, BLOCKED_WHEN, LOCAL_DOMAINS };
enum { WHEN_ALL, WHEN_ANY };

static const char *const when_words[] = { [WHEN_ALL] = "all", [WHEN_ANY] = "any", NULL };

#define MX_TARGETS_MAX 10	/* further hosts are not looked at */

/* What is known of the addresses that mail to the domain would reach. */
struct reach {
	size_t free;			/* not in blocked_ips */
	size_t blocked;
	enum dns_status undecided;	/* NOERROR, or what kept an answer away */
};

static void add_addresses(const struct context *context, const struct list *blocked_ips,
			  const struct dns_answer *answer, struct reach *reach)
{
	if (!dns_is_certain(answer->status))
		reach->undecided = dns_worse(reach->undecided, answer->status);
	for (size_t i = 0; i < answer->count; i++) {
		enum tri blocked = blocked_ips ? list_has_address(blocked_ips, context,
								  &answer->records[i].address, NULL) : TRI_NO;

		if (blocked == TRI_YES)
			reach->blocked++;
		else if (blocked == TRI_NO)
			reach->free++;
		else
			reach->undecided = DNS_UNKNOWN;
	}
}

static void add_host(const struct context *context, const struct list *blocked_ips, const char *name,
		     struct reach *reach)
{
	add_addresses(context, blocked_ips, dns_lookup(context, name, DNS_A), reach);
	add_addresses(context, blocked_ips, dns_lookup(context, name, DNS_AAAA), reach);
}

/* RFC 5321 5.1: the lowest preference first, those of one preference in their order. */
static size_t mx_targets(const struct dns_answer *mx, const struct dns_record *targets_r[MX_TARGETS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < mx->count; i++) {
		const struct dns_record *record = &mx->records[i];
		size_t at = count;

		while (at > 0 && targets_r[at - 1]->host.preference > record->host.preference)
			at--;
		if (at == MX_TARGETS_MAX)
			continue;
		if (count < MX_TARGETS_MAX)
			count++;
		for (size_t j = count - 1; j > at; j--)
			targets_r[j] = targets_r[j - 1];
		targets_r[at] = record;
	}
	return count;
}

/* Where one address decides, the questions since mark need not be waited for. */
static struct finding judge_reach(const struct context *context, const struct check_settings *settings,
				  const struct reach *reach, size_t mark, const struct reason *without_address)
{
	bool any = settings->words[BLOCKED_WHEN] == WHEN_ANY;

	if (any && reach->blocked > 0) {
		wanted_reset(context, mark);
		return finding(RESULT_BLOCKED, &blocked_any);
	}
	if (reach->free > 0 && (!any || dns_is_certain(reach->undecided))) {
		wanted_reset(context, mark);
		return finding(RESULT_PASS, NULL);
	}
	if (!dns_is_certain(reach->undecided))
		return finding_without_answer(reach->undecided);
	if (reach->blocked > 0)
		return finding(RESULT_BLOCKED, &blocked_all);
	return finding(RESULT_FAIL, without_address);
}

static struct finding judge_targets(const struct context *context, const struct check_settings *settings,
				    const struct dns_answer *mx)
{
	const struct dns_record *targets[MX_TARGETS_MAX];
	struct reach reach = { .undecided = DNS_NOERROR };
	size_t count = mx_targets(mx, targets), mark = wanted_mark(context);

	for (size_t i = 0; i < count; i++)
		if (targets[i]->host.usable)
			add_host(context, settings->lists[BLOCKED_IPS], targets[i]->host.name, &reach);
	return judge_reach(context, settings, &reach, mark, &no_mx_address);
}

/* RFC 7505 3: one record, of preference 0, with the root as its host. */
static bool is_null_mx(const struct dns_answer *mx)
{
	return mx->count == 1 && mx->records[0].host.preference == 0 &&
	       mx->records[0].host.name[0] == '.' && mx->records[0].host.name[1] == '\0';
}

/* RFC 5321 5.1: the domain's own address counts only where DNS says that there is no MX. */
static struct finding judge(const struct context *context, const struct check_settings *settings, const char *domain)
{
	const struct dns_answer *mx = dns_lookup(context, domain, DNS_MX);
	struct reach reach = { .undecided = DNS_NOERROR };
	size_t mark = wanted_mark(context);

	/* Asked beside the MX, so that a domain without one costs no further round trip. */
	add_host(context, settings->lists[BLOCKED_IPS], domain, &reach);
	switch (mx->status) {
	case DNS_NOERROR:
		wanted_reset(context, mark);
		return is_null_mx(mx) ? finding(RESULT_NULL_MX, &null_mx) : judge_targets(context, settings, mx);
	case DNS_NODATA:
		return judge_reach(context, settings, &reach, mark, &no_records);
	case DNS_NXDOMAIN:
		wanted_reset(context, mark);
		return finding(RESULT_FAIL, &nxdomain);
	case DNS_UNKNOWN:
		break;
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_TIMEOUT:
	case DNS_UNUSABLE:
	case DNS_LIMIT:
		wanted_reset(context, mark);
		break;
	}
	return finding_without_answer(mx->status);
}

static bool dns_says_no(enum result result)
{
	return result == RESULT_FAIL || result == RESULT_NULL_MX || result == RESULT_BLOCKED;
}

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	const struct mailbox *sender = &context->facts->sender;
	const struct list *local = settings->lists[LOCAL_DOMAINS];
	struct finding found;
	enum tri ours;

	if (context->session->sender.presence != PRESENCE_KNOWN)
		return finding(context->session->sender.presence == PRESENCE_NONE ? RESULT_NONE : RESULT_UNKNOWN, NULL);
	switch (sender->kind) {
	case MAILBOX_NULL:	return finding(RESULT_NONE, &null_sender);
	case MAILBOX_LITERAL:	return finding(RESULT_NONE, &literal);
	case MAILBOX_NO_DOMAIN:	return finding(RESULT_NONE, &no_domain);
	case MAILBOX_INVALID:
		if (sender->domain[0] == '\0')
			return finding(RESULT_NONE, &invalid);
		break;
	case MAILBOX_MAILBOX:	break;
	}
	ours = local ? list_has_name(local, context, sender->domain, NULL) : TRI_NO;
	if (ours == TRI_YES)
		return finding(RESULT_SKIPPED, &local_domain);
	found = judge(context, settings, sender->domain);
	if (ours == TRI_UNKNOWN && dns_says_no(found.result))
		return finding(RESULT_UNKNOWN, &local_domains_unknown);
	return found;
}

#define NO_DOMAIN_REPLY "550 5.1.8 Sender domain does not resolve ({id})"

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_TEMPFAIL, [PROFILE_STRICT] = ACTION_REJECT,
		       [PROFILE_SUBMISSION] = ACTION_LOG },
	  .reply = NO_DOMAIN_REPLY },
	{ .result = RESULT_NULL_MX,
	  .actions = { [PROFILE_STANDARD] = ACTION_REJECT, [PROFILE_STRICT] = ACTION_REJECT,
		       [PROFILE_SUBMISSION] = ACTION_LOG },
	  .reply = "550 5.7.27 Sender domain has a null MX, RFC 7505 ({id})" },
	{ .result = RESULT_BLOCKED,
	  .actions = { [PROFILE_STANDARD] = ACTION_REJECT, [PROFILE_STRICT] = ACTION_REJECT,
		       [PROFILE_SUBMISSION] = ACTION_LOG },
	  .reply = "550 5.1.8 Sender domain has no usable address ({id})" },
	{ .result = RESULT_TEMPERROR,
	  .actions = { [PROFILE_STANDARD] = ACTION_TEMPFAIL, [PROFILE_STRICT] = ACTION_TEMPFAIL },
	  .reply = "451 4.1.8 Temporary error looking up sender domain ({id})" },
};

static const struct parameter parameters[] = {
	[BLOCKED_IPS] = { .key = "blocked_ips", .kind = PARAMETER_NETWORKS, .fallback = "undeliverable",
			  .help = "addresses and networks that no mail to a domain may lead to" },
	[BLOCKED_WHEN] = { .key = "blocked_when", .kind = PARAMETER_WORD, .words = when_words,
			   .help = "all: only when all addresses are in blocked_ips; any: when one is" },
	[LOCAL_DOMAINS] = { .key = "local_domains", .kind = PARAMETER_DOMAINS,
			    .help = "own domains that DNS need not know here; they are skipped" },
};

static const char *const facts[] = { "sender", "sender_domain", NULL };

const struct check check_mail_from_dns = {
	.name = "mail_from_dns",
	.id = CHECK_MAIL_FROM_DNS,
	.stage = STAGE_MAIL,
	.dns = true,
	.question = "does the domain of MAIL FROM exist in DNS, with a usable address?",
	.clause = "RFC 5321 5.1, RFC 2505 2.9",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	CHECK_PARAMETERS(parameters),
	.manual =
		"What Messaging Server calls mailfromdnsverify. pass: the domain's MX hosts, or the domain itself where it has no "
		"MX, have an address that is not in blocked_ips. fail: no such domain, neither MX nor address, or no MX host with "
		"an address. null_mx: the domain says that it takes no mail. blocked: all addresses (blocked_when: any: one of "
		"them) are in blocked_ips, which is BLOCKED_MAIL_FROM_IPS; [64.94.110.11] with its brackets is taken too. By "
		"default these are addresses that nobody can be reached at: this host's own, link-local, multicast. The null "
		"sender, literals and bare local parts have nothing to look up. Of a path that is not of the form of RFC 5321, such as "
		"joe..doe@shop.example, the domain counts that MTAs read in it.",
	.false_positives =
		"subdomains that only send, with SPF but no address; split DNS (local_domains).",
	.example =
		"checks:\n"
		"  mail_from_dns: { fail: reject, blocked_ips: [$undeliverable, [64.94.110.11]], local_domains: [.example.org] }\n",
	.eval = eval,
};
