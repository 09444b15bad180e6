/* SPDX-License-Identifier: BSD-2-Clause */
/* The section server: socket, user, limits and log. */
#include "conf/loader.h"

#include "base/name.h"
#include "core/reply.h"

#include <string.h>
#include <strings.h>
#include <sys/un.h>

#define HEADER_NAME_MAX 60
#define USER_NAME_MAX 32	/* useradd(8) */
#define DRAIN_MIN_MS 100
#define DRAIN_MAX_MS 3600000
#define SESSIONS_MAX 1000000

static const char socket_expected[] = "inet:PORT[@HOST], inet6:PORT[@[ADDRESS]] or unix:/PATH";
static const char milter_expected[] = "inet:PORT[@HOST], inet6:PORT[@[ADDRESS]], unix:/PATH or systemd";

/* The number before '@' or the end; 0 when there is none that is a port. */
static unsigned port_of(const char *text, size_t length)
{
	unsigned port = 0;

	if (length == 0 || length > 5 || strspn(text, "0123456789") < length)
		return 0;
	for (size_t i = 0; i < length; i++)
		port = port * 10 + (unsigned)(text[i] - '0');
	return port <= 65535 ? port : 0;
}

/* Nothing, "@HOST", "@ADDRESS" of the family, which may stand in brackets. */
static bool is_host(const char *text, enum ip_family family)
{
	struct network network;
	const char *error;

	if (text[0] == '\0')
		return true;
	text++;
	if (network_parse(text, &network, &error) && !strchr(text, '/'))
		return network.ip.family == family && (text[0] != '[' || family == IP_V6);
	return text[0] != '\0' && domain_valid(text, strlen(text));
}

static const char *inet_objection(const char *text, enum ip_family family)
{
	size_t length = strcspn(text, "@");

	if (port_of(text, length) == 0)
		return "the port is no number from 1 to 65535";
	if (!is_host(text + length, family))
		return family == IP_V4 ? "what follows '@' is no IPv4 address and no host name" :
					 "what follows '@' is no IPv6 address and no host name";
	return NULL;
}

static const char *unix_objection(const char *path)
{
	if (path[0] != '/')
		return "the path does not begin with '/'";
	if (strlen(path) >= sizeof ((struct sockaddr_un *)NULL)->sun_path)
		return "the path is longer than a socket's path can be";
	return NULL;
}

static const char *socket_objection(const char *spec)
{
	if (strncmp(spec, "inet:", 5) == 0)
		return inet_objection(spec + 5, IP_V4);
	if (strncmp(spec, "inet6:", 6) == 0)
		return inet_objection(spec + 6, IP_V6);
	if (strncmp(spec, "unix:", 5) == 0)
		return unix_objection(spec + 5);
	return "neither inet:, inet6: nor unix:";
}

static bool is_socket(struct loader *loader, const struct node *node, const char *spec, const char *expected)
{
	const char *objection = socket_objection(spec);

	if (objection)
		error_at(loader, node, "'%s' is no socket: %s; expected %s", spec, objection, expected);
	return !objection;
}

static void load_socket(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;
	const char *spec = load_text(loader, node, milter_expected);

	if (!spec)
		return;
	server->socket = spec;
	server->socket_line = node->place.line;
	if (strcmp(spec, SOCKET_SYSTEMD) != 0)
		(void)is_socket(loader, node, spec, milter_expected);
}

/* As server.socket, but that nobody else can open it for us. */
static void load_socketmap(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;
	const char *spec = load_text(loader, node, socket_expected);

	if (!spec)
		return;
	server->socketmap = spec;
	server->socketmap_line = node->place.line;
	if (is_socket(loader, node, spec, socket_expected) && strcmp(spec, server->socket) == 0)
		error_at(loader, node, "'%s' is the milter's own socket; expected another one", spec);
}

/* Is it for this host alone? */
static bool is_local(const char *spec)
{
	const char *host = strchr(spec, '@');
	struct ip ip;

	if (strncmp(spec, "unix:", 5) == 0)
		return true;
	if (!host)
		return false;
	if (strcmp(++host, "[::1]") == 0 || strcmp(host, "localhost") == 0)
		return true;
	return ip_parse(host, &ip) && ip_is_loopback(&ip);
}

/* What is open to others must be said to be. */
struct metrics_keys {
	const char *socket;
	bool open;
};

static void load_metrics_socket(struct loader *loader, const struct node *node, void *target)
{
	struct metrics_keys *keys = target;
	const char *spec = load_text(loader, node, socket_expected);

	if (spec && is_socket(loader, node, spec, socket_expected))
		keys->socket = spec;
}

static void load_metrics_open(struct loader *loader, const struct node *node, void *target)
{
	struct metrics_keys *keys = target;

	(void)load_bool(loader, node, &keys->open);
}

static const struct key metrics_keys[] = {
	{ .name = "socket", .load = load_metrics_socket, .use = KEY_REQUIRED, .expected = "socket: inet:9878@127.0.0.1",
	  .help = "as metrics" },
	{ .name = "open_to_other_hosts", .load = load_metrics_open,
	  .help = "true: other hosts may reach it" },
};
static const struct key_table metrics_table = KEY_TABLE(metrics_keys);

static void load_metrics(struct loader *loader, const struct node *node, void *target)
{
	struct metrics_keys keys = { .socket = NULL };
	struct server *server = target;

	if (node->kind == NODE_MAP)
		load_map(loader, node, &metrics_table, &keys);
	else
		load_metrics_socket(loader, node, &keys);
	if (!keys.socket)
		return;
	server->metrics = keys.socket;
	if (strcmp(keys.socket, server->socket) == 0 || (server->socketmap && strcmp(keys.socket, server->socketmap) == 0))
		error_at(loader, node, "'%s' is another socket of the daemon; expected one for the metrics alone", keys.socket);
	else if (!keys.open && !is_local(keys.socket))
		error_at(loader, node, "'%s' is open to other hosts, and whoever reaches it reads the metrics; expected "
			 "inet:PORT@127.0.0.1 or unix:/PATH, or metrics: { socket: ..., open_to_other_hosts: true }",
			 keys.socket);
}

static void load_socket_group(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;

	server->socket_group = load_text(loader, node, "the name of a group");
}

static void load_socket_mode(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;
	unsigned mode = 0;

	if (!is_scalar(loader, node, "an octal mode in quotes, such as \"0660\""))
		return;
	/* 0660 without quotes is 432 to one YAML library and 660 to another. */
	if (node->style == STYLE_PLAIN || node->text[0] != '0' || strlen(node->text) != 4 ||
	    strspn(node->text, "01234567") != 4) {
		error_at(loader, node,
			 "'%s' is no mode; expected octal digits in quotes, such as \"0660\"",
			 node->text);
		return;
	}
	for (const char *digit = node->text; *digit; digit++)
		mode = mode * 8 + (unsigned)(*digit - '0');
	server->socket_mode = mode;
}

/* RFC 8601 2.2 takes more, but every MTA and filter takes a name. */
static void load_authserv_id(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;
	const char *id = load_text(loader, node, "a name such as mx.example.org");

	if (id && !domain_valid(id, strlen(id)))
		error_at(loader, node, "'%s' is no name; expected one such as mx.example.org (RFC 8601 2.5)", id);
	server->authserv_id = id;
}

/* RFC 5322 3.6.8, less what would break a header or pass for another one. */
static void load_tag_header(struct loader *loader, const struct node *node, void *target)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	struct server *server = target;
	const char *name = load_text(loader, node, "the name of a header such as X-EHLO-Milter");
	size_t length = name ? strlen(name) : 0;

	if (!name)
		return;
	if (length > HEADER_NAME_MAX || strspn(name, letters) != length || strncasecmp(name, "X-", 2) != 0)
		error_at(loader, node, "'%s' is no name for the header; expected X-, then letters, digits and '-', at "
			 "most %d in all", name, HEADER_NAME_MAX);
	server->tag_header = name;
}

static void load_reply_suffix(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;
	struct reply_error error;

	if (is_cut_by_comment(loader, node))
		return;
	server->reply_suffix = load_text(loader, node, "text that every reply ends with");
	if (server->reply_suffix && !reply_suffix_check(server->reply_suffix, &error))
		diag_error(loader->diag, node_place_at(node, &loader->source, error.offset), "%s", error.text);
}

static void load_enforce(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;

	(void)load_bool(loader, node, &server->enforce);
}

static void load_log_level(struct loader *loader, const struct node *node, void *target)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
		NULL
	};
	struct server *server = target;
	size_t i;

	if (load_choice(loader, node, words, &i))
		server->log_level = (enum log_level)i;
}

static void load_log(struct loader *loader, const struct node *node, void *target)
{
	static const char *const words[] = {
		[LOG_TARGET_STDERR] = "stderr", [LOG_TARGET_SYSLOG] = "syslog", NULL
	};
	struct server *server = target;
	size_t i;

	if (!load_choice(loader, node, words, &i))
		return;
	server->log = (enum log_target)i;
	server->log_by_terminal = false;
}

static void load_user(struct loader *loader, const struct node *node, void *target)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	struct server *server = target;
	const char *user = load_text(loader, node, "the name of a user");
	size_t length = user ? strlen(user) : 0;

	if (user && (length == 0 || length > USER_NAME_MAX || strspn(user, letters) != length))
		error_at(loader, node, "'%s' is no name of a user; expected letters, digits, '-', '_' and '.', at most %d "
			 "in all", user, USER_NAME_MAX);
	server->user = user;
}

static void load_drain(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;

	(void)load_duration(loader, node, DRAIN_MIN_MS, DRAIN_MAX_MS, &server->drain_ms);
}

static void load_max_sessions(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;

	if (!load_number(loader, node, SESSIONS_MAX, &server->max_sessions))
		return;
	if (server->max_sessions == 0)
		error_at(loader, node, "'max_sessions: 0' would put off every session; expected a number from 1 to %d",
			 SESSIONS_MAX);
}

static void load_max_sessions_per_client(struct loader *loader, const struct node *node, void *target)
{
	struct server *server = target;

	(void)load_number(loader, node, SESSIONS_MAX, &server->max_sessions_per_client);
}

static const struct key server_keys[] = {
	{ .name = "socket", .load = load_socket,
	  .help =
		  "where the MTA asks: inet:PORT@ADDRESS, inet6:PORT@[ADDRESS], unix:PATH, or systemd: the one that a socket unit "
		  "opens (default: inet:8897@127.0.0.1)" },
	{ .name = "socket_group", .load = load_socket_group,
	  .help = "group of a unix socket" },
	{ .name = "socket_mode", .load = load_socket_mode,
	  .help = "its mode, in quotes (default: \"0660\")" },
	{ .name = "enforce", .load = load_enforce,
	  .help = "false: nothing is refused anywhere (default: true)" },
	{ .name = "log_level", .load = load_log_level,
	  .help = "error, warning, info or debug (default: info)" },
	{ .name = "log", .load = load_log,
	  .help = "syslog or stderr; without it stderr on a terminal, else syslog" },
	{ .name = "authserv_id", .load = load_authserv_id,
	  .help =
		  "the name under which Authentication-Results is written (RFC 8601 2.5), to every message that is judged, where "
		  "some action is tag; absent: it is not written. Headers under that name, and under that of tag_header, that a "
		  "message brings along are removed" },
	{ .name = "tag_header", .load = load_tag_header,
	  .help = "the header that the action tag adds (default: X-EHLO-Milter)" },
	{ .name = "reply_suffix", .load = load_reply_suffix,
	  .help =
		  "text that every reply ends with, such as an address where to ask; may hold what replies may (default: none)" },
	{ .name = "session_log", .load = load_session_log,
	  .below = &session_log_table,
	  .help =
		  "a record of each session, for explain --id and for trying other policies on it (default: none). One line of "
		  "JSON when the session ends: who came and from where, greetings and transactions with their times, what was "
		  "judged and answered, and what DNS said. Recipients are never written" },
	{ .name = "user", .load = load_user,
	  .help =
		  "whom the daemon becomes after it has opened its sockets, when it is started as root (default: ehlo-milter, if "
		  "there is such a user)" },
	{ .name = "drain", .load = load_drain,
	  .help = "how long open sessions may take to end when the daemon ends (default: 30s)" },
	{ .name = "max_sessions", .load = load_max_sessions,
	  .help = "sessions at a time; more are put off with 451. Each takes a file descriptor (default: 10000)" },
	{ .name = "max_sessions_per_client", .load = load_max_sessions_per_client,
	  .help =
		  "sessions of one address at a time, for IPv6 of one /64; more are put off with 451. Loopback is not counted; 0: "
		  "any number (default: 0)" },
	{ .name = "socketmap", .load = load_socketmap,
	  .help =
		  "where the MTA asks what hangs on the client, when commands has conditions: as socket, another one, not systemd" },
	{ .name = "metrics", .load = load_metrics,
	  .below = &metrics_table,
	  .help =
		  "where the figures of the daemon are asked for over HTTP (default: nowhere): inet:9878@127.0.0.1, "
		  "inet6:9878@[::1] or unix:/PATH, the latter with the mode and group of socket. They tell how much mail comes "
		  "and what is done with it, so an address that other hosts can reach must be said to be meant: a map of the two "
		  "keys below" },
};
const struct key_table server_table = KEY_TABLE(server_keys);

void load_server(struct loader *loader, const struct node *node, void *target)
{
	struct policy *policy = target;

	policy->server = (struct server){
		.socket = "inet:8897@127.0.0.1",
		.socket_mode = 0660,
		.tag_header = "X-EHLO-Milter",
		.enforce = true,
		.drain_ms = 30000,
		.max_sessions = 10000,
		.log_level = LOG_LEVEL_INFO,
		.log_by_terminal = true,
	};
	if (node)
		load_map(loader, node, &server_table, &policy->server);
}
