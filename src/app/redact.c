/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes out of a record what the policy's privacy says. */
#include "app/redact.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define HASH_BYTES 16		/* 128 bits */
#define REDACTED_MAX 8

static bool hashes(const struct session_log_settings *settings)
{
	return settings->sender == PRIVACY_HASH || settings->client_address == PRIVACY_HASH ||
	       settings->helo == PRIVACY_HASH || settings->sasl_username == PRIVACY_HASH;
}

bool redaction_init(struct redaction *redaction, const struct session_log_settings *settings, const char **error_r)
{
	char digest[DIGEST_TEXT_BYTES];
	size_t length;
	char *bytes;

	*redaction = (struct redaction){ .settings = settings };
	if (!hashes(settings))
		return true;
	if (!file_read(settings->key_path, REDACT_KEY_MAX, &bytes, &length, error_r))
		return false;
	*error_r = "a key shorter than 32 bytes; expected random ones (head -c 32 /dev/urandom)";
	if (length >= REDACT_KEY_MIN) {
		memcpy(redaction->key, bytes, length);
		redaction->key_length = length;
		digest_sha256(bytes, length, digest);
		memcpy(redaction->key_id, digest, sizeof redaction->key_id - 1);
	}
	explicit_bzero(bytes, length);
	free(bytes);
	return redaction->key_length > 0;
}

/* --- one value --- */

static void hash(const struct redaction *redaction, const char *what, const char *value,
		 unsigned char hash_r[HASH_BYTES])
{
	unsigned char digest[DIGEST_BYTES];
	struct buf text;

	/* One value is another hash where it stands for another thing. */
	buf_init(&text);
	buf_addf(&text, "%s:%s", what, value);
	digest_hmac(redaction->key, redaction->key_length, text.text, text.length, digest);
	memcpy(hash_r, digest, HASH_BYTES);
	buf_clear(&text);
}

/* "hash-1a2b-" and 32 digits. */
static bool hash_text(const struct redaction *redaction, const char *what, struct arena *arena, struct text *text)
{
	unsigned char bytes[HASH_BYTES];
	char space[5 + 5 + 2 * HASH_BYTES + 1];
	struct buf out;

	if (text->presence != PRESENCE_KNOWN)
		return true;
	hash(redaction, what, text->value, bytes);
	buf_init_fixed(&out, space, sizeof space);
	buf_addf(&out, "hash-%s-", redaction->key_id);
	for (size_t i = 0; i < sizeof bytes; i++)
		buf_addf(&out, "%02x", bytes[i]);
	text->value = arena_strdup(arena, out.text);
	return text->value;
}

/* "joe@example.org" to "@example.org"; what has no domain is left without its text. */
static void keep_domain(struct text *sender)
{
	const char *at = sender->presence == PRESENCE_KNOWN ? strrchr(sender->value, '@') : NULL;

	if (sender->presence != PRESENCE_KNOWN || sender->value[0] == '\0')
		return;
	if (at)
		sender->value = at;
	else
		sender->presence = PRESENCE_UNKNOWN;
}

/* An address of fd00::/8 (RFC 4193), which stands for one client and tells nothing else of it. */
static void hash_address(const struct redaction *redaction, struct ip *ip)
{
	unsigned char bytes[HASH_BYTES];
	char text[IP_TEXT_BYTES];

	ip_format(ip, text);
	hash(redaction, "client_address", text, bytes);
	bytes[0] = 0xfd;
	*ip = (struct ip){ .family = IP_V6 };
	memcpy(ip->bytes, bytes, sizeof bytes);
}

static void truncate_address(struct ip *ip)
{
	if (ip->family == IP_V4)
		ip->bytes[3] = 0;
	else
		memset(ip->bytes + 6, 0, sizeof ip->bytes - 6);
}

/* --- the fields --- */

static void list(struct record *record, struct arena *arena, const char *key)
{
	if (!record->redacted.items)
		record->redacted.items = arena_array(arena, REDACTED_MAX, sizeof record->redacted.items[0]);
	if (record->redacted.items)
		record->redacted.items[record->redacted.count++] = key;
}

static void redact_address(const struct redaction *redaction, struct record *record, struct arena *arena)
{
	const struct text unknown = { .presence = PRESENCE_UNKNOWN };

	list(record, arena, "client_address");
	if (record->client_address.presence == PRESENCE_KNOWN &&
	    redaction->settings->client_address == PRIVACY_HASH)
		hash_address(redaction, &record->client_address.value);
	else if (record->client_address.presence == PRESENCE_KNOWN)
		truncate_address(&record->client_address.value);
	if (record->client_name.presence == PRESENCE_KNOWN)
		record->client_name = unknown;
	if (record->reverse_client_name.presence == PRESENCE_KNOWN)
		record->reverse_client_name = unknown;
	list(record, arena, "client_name");
	list(record, arena, "reverse_client_name");
}

static bool redact_greetings(const struct redaction *redaction, struct record *record, struct arena *arena)
{
	list(record, arena, "helo");
	for (size_t i = 0; i < record->helo_count; i++)
		if (!hash_text(redaction, "helo", arena, &record->helo[i].name))
			return false;
	return true;
}

static bool redact_senders(const struct redaction *redaction, struct record *record, struct arena *arena)
{
	list(record, arena, "sender");
	for (size_t i = 0; i < record->tx_count; i++) {
		struct text *sender = &record->tx[i].sender;

		switch (redaction->settings->sender) {
		case PRIVACY_DROP:
			sender->presence = PRESENCE_UNKNOWN;
			break;
		case PRIVACY_HASH:
			/* That there is no sender is no secret. */
			if (sender->presence == PRESENCE_KNOWN && sender->value[0] != '\0' &&
			    !hash_text(redaction, "sender", arena, sender))
				return false;
			break;
		case PRIVACY_DOMAIN:
		case PRIVACY_KEEP:
		case PRIVACY_TRUNCATE:
			keep_domain(sender);
		}
	}
	return true;
}

/* Somebody has logged in, whoever it was: that is a fact of its own. */
static bool redact_login(const struct redaction *redaction, struct text *user, struct arena *arena)
{
	if (user->presence != PRESENCE_KNOWN)
		return true;
	if (redaction->settings->sasl_username == PRIVACY_HASH)
		return hash_text(redaction, "sasl_username", arena, user);
	user->value = "";
	return true;
}

static bool redact_logins(const struct redaction *redaction, struct record *record, struct arena *arena)
{
	bool good = redact_login(redaction, &record->sasl_username, arena);

	list(record, arena, "sasl_username");
	for (size_t i = 0; i < record->tx_count && good; i++)
		good = redact_login(redaction, &record->tx[i].sasl_username, arena);
	return good;
}

/* "550 5.5.4 text" to "550 5.5.4". */
static bool cut_reply(struct text *reply, struct arena *arena)
{
	const char *end = reply->presence == PRESENCE_KNOWN ? strchr(reply->value, ' ') : NULL;

	end = end ? strchr(end + 1, ' ') : NULL;
	if (!end)
		return true;
	reply->value = arena_strndup(arena, reply->value, (size_t)(end - reply->value));
	return reply->value;
}

/* Replies and questions are made of what is to be hidden. */
static bool redact_derived(struct record *record, struct arena *arena)
{
	bool good = true;

	list(record, arena, "dns");
	list(record, arena, "reply");
	record->dns_presence = PRESENCE_UNKNOWN;
	for (size_t i = 0; i < record->verdict_count && good; i++)
		good = cut_reply(&record->verdicts[i].outcome.reply, arena) &&
		       cut_reply(&record->verdicts[i].would.reply, arena);
	return good;
}

bool redact(const struct redaction *redaction, struct arena *arena, struct record *record)
{
	const struct session_log_settings *settings = redaction->settings;
	bool good = true;

	if (settings->client_address != PRIVACY_KEEP)
		redact_address(redaction, record, arena);
	if (settings->helo != PRIVACY_KEEP)
		good = redact_greetings(redaction, record, arena);
	if (good && settings->sender != PRIVACY_KEEP)
		good = redact_senders(redaction, record, arena);
	if (good && settings->sasl_username != PRIVACY_KEEP)
		good = redact_logins(redaction, record, arena);
	if (good && (settings->client_address != PRIVACY_KEEP || settings->helo != PRIVACY_KEEP ||
		     settings->sender != PRIVACY_KEEP))
		good = redact_derived(record, arena);
	return good && (record->redacted.count == 0 || record->redacted.items);
}
