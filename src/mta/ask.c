/* SPDX-License-Identifier: BSD-2-Clause */
/* From the text of a question to a session, its listener, and the value that holds for it. */
#include "mta/ask.h"

#include "core/choice.h"
#include "mta/keywords.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Leaves room in a reply for those that the policy adds. */
#define KEPT_BYTES_MAX 2000

/* Every key of one listener for one session. */
static void values_for(const struct policy *policy, const struct listener *listener, const struct session *session,
		       enum command_value values_r[COMMAND_COUNT])
{
	const struct facts facts = { .reverse_by_mta = true };
	const struct context context = {
		.session = session, .facts = &facts, .listener = listener->name, .stage = STAGE_MAIL
	};

	for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
		const struct command_setting setting =
			commands_in_force(&listener->commands, &policy->commands, id);

		values_r[id] = command_value_for(&setting, &context);
	}
}

/* "IPv6:2001:db8::1" is how Sendmail writes an address. */
static struct address address_of(const char *text)
{
	struct address address = { .presence = PRESENCE_NONE };

	if (strncasecmp(text, "IPv6:", 5) == 0)
		text += 5;
	if (text[0] != '\0')
		address.presence = ip_parse(text, &address.value) ? PRESENCE_KNOWN : PRESENCE_UNKNOWN;
	return address;
}

/* --- Postfix --- */

/* The first of "a+b" whose clients hold the address. */
static const struct listener *find_listener(const struct policy *policy, const char *names,
					    const struct session *session)
{
	while (names[0] != '\0') {
		size_t length = strcspn(names, "+");

		for (size_t i = 0; i < policy->listener_count; i++) {
			const struct listener *listener = &policy->listeners[i];
			struct listener by_client = { .match = { .clients = listener->match.clients } };

			if (strlen(listener->name) != length || strncmp(listener->name, names, length) != 0)
				continue;
			if (listener_matches(&by_client, session) == TRI_YES)
				return listener;
		}
		names += length + (names[length] == '+');
	}
	return NULL;
}

/* Those of "dsn+chunking" that the policy does not want listed. */
static void add_kept(struct buf *kept, const char *words, const enum command_value wanted[COMMAND_COUNT])
{
	while (words[0] != '\0') {
		size_t length = strcspn(words, "+");
		char word[40];

		if (length < sizeof word && postfix_keyword_is_word(words, length)) {
			memcpy(word, words, length);
			word[length] = '\0';
			if (!postfix_keyword_is_decided(word, wanted))
				buf_addf(kept, "%s%s", kept->length > 0 ? "," : "", word);
		}
		words += length + (words[length] == '+');
	}
}

/* Cuts text at the next '/'; "" at the end. */
static char *cut(char **rest)
{
	char *part = *rest;
	char *end = part + strcspn(part, "/");

	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return part;
}

static void answer_postfix(const struct policy *policy, char *map, const char *key, struct buf *out)
{
	struct session session = { .mta = MTA_POSTFIX, .client = address_of(key) };
	enum command_value values[COMMAND_COUNT], wanted[COMMAND_COUNT];
	const struct listener *listener;
	const char *listeners, *words;
	struct buf kept;
	size_t before;

	(void)cut(&map);
	listeners = cut(&map);
	words = cut(&map);
	listener = find_listener(policy, listeners, &session);
	if (!listener || session.client.presence != PRESENCE_KNOWN) {
		buf_add(out, "TEMP the policy has changed since mta-config printed this map; print it again");
		return;
	}
	values_for(policy, listener, &session, values);
	postfix_keywords_wanted(values, wanted);
	if (strcmp(map, "reqtls") != 0)
		wanted[COMMAND_REQUIRETLS] = VALUE_ABSENT;
	buf_init(&kept);
	add_kept(&kept, words, wanted);
	if (kept.length > KEPT_BYTES_MAX) {
		buf_add(out, "PERM more keywords than there are");
		buf_clear(&kept);
		return;
	}
	buf_add(out, "OK ");
	before = out->length;
	postfix_add_discards(out, kept.length > 0 ? kept.text : "", wanted, ",");
	if (out->length == before)
		buf_add(out, "silent-discard");	/* an empty value is an error to Postfix */
	out->failed = out->failed || kept.failed;
	buf_clear(&kept);
}

/* --- Sendmail --- */

enum field {
	FIELD_KIND, FIELD_DAEMON, FIELD_PORT, FIELD_ADDRESS, FIELD_RESOLVE, FIELD_TLS, FIELD_AUTH, FIELD_NAME
};

/* Exactly so many fields, or it is no question of ours: a '^' in a name must not move the others. */
static bool split(char *key, char *fields_r[ASK_SENDMAIL_FIELDS])
{
	for (size_t i = 0; i < ASK_SENDMAIL_FIELDS; i++) {
		size_t length = strcspn(key, "^");

		fields_r[i] = key;
		if ((key[length] == '^') != (i + 1 < ASK_SENDMAIL_FIELDS))
			return false;
		key[length] = '\0';
		key += length + 1;
	}
	return true;
}

static struct text text_or_none(const char *value)
{
	return value[0] != '\0' ? text_known(value) : text_none();
}

static struct number port_of(const char *text)
{
	struct number port = { .presence = PRESENCE_NONE };

	if (text[0] == '\0')
		return port;
	port.presence = PRESENCE_UNKNOWN;
	if (strlen(text) > 5 || text[strspn(text, "0123456789")] != '\0')
		return port;
	port.presence = PRESENCE_KNOWN;
	for (; *text != '\0'; text++)
		port.value = port.value * 10 + (unsigned)(*text - '0');
	return port;
}

/* Only a name that Sendmail confirmed is one; with TEMP it is not known whether there is one. */
static struct text client_name_of(char *const fields[ASK_SENDMAIL_FIELDS])
{
	if (strcmp(fields[FIELD_RESOLVE], "OK") == 0)
		return text_or_none(fields[FIELD_NAME]);
	if (strcmp(fields[FIELD_RESOLVE], "TEMP") == 0)
		return (struct text){ .presence = PRESENCE_UNKNOWN };
	return text_none();
}

static void add_value(struct buf *out, enum command_value value, const struct listener *listener)
{
	const char *word = command_value_word(value);

	if (value == VALUE_ABSENT)
		buf_add(out, "OK NONE");
	else
		buf_add(out, "OK ");
	for (; *word != '\0'; word++)
		buf_add_char(out, (char)toupper((unsigned char)*word));
	if (value == VALUE_DOMAIN)
		buf_addf(out, "-%s", listener->name);
}

static void add_features(struct buf *out, const enum command_value values[COMMAND_COUNT])
{
	struct buf letters;

	buf_init(&letters);
	sendmail_add_letters(&letters, values);
	buf_addf(out, "OK %s", letters.length > 0 ? letters.text : "NONE");
	out->failed = out->failed || letters.failed;
	buf_clear(&letters);
}

static struct session sendmail_session(char *const fields[ASK_SENDMAIL_FIELDS])
{
	return (struct session){
		.mta = MTA_SENDMAIL,
		.daemon_name = text_or_none(fields[FIELD_DAEMON]),
		.daemon_port = port_of(fields[FIELD_PORT]),
		.daemon_addr = { .presence = PRESENCE_NONE },
		.listener_service = text_none(),
		.client = address_of(fields[FIELD_ADDRESS]),
		.client_name = client_name_of(fields),
		.tls_version = text_or_none(fields[FIELD_TLS]),
		.auth_user = text_or_none(fields[FIELD_AUTH]),
	};
}

static void answer_sendmail(const struct policy *policy, char *key, struct buf *out)
{
	static const struct {
		const char *kind;
		enum command_id id;
	} kinds[] = {
		{ "vrfy", COMMAND_VRFY }, { "expn", COMMAND_EXPN },
		{ "etrn", COMMAND_ETRN }, { "helo", COMMAND_HELO },
	};
	enum command_value values[COMMAND_COUNT];
	char *fields[ASK_SENDMAIL_FIELDS];
	struct session session;
	struct choice choice;

	if (!split(key, fields)) {
		buf_add(out, "TEMP a question with too few or too many fields");
		return;
	}
	session = sendmail_session(fields);
	choice = choose_listener(policy, &session);
	if (choice.unsure) {
		buf_add(out, "TEMP the listener of this session cannot be told");
		return;
	}
	values_for(policy, choice.listener, &session, values);
	if (strcmp(fields[FIELD_KIND], "features") == 0) {
		add_features(out, values);
		return;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(fields[FIELD_KIND], kinds[i].kind) == 0) {
			add_value(out, values[kinds[i].id], choice.listener);
			return;
		}
	buf_add(out, "PERM an unknown kind of question");
}

void ask_answer(const struct policy *policy, const char *request, struct buf *out)
{
	char copy[ASK_BYTES_MAX + 1];
	size_t length = strlen(request);
	char *key;

	if (length > ASK_BYTES_MAX || !strchr(request, ' ')) {
		buf_add(out, "PERM no map and key");
		return;
	}
	memcpy(copy, request, length + 1);
	key = strchr(copy, ' ');
	*key++ = '\0';
	if (strcmp(copy, ASK_SENDMAIL_MAP) == 0)
		answer_sendmail(policy, key, out);
	else if (strncmp(copy, ASK_POSTFIX_MAP "/", sizeof ASK_POSTFIX_MAP) == 0)
		answer_postfix(policy, copy, key, out);
	else
		buf_add(out, "PERM an unknown map");
}
