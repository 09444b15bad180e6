/* SPDX-License-Identifier: BSD-2-Clause */
/* What the load_*.c files share: the load under way, tables of keys, and values of each type. */
#ifndef CONF_LOADER_H
#define CONF_LOADER_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/name.h"
#include "conf/node.h"
#include "conf/source.h"
#include "core/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct loader {
	struct diag *diag;
	struct policy *policy;		/* what is filled */
	struct arena *kept;		/* of what is loaded, the policy's own: its strings are copies there */
	struct source source;
	struct arena arena;		/* dies with the load: nodes, work space */
	const struct node *root;
	size_t list_capacity;
	size_t named_list_count;	/* the first of policy->lists: built in, or in lists */
	int32_t today;			/* days since 1970-01-01 UTC */
	bool no_memory;
};

/*
 * A key of a map, and all that there is to know of it.  Keys are loaded in the order of their
 * table, which is not that of the file: a row may rely on those above it.
 */
enum key_use {
	KEY_OPTIONAL,
	KEY_REQUIRED,
	KEY_ALWAYS	/* load() is called with NULL where it is absent */
};

struct key {
	const char *name;
	/* NULL: the key is known, but not supported yet. */
	void (*load)(struct loader *loader, const struct node *value, void *target);
	enum key_use use;
	const char *expected;	/* of a required key: what to write */
	const char *help;	/* for the manual: what it is, and what holds without it; of the keys of the policy */
	const struct key_table *below;	/* the keys of its value, where that is a map */
	const char *each;		/* how they are reached: ".NAME" below it, "[]" in a list; NULL: directly */
};

struct key_table {
	const struct key *keys;
	size_t count;
};

/* Those of the policy file: each in the file that loads it. */
extern const struct key_table policy_table, server_table, session_log_table, dns_table, list_table, zone_table, listener_table,
	match_table, exempt_table, rule_table, commands_table, outbound_table;

#define KEY_TABLE(keys) { (keys), COUNT_OF(keys) }

/* load_map.c: maps and their keys, and the messages about both */
void error_at(struct loader *loader, const struct node *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void load_map(struct loader *loader, const struct node *node, const struct key_table *table,
	      void *target);
void error_not_yet(struct loader *loader, const struct node *at, const char *name);

/* The words that may stand at a place; messages list the first of them, and guess at all. */
struct words {
	const char *const *words;
	size_t count;
	size_t listed;
};

/* "unknown WHAT 'x'; did you mean 'y'?", or "...; expected a, b or c". */
void error_unknown(struct loader *loader, const struct node *at, const char *what,
		   const struct words *words);

struct buf;
/* "a, b or c" */
void add_joined(struct buf *buf, const char *const *words, size_t count);

/* load_value.c: each reports what does not fit, and then returns false or NULL */
bool is_map(struct loader *loader, const struct node *node, const char *expected);
bool is_scalar(struct loader *loader, const struct node *node, const char *expected);
/* As is_scalar(), for values that may begin with any character: says when quotes are missing. */
bool is_text(struct loader *loader, const struct node *node, const char *expected);
/* One scalar, or a sequence of them. */
bool is_items(struct loader *loader, const struct node *node, const char *expected);
const struct node *first_item(const struct node *node);
const struct node *next_item(const struct node *node, const struct node *item);
size_t item_count(const struct node *node);

const char *load_text(struct loader *loader, const struct node *node, const char *expected);
const char **load_texts(struct loader *loader, const struct node *node, const char *expected,
			size_t *count_r);
bool load_bool(struct loader *loader, const struct node *node, bool *value_r);
bool load_number(struct loader *loader, const struct node *node, unsigned max, unsigned *value_r);
/* words end with NULL; *index_r is that of the word. */
bool load_choice(struct loader *loader, const struct node *node, const char *const *words,
		 size_t *index_r);
/* "500ms", "5s", "2m", "1h" or "14d", from min_ms to max_ms. */
bool load_duration(struct loader *loader, const struct node *node, unsigned min_ms, unsigned max_ms, unsigned *ms_r);
/* The same in seconds, for what takes days. */
bool load_age(struct loader *loader, const struct node *node, uint32_t min_s, uint32_t max_s, uint32_t *seconds_r);
/* "512M", "1G": K, M, G and T are powers of 1024. */
bool load_size(struct loader *loader, const struct node *node, uint64_t min_bytes, uint64_t *bytes_r);
bool load_date(struct loader *loader, const struct node *node, int32_t *date_r);
/* Of a listener or rule: letters, digits, '-', '_', '.'; at most 32, as replies reckon with. */
const char *load_name(struct loader *loader, const struct node *node);
void load_mode(struct loader *loader, const struct node *node, enum mode *mode_r);
/* Of period: the keys since and until. */
void load_since(struct loader *loader, const struct node *node, struct period *period);
void load_until(struct loader *loader, const struct node *node, struct period *period);
/* That something is within it; load_until() does so where since is loaded before it. */
void check_period(struct loader *loader, const struct node *until, const struct period *period);
/* Memory that is kept; NULL sets no_memory. */
void *policy_array(struct loader *loader, size_t count, size_t size);
const char *policy_copy(struct loader *loader, const char *text);
/* Plain text with a comment behind it on its line: meant as part of the value, as likely as not. */
bool is_cut_by_comment(struct loader *loader, const struct node *node);

/* load_server.c */
void load_server(struct loader *loader, const struct node *node, void *policy);

/* load_session_log.c */
void load_session_log(struct loader *loader, const struct node *node, void *server);
/* With record_all: each listener's twin, of which every check is on. */
void add_recorded_listeners(struct loader *loader);

/* load_dns.c */
void load_dns(struct loader *loader, const struct node *node, void *policy);

/* load_lists.c */
void load_lists(struct loader *loader, const struct node *node, void *policy);

/* load_items.c: the entries of a list, in the policy file */
enum item_kind {
	ITEMS_NETWORKS = 1,
	ITEMS_DOMAINS = 2,
	ITEMS_BOTH = 3,
	ITEMS_PATTERNS = 8,
	ITEMS_NETWORKS_AND_LITERALS = 5	/* also "[a.b.c.d]", which YAML reads as a list of one */
};
void load_items(struct loader *loader, const struct node *node, struct list *list,
		enum item_kind kind);
/* A list that has no name of its own, for a value such as match.client. */
const struct list *load_unnamed_list(struct loader *loader, const struct node *node,
				     enum item_kind kind);
struct list *list_new(struct loader *loader, const char *name);
/* Replaces the parts by all that they include, each once: the list itself, if they lead to it. */
void list_flatten(struct loader *loader, struct list *list);

/* load_zone.c: the key dns_zone of a list */
void load_zone(struct loader *loader, const struct node *node, struct list *list);

/* load_list_file.c */
void load_list_file(struct loader *loader, const struct node *node, struct list *list,
		    enum item_kind kind);
/* ".example", "*.example", "example" to a name and its scope; false: no domain. */
bool domain_item_parse(const char *text, size_t length, char domain_r[NAME_TEXT_BYTES],
		       unsigned *scope_r);
extern const char domain_item_expected[];

/* load_listeners.c, load_match.c */
void load_listeners(struct loader *loader, const struct node *node, void *policy);
void load_match(struct loader *loader, const struct node *node, void *listener);

/* load_reply.c: reply templates, with the suffix of the section server behind them */
/* NULL with the error told: it does not fit the action, or could be too long. */
const char *load_reply_text(struct loader *loader, const struct node *node, enum action action);
/* A template of ours for action (reject or tempfail); NULL: memory is out. */
const char *default_reply(struct loader *loader, const char *template, enum action action);
/* The key reply of a check, whose actions are known: text, or a map of results to texts. */
void load_check_reply(struct loader *loader, const struct node *node, const struct check *check,
		      struct check_settings *settings);

/* load_checks.c */
void load_checks(struct loader *loader, const struct node *node, void *listener);
/* reject, tempfail, quarantine, tag, log, off. */
bool load_action(struct loader *loader, const struct node *node, enum action *action_r);
/* "'CHECK' has no action for the result 'x'; expected ..." */
void error_no_result(struct loader *loader, const struct node *key, const struct check *check);
/* The names of all checks; returns their number. */
size_t check_names(const char *names_r[CHECK_COUNT]);

/* load_commands.c: at the top level, of a listener, and the warnings about either */
void load_policy_commands(struct loader *loader, const struct node *node, void *policy);
void load_listener_commands(struct loader *loader, const struct node *node, void *listener);
void lint_commands(struct loader *loader, const struct commands *own, const struct node *map);

/* load_outbound.c */
void load_outbound(struct loader *loader, const struct node *node, void *policy);

/* load_rules.c */
void load_rules(struct loader *loader, const struct node *node, void *listener);

/* load_exempts.c */
void load_exempts(struct loader *loader, const struct node *node, void *listener);

/* load_condition.c: the expression of a rule (rule not NULL) or an exemption */
struct expr *load_condition(struct loader *loader, const struct node *node,
			    const struct listener *listener, const struct rule *rule);

/* lint.c: warnings about a policy that has no errors */
void lint_policy(struct loader *loader);

/* lint_reach.c: what is never reached, or never true; node is the listener's */
void lint_reach(struct loader *loader, const struct listener *listener, const struct node *node);

#endif
