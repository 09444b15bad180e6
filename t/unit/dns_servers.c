/* SPDX-License-Identifier: BSD-2-Clause */
/* Which servers there are, which one is asked, and when the resolver counts as down. */
#include "dns/health.h"
#include "dns/servers.h"
#include "dns/standing.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND INT64_C(1000000)

/* --- servers --- */

static const struct {
	const char *text;
	const char *expected;	/* NULL: no server */
} texts[] = {
	{ "192.0.2.53", "192.0.2.53:53" },
	{ "192.0.2.53:5353", "192.0.2.53:5353" },
	{ "192.0.2.53:65535", "192.0.2.53:65535" },
	{ "2001:DB8::53", "[2001:db8::53]:53" },
	{ "[2001:db8::53]", "[2001:db8::53]:53" },
	{ "[2001:db8::53]:5353", "[2001:db8::53]:5353" },
	{ "::1", "[::1]:53" },
	{ "::ffff:192.0.2.53", "192.0.2.53:53" },
	{ "", NULL },
	{ "localhost", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.53:", NULL },
	{ "192.0.2.53:0", NULL },
	{ "192.0.2.53:65536", NULL },
	{ "192.0.2.53:053x", NULL },
	{ "192.0.2.53:000053", NULL },
	{ "192.0.2.53 ", NULL },
	{ "[192.0.2.53]:53", NULL },
	{ "[2001:db8::53", NULL },
	{ "[2001:db8::53]5353", NULL },
	{ "[2001:db8::53]:", NULL },
	{ "fe80::1%eth0", NULL },
};

static void check_texts(void)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char text[SERVER_TEXT_BYTES] = "";
		struct server server;
		bool valid = server_parse(texts[i].text, &server);

		if (valid)
			server_format(&server, text);
		ok(valid == (texts[i].expected != NULL) && (!valid || strcmp(text, texts[i].expected) == 0),
		   "server '%s': %s", texts[i].text, valid ? text : "none");
	}
}

static const struct {
	const char *label;
	const char *text;
	const char *expected;
} files[] = {
	{ "nothing", "", "127.0.0.1:53" },
	{ "no server", "search example.org\noptions ndots:5\n", "127.0.0.1:53" },
	{ "two",
	  "# x\nnameserver 192.0.2.1\nsearch a b\n  nameserver\t2001:db8::1  # x\r\n",
	  "192.0.2.1:53 [2001:db8::1]:53" },
	{ "no newline", "nameserver 192.0.2.1", "192.0.2.1:53" },
	{ "what is none is left out",
	  "nameserver fe80::1%eth0\nnameserver\nnameservers 192.0.2.1\n;nameserver 192.0.2.2\n"
	  "nameserver 192.0.2.3", "192.0.2.3:53" },
	{ "eight of ten", "nameserver ::1\nnameserver ::2\nnameserver ::3\nnameserver ::4\nnameserver ::5\n"
	  "nameserver ::6\nnameserver ::7\nnameserver ::8\nnameserver ::9\nnameserver ::a\n",
	  "[::1]:53 [::2]:53 [::3]:53 [::4]:53 [::5]:53 [::6]:53 [::7]:53 [::8]:53" },
};

static void check_files(void)
{
	const char *const good[] = { "192.0.2.1", "[::1]:53" }, *const bad[] = { "192.0.2.1", "x" };
	const char *error = "";
	struct servers servers;

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		char shown[SERVERS_MAX * SERVER_TEXT_BYTES] = "";

		servers_from_resolv_conf("resolv.conf", files[i].text, strlen(files[i].text), &servers);
		for (size_t k = 0; k < servers.count; k++) {
			size_t length = strlen(shown);

			if (k > 0)
				shown[length++] = ' ';
			server_format(&servers.list[k], shown + length);
		}
		ok(strcmp(shown, files[i].expected) == 0, "resolv.conf: %s: %s", files[i].label, shown);
	}
	ok(servers_load(good, 2, &servers, &error) && servers.count == 2, "two servers of the settings");
	ok(!servers_load(bad, 2, &servers, &error) && strstr(error, "no address"), "one that is none: %s", error);
	ok(!servers_load(bad, 9, &servers, &error) && strstr(error, "too many"), "nine: %s", error);
	ok(servers_load(NULL, 0, &servers, &error) && servers.count > 0, "those of the system");
}

/* --- which one is asked --- */

static void check_standing(void)
{
	struct standing standing;
	struct tries tries = { .asked = { 0 } };

	standing_init(&standing, 3);
	ok(standing_choose(&standing, &tries) == 0, "the first one is asked first");
	tries.asked[0] = 1;
	ok(standing_choose(&standing, &tries) == 1, "then the second");
	tries.asked[1] = tries.asked[2] = 1;
	ok(standing_choose(&standing, &tries) == 0, "then the first again");
	tries.refused[0] = true;
	ok(standing_choose(&standing, &tries) == 1, "unless it has refused");
	tries.refused[1] = tries.refused[2] = true;
	ok(standing_choose(&standing, &tries) == SERVER_NONE, "all have refused");

	tries = (struct tries){ .asked = { 0 } };
	ok(standing_probe(&standing, &tries, 10) == SERVER_NONE, "none is under suspicion");
	ok(!standing_failed(&standing, 0, 100, 1, 10) && !standing_failed(&standing, 0, 200, 2, 11), "two strikes");
	ok(standing_probe(&standing, &tries, 11) == 0 && standing_probe(&standing, &tries, 12) == SERVER_NONE,
	   "a copy of the next question shows whether it lives");
	ok(!standing_answered(&standing, 0, 12), "a sign of life");
	ok(!standing_failed(&standing, 0, 100, 5, 20) && !standing_failed(&standing, 0, 200, 6, 20) &&
	   !standing_failed(&standing, 0, 300, 7, 20) && !standing_failed(&standing, 0, 400, 12, 20),
	   "what was asked before it proves nothing");
	ok(!standing_failed(&standing, 0, 100, 13, 30) && !standing_failed(&standing, 0, 200, 13, 30) &&
	   !standing_failed(&standing, 0, 100, 13, 30) && !standing_failed(&standing, 0, 200, 13, 30),
	   "two slow zones, however often");
	ok(standing_failed(&standing, 0, 300, 13, 30), "three strikes: silent");
	ok(!standing_hopeless(&standing, &tries), "there are others");
	ok(!standing_failed(&standing, 0, 400, 14, 31), "it is said once");
	ok(standing_choose(&standing, &tries) == 1, "the second is asked first");
	tries.asked[1] = 1;
	ok(standing_choose(&standing, &tries) == 2, "then the third");
	tries.asked[2] = 1;
	ok(standing_choose(&standing, &tries) == 1, "the silent one after all others");
	tries.refused[1] = tries.refused[2] = true;
	ok(standing_choose(&standing, &tries) == 0, "when they have refused");
	ok(standing_hopeless(&standing, &tries), "though there is not much hope");
	ok(standing_probe(&standing, &tries, 30 + STANDING_PROBE_US - 1) == SERVER_NONE,
	   "it is not tried again at once");
	ok(standing_probe(&standing, &tries, 30 + STANDING_PROBE_US) == 0, "but after a while");
	ok(standing_probe(&standing, &tries, 31 + STANDING_PROBE_US) == SERVER_NONE, "by one question");
	ok(standing_answered(&standing, 0, 3 * SECOND), "it answers");
	tries = (struct tries){ .asked = { 0 } };
	ok(standing_choose(&standing, &tries) == 0, "and is asked first again");
}

/* --- when the resolver is down --- */

static const struct {
	const char *name;
	const char *zone;
} zones[] = {
	{ ".", "." },
	{ "example", "example" },
	{ "example.org", "example.org" },
	{ "a.b.mail.example.org", "example.org" },
	{ "a.example.co.uk", "example.co.uk" },
	{ "a.b.org.au", "b.org.au" },
	{ "a.bcde.au", "bcde.au" },
	{ "co.uk", "co.uk" },
	{ "9.113.0.203.in-addr.arpa", "0.203.in-addr.arpa" },
	{ "9.8-15.113.0.203.in-addr.arpa", "0.203.in-addr.arpa" },
	{ "in-addr.arpa", "in-addr.arpa" },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "8.b.d.0.1.0.0.2.ip6.arpa" },
};

static struct health health;

/* count questions, failed or not, each of another zone from first on; the last change. */
static enum health_change note(unsigned first, unsigned count, bool failed, int64_t now_us)
{
	enum health_change last = HEALTH_SAME;

	for (unsigned i = first; i < first + count; i++) {
		enum health_change change;
		char name[40];

		snprintf(name, sizeof name, "www.zone%u.example", i);
		change = health_note(&health, name, failed, now_us);
		last = change != HEALTH_SAME ? change : last;
	}
	return last;
}

static void check_health(void)
{
	size_t failed;

	for (size_t i = 0; i < COUNT_OF(zones); i++)
		ok(strcmp(health_zone_of(zones[i].name), zones[i].zone) == 0, "zone of %s: %s", zones[i].name,
		   health_zone_of(zones[i].name));
	health_init(&health);
	for (unsigned i = 0; i < 1000; i++) {
		char name[40];

		snprintf(name, sizeof name, "n%u.broken.example", i);
		(void)health_note(&health, name, true, i + 1);
	}
	ok(!health.down && health_count(&health, 1000, &failed) == 1 && failed == 1,
	   "1000 names of one broken zone");
	ok(note(0, 6, true, 2000) == HEALTH_SAME && !health.down, "seven broken zones");
	ok(note(6, 1, true, 2000) == HEALTH_WENT_DOWN && health.down, "eight: the resolver is down");
	ok(note(7, 100, true, 3000) == HEALTH_SAME, "which is told once");
	ok(note(200, 16, false, 4000) == HEALTH_SAME && health.down, "half of the last zones answer");
	ok(note(216, 1, false, 4000) == HEALTH_CAME_BACK && !health.down, "more than half: it is back");
	ok(note(300, 24, true, 5000) == HEALTH_SAME, "three in four fail: it is no worse than the net");
	ok(note(324, 1, true, 5000) == HEALTH_SAME && note(325, 1, true, 5000) == HEALTH_WENT_DOWN,
	   "four in five: down");
	ok(note(400, 1, false, 5000 + HEALTH_WINDOW_US + 1) == HEALTH_CAME_BACK, "one answer after a long silence");
	ok(note(500, 3, true, 6000 + HEALTH_WINDOW_US) == HEALTH_SAME, "what is long ago does not count");
}

int main(void)
{
	check_texts();
	check_files();
	check_standing();
	check_health();
	return tap_done();
}
