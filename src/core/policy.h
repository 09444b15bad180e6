/* SPDX-License-Identifier: BSD-2-Clause */
/* A loaded policy: immutable, shared by all threads. */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/ip.h"
#include "base/log.h"
#include "core/check.h"
#include "core/commands.h"
#include "core/expr.h"
#include "core/list.h"
#include "core/rollout.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stdint.h>

#define POLICY_NAME_BYTES_MAX 32	/* of listeners, lists and rules; reply templates reckon with it */
#define SOCKET_SYSTEMD "systemd"	/* server.socket: whoever starts the daemon has opened it */

/* A key of match that is not in the file has count 0 and matches everything. */
struct match {
	const unsigned *daemon_ports;
	size_t daemon_port_count;
	const char **daemon_names;
	size_t daemon_name_count;
	const char **services;
	size_t service_count;
	struct ip *daemon_addrs;
	size_t daemon_addr_count;
	const struct list *clients;	/* NULL: any */
};

/* skip: what it loosens. */
struct exempt {
	const char *text;		/* of the expression, as written */
	struct expr *condition;
	bool skip_all;			/* no skip in the file */
	uint32_t skip_checks;		/* bit per check_id */
	const char **skip_rules;	/* names */
	size_t skip_rule_count;
	const char *reason;		/* NULL where not given */
	const char *owner;
	struct period period;
	unsigned line;
};

struct rule {
	const char *name;
	const char *text;		/* of the expression */
	struct expr *condition;
	enum action action;
	const char *reply;		/* template that fits the action; NULL unless reject or tempfail */
	struct rollout rollout;
	bool needs_dns;
	unsigned line;
};

enum helo_marker { HELO_MARKER_NONE, HELO_MARKER_TRAILING_DOT };

struct listener {
	const char *name;
	struct match match;
	bool match_any;
	enum profile profile;
	enum mode mode;
	enum stage reply_at;
	enum helo_marker helo_marker;
	bool exempt_authenticated;
	bool exempt_loopback;
	const char **always_deliver_to;
	size_t always_deliver_to_count;
	struct exempt *exempts;
	size_t exempt_count;
	struct check_settings checks[CHECK_COUNT];
	struct rule *rules;
	size_t rule_count;
	bool needs_dns;			/* some check, rule or exemption does */
	/* Templates for what is no finding of a check or rule; NULL: the defaults of core/reply.h. */
	const char *reply_exemption_unknown;
	const char *reply_resolver_down;
	struct commands commands;	/* what it names itself: commands_in_force() knows the top level */
	unsigned mode_line, checks_line, exempt_line;	/* of these keys; 0: not in the file */
	/*
	 * With record_all: the same with every check on and without exemptions of the file, for its questions alone.
	 * NULL: nothing is asked but what the judgement needs.
	 */
	const struct listener *recorded;
	unsigned line;
};

/* How a value stands in the session log. */
enum privacy { PRIVACY_KEEP, PRIVACY_DOMAIN, PRIVACY_TRUNCATE, PRIVACY_HASH, PRIVACY_DROP };

/* server.session_log: where the record of each session goes, and what of it. */
struct session_log_settings {
	const char *path;		/* NULL: no record is kept of any session */
	bool record_all;		/* in mode observe every check's questions are asked */
	uint64_t max_bytes;		/* of all files of the log together */
	uint32_t max_age_s;
	enum privacy sender;		/* keep, domain, hash or drop */
	enum privacy client_address;	/* keep, truncate or hash */
	enum privacy helo;		/* keep or hash */
	enum privacy sasl_username;	/* keep, hash or drop */
	const char *key_path;		/* of the key for hashes; NULL where none is hashed */
};

struct server {
	const char *socket;		/* as written */
	unsigned socket_line;		/* 0: not in the file */
	const char *socketmap;		/* where the MTA asks for settings that hang on the client; NULL: nowhere */
	unsigned socketmap_line;
	const char *metrics;		/* where the metrics are asked for over HTTP; NULL: nowhere */
	const char *socket_group;	/* NULL: unchanged */
	const char *user;		/* NULL: ehlo-milter, when started as root */
	const char *authserv_id;	/* of Authentication-Results; NULL: none is written */
	const char *tag_header;		/* name of the header that the action tag adds */
	const char *reply_suffix;	/* stands in every template already; NULL: none */
	unsigned socket_mode;
	unsigned drain_ms;		/* for open sessions, when the daemon ends */
	unsigned max_sessions;
	unsigned max_sessions_per_client;	/* 0: any number */
	bool enforce;
	enum log_level log_level;
	bool log_by_terminal;		/* no log key: stderr on a terminal, else syslog */
	enum log_target log;
	struct session_log_settings session_log;
};

struct dns_policy {
	const char **servers;		/* count 0: the system's */
	size_t server_count;
	unsigned deadline_ms;		/* for all questions of one SMTP command */
	unsigned timeout_ms;		/* for one question */
	unsigned cache_entries;
	/* Instead of every action of a temperror while the resolver is down: off or tempfail. */
	enum action on_failure;
};

struct policy {
	struct arena arena;
	const char *path;		/* of its file, or "(built-in)" */
	char sha256[DIGEST_TEXT_BYTES];	/* of the policy file's bytes */
	struct server server;
	struct dns_policy dns;
	struct list *lists;		/* the built-in ones first */
	size_t list_count;
	struct listener *listeners;	/* the last has match_any */
	size_t listener_count;
	struct commands commands;	/* inherited by every listener */
	struct outbound outbound;	/* for all transports */
	struct outbound *transports;
	size_t transport_count;
	bool observe;			/* run --observe: caps every mode */
};

/* Where an MTA finds the milter: server.socket, or what the socket unit opens that comes with the daemon. */
const char *server_socket_seen(const struct server *server);

/* Zeroed but for the arena; NULL when memory is out. */
struct policy *policy_new(void);
void policy_free(struct policy **policy);

const struct list *policy_find_list(const struct policy *policy, const char *name);
const struct listener *policy_find_listener(const struct policy *policy, const char *name);

/* The first stage at which some listener may answer. */
enum stage policy_first_reply(const struct policy *policy);

/* Does some listener answer at RCPT? */
bool policy_needs_rcpt(const struct policy *policy);

/* Is the session only observed, whatever its listener's checks and rules say for themselves? */
bool policy_observes(const struct policy *policy, const struct listener *listener);

/* Does some listener ask DNS, for its judgement or for the record? */
bool policy_needs_dns(const struct policy *policy);

/* Has some listener the action, for a check or in a rule? */
bool policy_has_action(const struct policy *policy, enum action action);

#endif
