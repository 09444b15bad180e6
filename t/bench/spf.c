/* SPDX-License-Identifier: BSD-2-Clause */
/* Measures SPF without a network: t/bench/spf parses records, and evaluates with every answer there. */
#include "../unit/spf_zone.h"
#include "timing.h"

#include <stdarg.h>

#define PARSES 300000
#define EVALUATIONS 20000
#define DEPTH_MAX 10

/* As domains publish them: short ones, providers', lists of networks. */
static const char *const records[] = {
	"v=spf1 -all",
	"v=spf1 mx -all",
	"v=spf1 a mx ip4:192.0.2.25 -all",
	"v=spf1 include:_spf.provider.example ~all",
	"v=spf1 redirect=_spf.provider.example",
	"v=spf1 mx ip4:198.51.100.0/24 ip6:2001:db8:25::/48 include:spf.protection.example include:_spf.shop.example ~all",
	"v=spf1 a:mail.shop.example a:www.shop.example ip4:203.0.113.7 include:servers.news.example ?all",
	"v=spf1 include:_netblocks.provider.example include:_netblocks2.provider.example "
	"include:_netblocks3.provider.example ~all",
	"v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/25 ip4:198.51.100.128/26 ip4:203.0.113.0/27 ip4:203.0.113.64/27 "
	"ip4:203.0.113.128/28 ip4:203.0.113.160/29 ip6:2001:db8:1::/48 ip6:2001:db8:2::/48 ~all",
	"v=spf1 exists:%{i}._spf.%{d2}.provider.example -all",
};

#define RECORD_COUNT (sizeof records / sizeof records[0])

struct work {
	struct zone zone;
	struct spf_input input;
	struct arena arena;
	enum spf_result result;
};

static void parse_once(void *thing, size_t call)
{
	struct work *work = thing;
	const char *text = records[call % RECORD_COUNT];
	struct arena_mark before = arena_mark(&work->arena);
	struct spf_record record;
	struct spf_flaw flaw;

	if (spf_record_parse(text, strlen(text), &work->arena, &record, &flaw) != SPF_PARSE_DONE)
		abort();
	arena_reset(&work->arena, before);
}

static void evaluate_once(void *thing, size_t call)
{
	struct work *work = thing;
	struct spf_lookup lookup = { .find = zone_find, .data = &work->zone };
	struct arena_mark before = arena_mark(&work->arena);
	struct spf_outcome outcome;

	(void)call;
	if (!spf_check(&work->input, &lookup, &work->arena, &outcome) || outcome.result != work->result)
		abort();
	arena_reset(&work->arena, before);
}

static void begin(struct work *work, const char *client)
{
	zone_clear(&work->zone);
	zone_init(&work->zone);
	work->input = (struct spf_input){ .identity = SPF_MAIL_FROM, .ehlo = "mail.example.org", .local_part = "joe",
					  .local_part_length = 3, .domain = "example.org" };
	if (!ip_parse(client, &work->input.client))
		abort();
}

static void put(struct work *work, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void put(struct work *work, const char *name, const char *format, ...)
{
	char text[SPF_RECORD_OCTETS_MAX + 1];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	zone_put(&work->zone, name, "TXT", text);
}

/* Three includes, of which the third one may list the client. */
static void measure_warm(struct work *work, const char *what, const char *client, enum spf_result result)
{
	begin(work, client);
	put(work, "example.org", "v=spf1 include:_a.example include:_b.example include:_c.example -all");
	put(work, "_a.example", "%s", records[8]);
	put(work, "_b.example", "%s", records[8]);
	put(work, "_c.example", "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 ip6:2001:db8::/32 ip4:203.0.113.96/28 ~all");
	work->zone.late = false;
	work->result = result;
	time_calls(what, EVALUATIONS, evaluate_once, work);
}

/* A record of as many networks as there is room for, all in vain, and then last. */
static void put_heavy(struct work *work, const char *name, const char *last)
{
	char text[SPF_RECORD_OCTETS_MAX + 1];
	size_t length = (size_t)snprintf(text, sizeof text, "v=spf1");

	while (length < sizeof text - 40)
		length += (size_t)snprintf(text + length, sizeof text - length, " ip4:9.0.0.1");
	put(work, name, "%s %s", text, last);
}

/* Eleven such records, one below the other. */
static void measure_heaviest(struct work *work)
{
	begin(work, "203.0.113.99");
	for (unsigned i = 0; i <= DEPTH_MAX; i++) {
		char name[40], last[40];

		(void)snprintf(name, sizeof name, i == 0 ? "example.org" : "i%u.example", i);
		(void)snprintf(last, sizeof last, i == DEPTH_MAX ? "~all" : "include:i%u.example -all", i + 1);
		put_heavy(work, name, last);
	}
	work->zone.late = false;
	work->result = SPF_FAIL;
	time_calls("the heaviest tree of records", 1000, evaluate_once, work);
}

int main(void)
{
	static char space[65536];
	static struct work work;

	arena_init(&work.arena, space, sizeof space, 65536);
	time_calls("parsing a record", PARSES, parse_once, &work);
	measure_warm(&work, "three includes, the last one lists the client", "203.0.113.99", SPF_PASS);
	measure_warm(&work, "three includes, none lists the client", "203.0.113.250", SPF_FAIL);
	measure_heaviest(&work);
	zone_clear(&work.zone);
	arena_clear(&work.arena);
	return EXIT_SUCCESS;
}
