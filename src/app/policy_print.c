/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints a loaded policy. */
#include "app/policy_print.h"

#include "base/clock.h"
#include "core/exempt.h"

static void add_period(struct buf *out, const struct period *period, const char *before, const char *after)
{
	char date[11];

	if (period->since != DATE_NONE) {
		date_format(period->since, date);
		buf_addf(out, "%ssince: %s%s", before, date, after);
	}
	if (period->until != DATE_NONE) {
		date_format(period->until, date);
		buf_addf(out, "%suntil: %s%s", before, date, after);
	}
}

/* "  KEY: 'TEXT'"; nothing where there is no text. */
static void add_text(struct buf *out, const char *key, const char *text)
{
	if (!text)
		return;
	buf_addf(out, "%s: ", key);
	buf_add_yaml(out, text);
	buf_add_char(out, '\n');
}

/* "KEY: ['ONE', 'TWO']"; nothing where there is none. */
static void add_texts(struct buf *out, const char *key, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i == 0)
			buf_addf(out, "%s: [", key);
		else
			buf_add(out, ", ");
		buf_add_yaml(out, texts[i]);
	}
	buf_add(out, count > 0 ? "]\n" : "");
}

/* In the greatest unit that divides it. */
static void add_size(struct buf *out, uint64_t bytes)
{
	static const char units[] = "KMGT";
	size_t unit = 0;

	for (bytes >>= 10; bytes % 1024 == 0 && units[unit + 1] != '\0'; unit++)
		bytes >>= 10;
	buf_addf(out, "%llu%c", (unsigned long long)bytes, units[unit]);
}

static void add_session_log(struct buf *out, const struct session_log_settings *log)
{
	static const char *const words[] = {
		[PRIVACY_KEEP] = "keep", [PRIVACY_DOMAIN] = "domain", [PRIVACY_TRUNCATE] = "truncate",
		[PRIVACY_HASH] = "hash", [PRIVACY_DROP] = "drop",
	};

	if (!log->path)
		return;
	buf_add(out, "  session_log:\n    path: ");
	buf_add_yaml(out, log->path);
	buf_addf(out, "\n    record_all: %s\n    max_size: ", log->record_all ? "true" : "false");
	add_size(out, log->max_bytes);
	buf_addf(out, "\n    max_age: %us\n", log->max_age_s);
	buf_addf(out, "    privacy: { sender: %s, client_address: %s, helo: %s, sasl_username: %s", words[log->sender],
		 words[log->client_address], words[log->helo], words[log->sasl_username]);
	if (log->key_path) {
		buf_add(out, ", key_file: ");
		buf_add_yaml(out, log->key_path);
	}
	buf_add(out, " }\n");
}

static void add_server(struct buf *out, const struct server *server)
{
	static const char *const levels[] = {
		[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info", [LOG_LEVEL_DEBUG] = "debug",
	};

	buf_add(out, "server:\n");
	add_text(out, "  socket", server->socket);
	buf_addf(out, "  socket_mode: \"%04o\"\n", server->socket_mode);
	add_text(out, "  socketmap", server->socketmap);
	/* By an error of the loader what is open is said to be; to say it of what is not changes nothing. */
	if (server->metrics) {
		buf_add(out, "  metrics: { socket: ");
		buf_add_yaml(out, server->metrics);
		buf_add(out, ", open_to_other_hosts: true }\n");
	}
	add_text(out, "  socket_group", server->socket_group);
	add_text(out, "  user", server->user);
	buf_addf(out, "  drain: %ums\n  max_sessions: %u\n  max_sessions_per_client: %u\n", server->drain_ms,
		 server->max_sessions, server->max_sessions_per_client);
	buf_addf(out, "  enforce: %s\n  log_level: %s\n", server->enforce ? "true" : "false",
		 levels[server->log_level]);
	if (server->log_by_terminal)
		buf_add(out, "  # log: stderr on a terminal, else syslog\n");
	else
		buf_addf(out, "  log: %s\n", server->log == LOG_TARGET_STDERR ? "stderr" : "syslog");
	buf_addf(out, "  tag_header: %s\n", server->tag_header);
	add_text(out, "  authserv_id", server->authserv_id);
	add_session_log(out, &server->session_log);
}

static void add_dns(struct buf *out, const struct dns_policy *dns)
{
	buf_add(out, "dns:\n");
	if (dns->server_count == 0)
		buf_add(out, "  servers: system\n");
	add_texts(out, "  servers", dns->servers, dns->server_count);
	buf_addf(out, "  deadline: %ums\n  timeout: %ums\n  cache: %u\n  on_failure: %s\n",
		 dns->deadline_ms, dns->timeout_ms, dns->cache_entries,
		 dns->on_failure == ACTION_TEMPFAIL ? "tempfail" : "pass");
}

static void add_list_size(struct buf *out, const struct list *list)
{
	buf_addf(out, "%zu names, %zu networks, ", list->domains.count, list->networks.count);
	if (list->patterns.count > 0)
		buf_addf(out, "%zu patterns, ", list->patterns.count);
	if (list->zone)
		buf_addf(out, "the DNS list %s, ", list->zone->name);
	buf_addf(out, "%zu other lists\n", list->part_count);
}

/* Lists without a name in the file belong to a key of a listener; their names begin with '('. */
static void add_lists(struct buf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->list_count; i++) {
		const struct list *list = &policy->lists[i];

		if (!list->name || list->name[0] == '(')
			continue;
		buf_addf(out, "# list $%s: ", list->name);
		add_list_size(out, list);
	}
}

static void add_match(struct buf *out, const struct listener *listener)
{
	const struct match *m = &listener->match;
	const char *before = "";
	char address[IP_TEXT_BYTES];

	if (listener->match_any) {
		buf_add(out, "    match: any\n");
		return;
	}
	buf_add(out, "    match:\n");
	for (size_t i = 0; i < m->daemon_port_count; i++, before = ", ")
		buf_addf(out, "%s%u", i == 0 ? "      daemon_port: [" : before, m->daemon_ports[i]);
	buf_add(out, m->daemon_port_count > 0 ? "]\n" : "");
	add_texts(out, "      daemon_name", m->daemon_names, m->daemon_name_count);
	add_texts(out, "      service", m->services, m->service_count);
	for (size_t i = 0; i < m->daemon_addr_count; i++) {
		ip_format(&m->daemon_addrs[i], address);
		buf_addf(out, "%s'%s'", i == 0 ? "      daemon_addr: [" : ", ", address);
	}
	buf_add(out, m->daemon_addr_count > 0 ? "]\n" : "");
	if (m->clients)
		buf_addf(out, "      # client: %zu networks, %zu lists\n", m->clients->networks.count,
			 m->clients->part_count);
}

/* A list is told by its number of entries: it may come from a file, and be long. */
static void add_parameter_list(struct buf *out, const struct parameter *parameter, const struct list *list)
{
	if (!list)
		return;
	buf_addf(out, "        # %s: ", parameter->key);
	add_list_size(out, list);
}

static void add_rollout(struct buf *out, const struct rollout *rollout)
{
	if (rollout->mode != MODE_INHERIT)
		buf_addf(out, ", mode: %s", mode_word(rollout->mode));
	if (rollout->enforce_percent < 100)
		buf_addf(out, ", enforce_percent: %u", rollout->enforce_percent);
	add_period(out, &rollout->period, ", ", "");
}

static void add_replies(struct buf *out, const struct check *check, const struct check_settings *settings)
{
	const char *before = ", reply: {";

	for (size_t i = 0; i < check->outcome_count; i++) {
		enum result result = check->outcomes[i].result;

		if (!settings->replies[result])
			continue;
		buf_addf(out, "%s %s: ", before, result_word(result));
		buf_add_yaml(out, settings->replies[result]);
		before = ",";
	}
	buf_add(out, before[1] == '\0' ? " }" : "");
}

static void add_check(struct buf *out, const struct listener *listener, const struct check *check)
{
	const struct check_settings *settings = &listener->checks[check->id];
	const char *before = "";

	if (settings->off) {
		buf_addf(out, "      %s: off\n", check->name);
		return;
	}
	buf_addf(out, "      %s: {", check->name);
	for (size_t i = 0; i < check->outcome_count; i++) {
		enum result result = check->outcomes[i].result;

		buf_addf(out, "%s %s: %s", before, result_word(result), action_word(settings->actions[result]));
		before = ",";
	}
	for (size_t i = 0; i < check->parameter_count; i++)
		if (check->parameters[i].kind == PARAMETER_WORD)
			buf_addf(out, ", %s: %s", check->parameters[i].key,
				 check->parameters[i].words[settings->words[i]]);
	add_rollout(out, &settings->rollout);
	add_replies(out, check, settings);
	buf_add(out, " }\n");
	for (size_t i = 0; i < check->parameter_count; i++)
		if (check->parameters[i].kind != PARAMETER_WORD)
			add_parameter_list(out, &check->parameters[i], settings->lists[i]);
}

static void add_exempt(struct buf *out, const struct exempt *exempt)
{
	const char *before = "";

	buf_add(out, "      - if: ");
	buf_add_yaml(out, exempt->text);
	buf_add_char(out, '\n');
	if (!exempt->skip_all) {
		buf_add(out, "        skip: [");
		for (size_t i = 0; i < CHECK_COUNT; i++)
			if (exempt_covers(exempt, checks[i], NULL)) {
				buf_addf(out, "%s%s", before, checks[i]->name);
				before = ", ";
			}
		for (size_t i = 0; i < exempt->skip_rule_count; i++, before = ", ")
			buf_addf(out, "%s%s", before, exempt->skip_rules[i]);
		buf_add(out, "]\n");
	}
	add_text(out, "        reason", exempt->reason);
	add_text(out, "        owner", exempt->owner);
	add_period(out, &exempt->period, "        ", "\n");
}

static void add_rule(struct buf *out, const struct rule *rule)
{
	buf_addf(out, "      - name: %s\n        if: ", rule->name);
	buf_add_yaml(out, rule->text);
	buf_addf(out, "\n        then: %s\n", action_word(rule->action));
	add_text(out, "        reply", rule->reply);
	if (rule->rollout.mode != MODE_INHERIT)
		buf_addf(out, "        mode: %s\n", mode_word(rule->rollout.mode));
	if (rule->rollout.enforce_percent < 100)
		buf_addf(out, "        enforce_percent: %u\n", rule->rollout.enforce_percent);
	add_period(out, &rule->rollout.period, "        ", "\n");
}

static void add_setting(struct buf *out, const struct command_setting *setting)
{
	if (!setting->condition) {
		buf_add(out, command_value_word(setting->value));
		return;
	}
	buf_add(out, "{ if: ");
	buf_add_yaml(out, setting->text);
	buf_addf(out, ", then: %s, else: %s }", command_value_word(setting->value),
		 command_value_word(setting->otherwise));
}

static void add_domains(struct buf *out, const char *indent, const struct list *domains)
{
	struct list_source source;
	char domain[300];

	buf_addf(out, "%s  etrn_domains: [", indent);
	for (size_t i = 0; list_domain_at(domains, i, domain, &source); i++)
		buf_addf(out, "%s'%s'", i > 0 ? ", " : "", domain);
	buf_add(out, "]\n");
}

static bool names_extension(const struct commands *commands)
{
	for (size_t i = COMMAND_FIRST_EXTENSION; i < COMMAND_COUNT; i++)
		if (commands->settings[i].value != VALUE_ABSENT)
			return true;
	return false;
}

/* What the file names; an absent key leaves the MTA alone. */
static void add_commands(struct buf *out, const char *indent, const struct commands *commands)
{
	struct buf lines;

	buf_init(&lines);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const char *inner = i < COMMAND_FIRST_EXTENSION ? "" : "  ";

		if (i == COMMAND_FIRST_EXTENSION && names_extension(commands))
			buf_addf(&lines, "%s  extensions:\n", indent);
		if (commands->settings[i].value == VALUE_ABSENT)
			continue;
		buf_addf(&lines, "%s  %s%s: ", indent, inner, command_table[i].key);
		add_setting(&lines, &commands->settings[i]);
		buf_add_char(&lines, '\n');
	}
	if (commands->etrn_domains)
		add_domains(&lines, indent, commands->etrn_domains);
	if (lines.length > 0)
		buf_addf(out, "%scommands:\n%s", indent, lines.text);
	out->failed = out->failed || lines.failed;
	buf_clear(&lines);
}

static void add_outbound_keys(struct buf *out, const struct outbound *outbound, const char **between)
{
	for (size_t i = 0; i < OUTBOUND_COUNT; i++) {
		if (!outbound->settings[i].named)
			continue;
		buf_addf(out, "%s%s: %s", *between, outbound_names[i],
			 outbound_words[i][outbound->settings[i].value]);
		*between = ", ";
	}
}

static void add_outbound(struct buf *out, const struct policy *policy)
{
	const char *between = "";

	if (policy->outbound.line == 0)
		return;
	buf_add(out, "outbound: { ");
	add_outbound_keys(out, &policy->outbound, &between);
	if (policy->transport_count > 0)
		buf_addf(out, "%stransports: { ", between);
	for (size_t i = 0; i < policy->transport_count; i++) {
		buf_addf(out, "%s%s: { ", i > 0 ? ", " : "", policy->transports[i].transport);
		between = "";
		add_outbound_keys(out, &policy->transports[i], &between);
		buf_add(out, " }");
	}
	buf_add(out, policy->transport_count > 0 ? " } }\n" : " }\n");
}

static void add_listener(struct buf *out, const struct listener *listener)
{
	buf_addf(out, "  - name: %s\n", listener->name);
	add_match(out, listener);
	buf_addf(out, "    profile: %s\n    mode: %s\n    reply_at: %s\n    helo_marker: %s\n",
		 profile_word(listener->profile), mode_word(listener->mode), stage_word(listener->reply_at),
		 listener->helo_marker == HELO_MARKER_TRAILING_DOT ? "trailing_dot" : "none");
	buf_addf(out, "    exempt_authenticated: %s\n    exempt_loopback: %s\n",
		 listener->exempt_authenticated ? "true" : "false", listener->exempt_loopback ? "true" : "false");
	add_texts(out, "    always_deliver_to", listener->always_deliver_to, listener->always_deliver_to_count);
	if (listener->exempt_count > 0)
		buf_add(out, "    exempt:\n");
	for (size_t i = 0; i < listener->exempt_count; i++)
		add_exempt(out, &listener->exempts[i]);
	buf_add(out, "    checks:\n");
	for (size_t i = 0; i < CHECK_COUNT; i++)
		add_check(out, listener, checks[i]);
	if (listener->rule_count > 0)
		buf_add(out, "    rules:\n");
	for (size_t i = 0; i < listener->rule_count; i++)
		add_rule(out, &listener->rules[i]);
	add_commands(out, "    ", &listener->commands);
}

void policy_print(const struct policy *policy, struct buf *out)
{
	buf_add(out, "version: 1\n");
	add_server(out, &policy->server);
	add_dns(out, &policy->dns);
	add_lists(out, policy);
	add_commands(out, "", &policy->commands);
	add_outbound(out, policy);
	buf_add(out, "listeners:\n");
	for (size_t i = 0; i < policy->listener_count; i++)
		add_listener(out, &policy->listeners[i]);
}
