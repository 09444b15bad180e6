/* SPDX-License-Identifier: BSD-2-Clause */
/* The clients that would be kept out, in a table of bounded size, and which of them look legitimate. */
#include "report/first_week_clients.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/hash.h"
#include "core/embedded.h"
#include "report/samples.h"
#include "report/tally.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 256

/* --- the table --- */

static void clear_client(struct week_client *client)
{
	free(client->helo);
	free(client->id);
	free(client->name);
	free(client->greeting);
	free(client->sender);
	memset(client, 0, sizeof *client);
}

void week_clients_clear(struct first_week *week)
{
	for (size_t i = 0; i < week->capacity; i++)
		clear_client(&week->clients[i]);
	free(week->clients);
	free(week->candidates);
}

static struct week_client *place(const struct first_week *week, uint64_t hash)
{
	size_t at = hash & (week->capacity - 1);

	while (week->clients[at].sessions > 0 && week->clients[at].hash != hash)
		at = (at + 1) & (week->capacity - 1);
	return &week->clients[at];
}

/* Moves those within the bound to a table of this capacity. */
static bool rebuild(struct first_week *week, size_t capacity)
{
	struct week_client *old = week->clients;
	size_t old_capacity = week->capacity;

	week->clients = calloc(capacity, sizeof *week->clients);
	if (!week->clients) {
		week->clients = old;
		return false;
	}
	week->capacity = capacity;
	week->client_count = 0;
	for (size_t i = 0; i < old_capacity; i++) {
		if (old[i].sessions == 0)
			continue;
		if (week->bound > 0 && old[i].hash > week->bound) {
			clear_client(&old[i]);
			continue;
		}
		*place(week, old[i].hash) = old[i];
		week->client_count++;
	}
	free(old);
	return true;
}

/* Room for one more: while there are too many, the half with the greater hashes goes.  The same whatever the order. */
static bool make_room(struct first_week *week)
{
	while (week->client_count >= WEEK_CLIENTS_MAX) {
		week->bound = week->bound > 0 ? week->bound / 2 : UINT64_MAX / 2;
		if (!rebuild(week, week->capacity))
			return false;
	}
	if (week->client_count * 2 < week->capacity)
		return true;
	return rebuild(week, week->capacity > 0 ? week->capacity * 2 : CAPACITY_FIRST);
}

/* The client with this hash, perhaps a free place for it; NULL: it is left out, or memory is out. */
static struct week_client *find_client(struct first_week *week, uint64_t hash)
{
	struct week_client *client = week->capacity > 0 ? place(week, hash) : NULL;

	if (week->bound > 0 && hash > week->bound)
		return NULL;
	if (client && client->sessions > 0)
		return client;
	if (!make_room(week)) {
		week->failed = true;
		return NULL;
	}
	return week->bound > 0 && hash > week->bound ? NULL : place(week, hash);
}

/* --- one session --- */

/* A name that an expression can hold as it is, in the form that is compared: whatever its case and final dot. */
static bool plain_name(const char *name, char plain_r[NAME_TEXT_BYTES])
{
	size_t length = strlen(name);

	if (length > 1 && name[length - 1] == '.')
		length--;
	if (length == 0 || length >= NAME_TEXT_BYTES)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!ascii_is_alphanum(name[i]) && !strchr(".-_:[]", name[i]))
			return false;
		plain_r[i] = ascii_lower(name[i]);
	}
	plain_r[length] = '\0';
	return true;
}

/* The name of an access network confirms nothing but the network. */
unsigned week_evidence(const struct record *record, size_t tx)
{
	unsigned evidence = sample_evidence(record, tx);

	if (record->client_name.presence == PRESENCE_KNOWN && record->client_address.presence == PRESENCE_KNOWN &&
	    name_embeds_address(record->client_name.value, &record->client_address.value))
		evidence &= ~(unsigned)(EVIDENCE_NAME_CONFIRMED | EVIDENCE_NAME_MATCHES);
	return evidence;
}

/* Of what a client may make as long as it likes, enough to be shown. */
static char *copy(struct first_week *week, const char *text)
{
	char *made = text ? strndup(text, TALLY_NAME_MAX) : NULL;

	week->failed |= text && !made;
	return made;
}

static const char *known(const struct text *text)
{
	return text->presence == PRESENCE_KNOWN ? text->value : NULL;
}

/* Does the session come before the one that is shown of the client? */
static bool comes_first(const struct week_client *client, int64_t start_us, const char *id)
{
	if (client->sessions == 0 || start_us != client->start_us)
		return client->sessions == 0 || start_us < client->start_us;
	return id && client->id && strcmp(id, client->id) < 0;
}

static void show_session(struct first_week *week, struct week_client *client, const struct record *record, size_t tx,
			 int64_t start_us)
{
	enum presence presence;
	const struct record_helo *helo = record_greeting(record, tx, &presence);

	free(client->id);
	free(client->name);
	free(client->greeting);
	free(client->sender);
	client->start_us = start_us;
	client->id = copy(week, known(&record->id));
	client->name = copy(week, known(&record->client_name));
	client->greeting = copy(week, helo ? known(&helo->name) : NULL);
	client->sender = copy(week, tx < record->tx_count ? known(&record->tx[tx].sender) : NULL);
}

static uint64_t client_hash(size_t listener, const struct ip *address, const char *helo)
{
	uint64_t hash = hash_bytes((const char *)address->bytes, sizeof address->bytes, 17 + (uint64_t)address->family);

	return hash_mix(hash_bytes(helo, strlen(helo), hash), UINT64_C(0x9e3779b97f4a7c15) + listener) | 1;
}

static void fill_client(struct first_week *week, struct week_client *client, const struct record *record, size_t tx,
			const struct kept_out *kept_out)
{
	bool timed = record->start_us.presence == PRESENCE_KNOWN;
	int64_t start_us = timed ? record->start_us.value : INT64_MAX;

	if (comes_first(client, start_us, known(&record->id)))
		show_session(week, client, record, tx, start_us);
	client->sessions++;
	client->checks |= kept_out->checks;
	client->rules |= kept_out->rules;
	client->evidence |= kept_out->evidence;
	if (timed)
		week_day_add(&client->days, date_of_us(start_us));
}

void week_client_add(struct first_week *week, size_t listener, const struct record *record, size_t tx,
		     const struct kept_out *kept_out)
{
	enum presence presence;
	const struct record_helo *helo = record_greeting(record, tx, &presence);
	struct ip address = { .family = IP_NONE };
	char name[NAME_TEXT_BYTES] = "";
	struct week_client *client;
	uint64_t hash;

	if (record->client_address.presence == PRESENCE_KNOWN)
		address = record->client_address.value;
	if (!helo || helo->name.presence != PRESENCE_KNOWN || !plain_name(helo->name.value, name))
		name[0] = '\0';
	hash = client_hash(listener, &address, name);
	client = find_client(week, hash);
	if (!client)
		return;
	if (client->sessions == 0) {
		client->hash = hash;
		client->listener = listener;
		client->address = address;
		client->redacted = record_is_redacted(record, "client_address");
		client->helo = copy(week, name[0] != '\0' && !record_is_redacted(record, "helo") ? name : NULL);
		week->client_count++;
	}
	fill_client(week, client, record, tx, kept_out);
}

/* --- the candidates --- */

const char week_rule_of_points[] =
	"A client looks legitimate by three points: authenticated 3; delivered 2;\n"
	"spf_pass 2; name_confirmed (by reverse DNS, and the name does not hold the\n"
	"address), name_matches (the EHLO name), several_days, tls 1 each.\n";

static unsigned points_of(unsigned evidence)
{
	static const struct {
		enum evidence evidence;
		unsigned points;
	} weights[] = {
		{ EVIDENCE_AUTHENTICATED, 3 }, { EVIDENCE_DELIVERED, 2 }, { EVIDENCE_SPF_PASS, 2 },
		{ EVIDENCE_NAME_CONFIRMED, 1 }, { EVIDENCE_NAME_MATCHES, 1 }, { EVIDENCE_SEVERAL_DAYS, 1 },
		{ EVIDENCE_TLS, 1 },
	};
	unsigned points = 0;

	for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++)
		if (evidence & weights[i].evidence)
			points += weights[i].points;
	return points;
}

/* The most evidence first, then the most sessions; between equals their hashes decide, which are those of their names. */
static int by_weight(const void *a, const void *b)
{
	const struct week_client *x = *(const struct week_client *const *)a;
	const struct week_client *y = *(const struct week_client *const *)b;

	if (x->points != y->points)
		return x->points > y->points ? -1 : 1;
	if (x->sessions != y->sessions)
		return x->sessions > y->sessions ? -1 : 1;
	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void count_candidate(struct week_listener *listener, const struct week_client *client)
{
	for (size_t id = 0; id < CHECK_COUNT; id++)
		listener->checks[id].candidates += (client->checks >> id) & 1;
	for (size_t i = 0; i < listener->listener->rule_count; i++)
		listener->rules[i].candidates +=
			(client->rules >> (i < WEEK_RULE_LAST ? i : WEEK_RULE_LAST)) & 1;
}

void week_settle(struct first_week *week)
{
	week->candidates = calloc(week->client_count + 1, sizeof(const struct week_client *));
	if (!week->candidates) {
		week->failed = true;
		return;
	}
	for (size_t i = 0; i < week->capacity; i++) {
		struct week_client *client = &week->clients[i];

		if (client->sessions == 0)
			continue;
		if (client->days.first != client->days.last)
			client->evidence |= EVIDENCE_SEVERAL_DAYS;
		client->points = points_of(client->evidence);
		if (client->points < WEEK_POINTS_LEAST)
			continue;
		week->candidates[week->candidate_count++] = client;
		count_candidate(&week->listeners[client->listener], client);
	}
	qsort(week->candidates, week->candidate_count, sizeof(const struct week_client *), by_weight);
}
