/* SPDX-License-Identifier: BSD-2-Clause */
/* server.session_log: where the record of each session goes, how much of it is kept, and what is left out. */
#include "conf/loader.h"

#include <string.h>

#define BYTES_MIN (UINT64_C(1) << 20)	/* an eighth of it, a file, still holds two records of the greatest length */
#define AGE_MIN_S 3600
#define AGE_MAX_S (3650 * 86400)

/* A word of a key, and what it means. */
struct privacy_word {
	const char *word;
	enum privacy privacy;
};

static const char *load_path(struct loader *loader, const struct node *node, const char *expected)
{
	const char *path = load_text(loader, node, expected);

	if (path && (path[0] != '/' || path[strlen(path) - 1] == '/'))
		error_at(loader, node, "'%s' is no absolute path of a file; expected %s", path, expected);
	return path;
}

static void load_log_path(struct loader *loader, const struct node *node, void *target)
{
	struct session_log_settings *log = target;

	log->path = load_path(loader, node, "one such as /var/log/ehlo-milter/sessions.jsonl");
}

static void load_record_all(struct loader *loader, const struct node *node, void *target)
{
	struct session_log_settings *log = target;

	(void)load_bool(loader, node, &log->record_all);
}

static void load_max_size(struct loader *loader, const struct node *node, void *target)
{
	struct session_log_settings *log = target;

	(void)load_size(loader, node, BYTES_MIN, &log->max_bytes);
}

static void load_max_age(struct loader *loader, const struct node *node, void *target)
{
	struct session_log_settings *log = target;

	(void)load_age(loader, node, AGE_MIN_S, AGE_MAX_S, &log->max_age_s);
}

/* --- privacy --- */

static void load_choice_of(struct loader *loader, const struct node *node, const struct privacy_word *choices,
			   enum privacy *privacy)
{
	const char *words[5] = { NULL };
	size_t i;

	for (i = 0; choices[i].word; i++)
		words[i] = choices[i].word;
	if (load_choice(loader, node, words, &i))
		*privacy = choices[i].privacy;
}

static void load_sender(struct loader *loader, const struct node *node, void *target)
{
	static const struct privacy_word words[] = {
		{ "keep", PRIVACY_KEEP }, { "domain", PRIVACY_DOMAIN }, { "hash", PRIVACY_HASH },
		{ "drop", PRIVACY_DROP }, { NULL, PRIVACY_KEEP }
	};

	load_choice_of(loader, node, words, &((struct session_log_settings *)target)->sender);
}

static void load_client_address(struct loader *loader, const struct node *node, void *target)
{
	static const struct privacy_word words[] = {
		{ "keep", PRIVACY_KEEP }, { "truncate", PRIVACY_TRUNCATE }, { "hash", PRIVACY_HASH },
		{ NULL, PRIVACY_KEEP }
	};

	load_choice_of(loader, node, words, &((struct session_log_settings *)target)->client_address);
}

static void load_helo(struct loader *loader, const struct node *node, void *target)
{
	static const struct privacy_word words[] = {
		{ "keep", PRIVACY_KEEP }, { "hash", PRIVACY_HASH }, { NULL, PRIVACY_KEEP }
	};

	load_choice_of(loader, node, words, &((struct session_log_settings *)target)->helo);
}

static void load_sasl_username(struct loader *loader, const struct node *node, void *target)
{
	static const struct privacy_word words[] = {
		{ "keep", PRIVACY_KEEP }, { "hash", PRIVACY_HASH }, { "drop", PRIVACY_DROP }, { NULL, PRIVACY_KEEP }
	};

	load_choice_of(loader, node, words, &((struct session_log_settings *)target)->sasl_username);
}

static void load_key_file(struct loader *loader, const struct node *node, void *target)
{
	struct session_log_settings *log = target;

	log->key_path = load_path(loader, node, "one such as /etc/ehlo-milter/session-log.key");
}

static const struct key privacy_keys[] = {
	{ .name = "sender", .load = load_sender,
	  .help = "keep, domain, hash or drop (default: keep)" },
	{ .name = "client_address", .load = load_client_address,
	  .help = "keep, truncate (to /24 or /48) or hash (to an address of fd00::/8) (default: keep)" },
	{ .name = "helo", .load = load_helo,
	  .help = "keep or hash (default: keep); many a greeting is the client's own name or address" },
	{ .name = "sasl_username", .load = load_sasl_username,
	  .help = "keep, hash or drop (default: keep)" },
	{ .name = "key_file", .load = load_key_file,
	  .help = "at least 32 random bytes" },
};
static const struct key_table privacy_table = KEY_TABLE(privacy_keys);

static bool hashes(const struct session_log_settings *log)
{
	return log->sender == PRIVACY_HASH || log->client_address == PRIVACY_HASH || log->helo == PRIVACY_HASH ||
	       log->sasl_username == PRIVACY_HASH;
}

static void load_privacy(struct loader *loader, const struct node *node, void *target)
{
	struct session_log_settings *log = target;
	size_t errors_before = loader->diag->error_count;

	load_map(loader, node, &privacy_table, log);
	if (loader->diag->error_count > errors_before || node->kind != NODE_MAP)
		return;
	if (hashes(log) && !log->key_path)
		error_at(loader, node, "key 'key_file' is missing; expected the path of a file with the secret of the "
			 "hashes, at least 32 random bytes (head -c 32 /dev/urandom)");
	if (!hashes(log) && log->key_path)
		diag_warn(loader->diag, node_get(node, "key_file")->place, "has no effect: nothing is hashed");
}

/* --- the section --- */

static const struct key log_keys[] = {
	{ .name = "path", .load = load_log_path, .use = KEY_REQUIRED,
	  .expected = "the file, such as /var/log/ehlo-milter/sessions.jsonl",
	  .help =
		  "the file, absolute; opened for appending, mode 0640, never through a symbolic link. Its folder must be there, "
		  "and writable for the daemon" },
	{ .name = "record_all", .load = load_record_all,
	  .help =
		  "true: in mode observe DNS is asked for every check and without regard to exemptions, also for checks that are "
		  "off, so that a stricter policy can be judged by the records. It takes the time that those checks would take if "
		  "they were on, within dns.deadline; verdicts, log lines and headers are what they are without it (default: "
		  "false)" },
	{ .name = "max_size", .load = load_max_size,
	  .help = "of all files together: K, M, G or T behind a number (default: 1G)" },
	{ .name = "max_age", .load = load_max_age,
	  .help =
		  "no record is kept for longer (default: 30d). A file that has reached an eighth of either is renamed to "
		  "PATH.STAMP, such as sessions.jsonl.20261126T030251.123456Z, and the oldest of these are removed. Where another "
		  "program rotates the file, it is opened anew" },
	{ .name = "privacy", .load = load_privacy,
	  .below = &privacy_table,
	  .help =
		  "what stands in place of values. Hashes are the first 128 bits of HMAC-SHA-256 with what is in key_file; equal "
		  "values have equal hashes as long as the key stays. redacted in the record lists what was changed: it is "
		  "unknown when the record is judged again. With client_address its names go too, and with any but sasl_username "
		  "what DNS was asked, and the texts of replies behind their codes, because they tell the same" },
};
const struct key_table session_log_table = KEY_TABLE(log_keys);

void load_session_log(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;

	server->session_log.max_bytes = UINT64_C(1) << 30;
	server->session_log.max_age_s = 30 * 86400;
	load_map(loader, node, &session_log_table, &server->session_log);
}

/* --- what record_all asks --- */

static void turn_on(struct check_settings *settings, const struct check *check)
{
	for (size_t i = 0; i < check->outcome_count; i++)
		settings->actions[check->outcomes[i].result] = ACTION_LOG;
	/* The first word of each parameter is its default: of iprev, that DNS is asked and not the MTA. */
	for (size_t i = 0; i < check->parameter_count; i++)
		settings->words[i] = 0;
	settings->off = false;
	settings->asks_dns = check->dns;
}

void add_recorded_listeners(struct loader *loader)
{
	struct policy *policy = loader->policy;
	struct listener *twins;

	if (!policy->server.session_log.record_all)
		return;
	twins = policy_array(loader, policy->listener_count, sizeof *twins);
	for (size_t i = 0; twins && i < policy->listener_count; i++) {
		twins[i] = policy->listeners[i];
		twins[i].exempts = NULL;
		twins[i].exempt_count = 0;
		twins[i].needs_dns = true;
		for (size_t id = 0; id < CHECK_COUNT; id++)
			turn_on(&twins[i].checks[id], checks[id]);
		policy->listeners[i].recorded = &twins[i];
	}
}
