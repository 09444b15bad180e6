/* SPDX-License-Identifier: BSD-2-Clause */
/* enforce_percent and dates: who is in the share, that it is always the same one, and how many they are. */
#include "core/rollout.h"

#include "core/decide.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define CLIENTS 100000

static struct session session_of(const char *client, const char *ehlo)
{
	struct session session = { .client.presence = PRESENCE_KNOWN, .ehlo = text_known(ehlo) };

	if (!ip_parse(client, &session.client.value))
		session.client.presence = PRESENCE_UNKNOWN;
	return session;
}

/* The least percent that the client is within: from 1 to 100. */
static unsigned place_of(const char *client, const char *ehlo, bool by_name)
{
	struct session session = session_of(client, ehlo);
	unsigned percent = 0;

	while (!client_in_share(&session, by_name, percent))
		percent++;
	return percent;
}

/* They are written down: another release, another machine, must come to the same. */
static const struct {
	const char *client;
	const char *ehlo;
	unsigned place;
	unsigned place_by_network;
} fixed[] = {
	{ "203.0.113.9", "mail.shop.example", 81, 12 },
	{ "198.51.100.7", "mail.shop.example", 52, 21 },
	{ "2001:db8:1:2::3", "mail.shop.example", 72, 58 },
	{ "203.0.113.9", "", 12, 12 },
	{ "203.0.113.9", "[203.0.113.9]", 6, 12 },
	{ "0.0.0.0", "a", 8, 39 },
};

static void test_fixed(void)
{
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
		unsigned place = place_of(fixed[i].client, fixed[i].ehlo, true);
		unsigned by_network = place_of(fixed[i].client, fixed[i].ehlo, false);

		ok(place == fixed[i].place && by_network == fixed[i].place_by_network, "%s %s: within %u, %u by network",
		   fixed[i].client, fixed[i].ehlo, place, by_network);
	}
}

static void test_what_counts(void)
{
	unsigned place = place_of("203.0.113.9", "mail.shop.example", true);
	struct session session = session_of("203.0.113.9", "mail.shop.example");
	unsigned smaller = 0, monotone = 0;

	ok(place_of("203.0.113.200", "mail.shop.example", true) == place, "another address of the /24 is the same");
	ok(place_of("203.0.113.9", "MAIL.Shop.Example.", true) == place, "case and final dot do not count");
	ok(place_of("2001:db8:1:2:3:4:5:6", "a.example", true) == place_of("2001:db8:1:2::1", "a.example", true),
	   "another address of the /64 is the same");
	ok(place_of("203.0.113.9", "a.example", false) == place_of("203.0.113.9", "b.example", false),
	   "by network alone the name does not count");
	for (unsigned percent = 0; percent < 100; percent++) {
		bool in = client_in_share(&session, true, percent);

		smaller += in;
		monotone += !in || client_in_share(&session, true, percent + 1);
	}
	ok(smaller == 100 - place && monotone == 100, "who is in a share is in every larger one");
	ok(!client_in_share(&session, true, 0), "nobody is within 0");
	session.ehlo.presence = PRESENCE_UNKNOWN;
	ok(!client_in_share(&session, true, 99) && client_in_share(&session, true, 100), "an unknown name is in none but all");
	ok(client_in_share(&session, false, 99) == (place_of("203.0.113.9", "", false) <= 99), "unless it does not count");
	session.client.presence = PRESENCE_UNKNOWN;
	ok(!client_in_share(&session, false, 99) && client_in_share(&session, false, 100),
	   "so is an unknown client");
}

/* Clients as they come: neighbouring networks, numbered names. */
static void client_of(unsigned i, char client_r[40], char ehlo_r[40])
{
	if (i % 5 == 0)
		(void)snprintf(client_r, 40, "2001:db8:%x:%x::1", i >> 16, i & 0xffff);
	else
		(void)snprintf(client_r, 40, "%u.%u.%u.9", 1 + (i >> 16), i >> 8 & 255, i & 255);
	(void)snprintf(ehlo_r, 40, "mx%u.example", i % 7);
}

static void test_share(void)
{
	static const unsigned percents[] = { 1, 5, 10, 25, 50, 90, 99 };
	unsigned counts[2][7] = { { 0 } };
	char client[40], ehlo[40];

	for (unsigned i = 0; i < CLIENTS; i++) {
		struct session session;

		client_of(i, client, ehlo);
		session = session_of(client, ehlo);
		for (size_t p = 0; p < 7; p++)
			for (int by_name = 0; by_name < 2; by_name++)
				counts[by_name][p] += client_in_share(&session, by_name, percents[p]);
	}
	for (size_t p = 0; p < 7; p++)
		for (int by_name = 0; by_name < 2; by_name++) {
			long wanted = (long)percents[p] * CLIENTS / 100, got = counts[by_name][p];

			ok(labs(got - wanted) <= CLIENTS / 100, "%u %% of %d clients, %s: %ld", percents[p], CLIENTS,
			   by_name ? "by name" : "by network", got);
		}
}

/* --- the mode in force --- */

static struct policy policy;
static struct listener listener;

static enum mode mode_of(const struct session *session, struct rollout own)
{
	const struct choice choice = { .listener = &listener };

	return mode_in_force(&policy, &choice, session, &own);
}

static struct rollout rollout(enum mode mode, unsigned percent, int32_t since, int32_t until)
{
	return (struct rollout){ .mode = mode, .enforce_percent = percent, .period = { since, until } };
}

static void test_modes(void)
{
	struct session session = session_of("203.0.113.9", "mail.shop.example");
	unsigned place = place_of("203.0.113.9", "mail.shop.example", true);
	unsigned by_network = place_of("203.0.113.9", "", false);

	policy.server.enforce = true;
	listener = (struct listener){ .mode = MODE_ENFORCE, .reply_at = STAGE_MAIL };
	session.start_date = 20000;
	ok(mode_of(&session, rollout(MODE_INHERIT, place, DATE_NONE, DATE_NONE)) == MODE_ENFORCE, "within the share");
	ok(mode_of(&session, rollout(MODE_INHERIT, place - 1, DATE_NONE, DATE_NONE)) == MODE_OBSERVE, "outside it");
	ok(mode_of(&session, rollout(MODE_OBSERVE, 100, DATE_NONE, DATE_NONE)) == MODE_OBSERVE, "observe stays observe");
	ok(mode_of(&session, rollout(MODE_INHERIT, 100, 20000, 20000)) == MODE_ENFORCE, "the first and last day");
	ok(mode_of(&session, rollout(MODE_INHERIT, 100, 20001, DATE_NONE)) == MODE_OBSERVE, "the day before");
	ok(mode_of(&session, rollout(MODE_INHERIT, 100, DATE_NONE, 19999)) == MODE_OBSERVE, "the day after");
	listener.mode = MODE_OBSERVE;
	ok(mode_of(&session, rollout(MODE_ENFORCE, place, DATE_NONE, DATE_NONE)) == MODE_ENFORCE, "its own mode counts");
	listener = (struct listener){ .mode = MODE_ENFORCE, .reply_at = STAGE_CONNECT };
	ok(mode_of(&session, rollout(MODE_INHERIT, by_network, DATE_NONE, DATE_NONE)) == MODE_ENFORCE &&
	   mode_of(&session, rollout(MODE_INHERIT, by_network - 1, DATE_NONE, DATE_NONE)) == MODE_OBSERVE,
	   "with reply_at: connect the network alone decides");
}

int main(void)
{
	test_fixed();
	test_what_counts();
	test_share();
	test_modes();
	return tap_done();
}
