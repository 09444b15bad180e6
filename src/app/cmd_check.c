/* SPDX-License-Identifier: BSD-2-Clause */
/* check: is the policy good, can its socket be used, and what does the MTA need? */
#include "app/command.h"
#include "app/listen.h"
#include "app/policy_print.h"
#include "app/postfix_setup.h"
#include "base/buf.h"
#include "base/json.h"
#include "conf/load.h"
#include "mta/milter_line.h"
#include "mta/plain.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 400

struct options {
	const char *policy_path;
	bool print;
	bool strict;
	bool json;
};

/* What was found out beside the policy itself. */
struct findings {
	const char *socket;			/* as in server.socket; of "systemd", that of the socket unit */
	struct listen_spec spec;
	struct postfix_setup postfix;
	bool answers;				/* a milter listens already */
	char postfix_line[LINE_BYTES];		/* main.cf */
	char sendmail_line[LINE_BYTES];		/* sendmail.mc */
};

/* --- the socket and the MTA --- */

/* Is the folder of the path there?  status_r is set if it is. */
static bool find_folder(const char *path, char folder_r[PATH_MAX], struct stat *status_r)
{
	char *slash;

	(void)snprintf(folder_r, PATH_MAX, "%s", path);
	slash = strrchr(folder_r, '/');
	slash[slash == folder_r] = '\0';
	return stat(folder_r, status_r) == 0;
}

/* what: "the socket's"; users: who must reach it. */
static void check_folder(const struct policy *policy, const char *path, const char *what, const char *users, struct diag *diag)
{
	struct place place = { .file = policy->path };
	char folder[PATH_MAX];
	struct stat status;

	if (!find_folder(path, folder, &status))
		diag_warn(diag, place, "%s folder %s is not there; make it, owned by the user of the daemon and open to %s",
			  what, folder, users);
	else if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
		diag_warn(diag, place, "everybody may write in %s folder %s; take that right away (chmod o-w), or the daemon "
			  "will not start", what, folder);
}

/* Another socket than that for the MTA. */
static void check_other_socket(const struct policy *policy, const char *socket, const char *what, const char *users,
			       struct diag *diag)
{
	struct listen_spec spec;
	const char *error;

	if (socket && listen_parse(socket, &spec, &error) && spec.is_unix)
		check_folder(policy, spec.path, what, users, diag);
}

/* systemd makes the folder of the unit in contrib. */
static void check_journal(const struct policy *policy, struct diag *diag)
{
	const struct session_log_settings *log = &policy->server.session_log;
	struct place place = { .file = policy->path };
	char folder[PATH_MAX];
	struct stat status;

	if (log->path && !find_folder(log->path, folder, &status) && strcmp(folder, "/var/log/ehlo-milter") != 0)
		diag_warn(diag, place, "server.session_log: the folder %s is not there; make it, owned by the user of the daemon, "
			  "or no session is recorded", folder);
	if (log->path && log->key_path && access(log->key_path, F_OK) < 0)
		diag_warn(diag, place, "server.session_log.privacy.key_file: %s: %s; without it no session is recorded",
			  log->key_path, strerrordesc_np(errno));
}

/* They are looked up when the daemon starts. */
static void check_accounts(const struct policy *policy, const struct findings *found, struct diag *diag)
{
	const struct server *server = &policy->server;
	struct place place = { .file = policy->path };

	if (server->user && !getpwnam(server->user))
		diag_warn(diag, place, "server.user: there is no user '%s' here; make it, or the daemon will not start",
			  server->user);
	if (server->socket_group && found->spec.is_unix && strcmp(server->socket, SOCKET_SYSTEMD) != 0 &&
	    !getgrnam(server->socket_group))
		diag_warn(diag, place, "server.socket_group: there is no group '%s' here; make it, or the daemon will not start",
			  server->socket_group);
}

static void check_socket(const struct policy *policy, struct findings *found, struct diag *diag)
{
	struct place place = { .file = policy->path };

	found->answers = listen_answers(&found->spec);
	if (!found->spec.is_loopback)
		diag_warn(diag, place, "socket %s is open to other hosts: whoever reaches it can ask for "
			  "verdicts; use a unix socket or 127.0.0.1", found->socket);
	if (!found->spec.is_unix)
		return;
	/* systemd makes the folder of a socket that it opens. */
	if (strcmp(policy->server.socket, SOCKET_SYSTEMD) != 0)
		check_folder(policy, found->spec.path, "the socket's", "the MTA's (mode 0750, group of the MTA)", diag);
	if (found->postfix.chroot && !postfix_setup_inside(&found->postfix, found->spec.path))
		diag_warn(diag, place, "Postfix's smtpd runs chrooted in %s and cannot reach socket %s; move it "
			  "below that folder, or use inet:8897@127.0.0.1", found->postfix.queue_directory,
			  found->spec.path);
}

/*
 * What is only observed is meant to be looked at afterwards.  Said here and not where the policy is loaded: it is advice to
 * whoever writes a policy, not to every start; who has no policy file has nowhere to put the key.
 */
static void check_session_log(const struct policy *policy, struct diag *diag)
{
	struct place place = { .file = policy->path };

	if (policy->server.session_log.path || strcmp(policy->path, POLICY_BUILT_IN_NAME) == 0)
		return;
	for (size_t i = 0; i < policy->listener_count; i++) {
		if (!policy_observes(policy, &policy->listeners[i]))
			continue;
		diag_warn(diag, place, "listener '%s' only observes, and its sessions are not recorded; set server.session_log, "
			  "so that a policy can be tried on them", policy->listeners[i].name);
		return;
	}
}

static void find_lines(const struct policy *policy, struct findings *found, struct diag *diag)
{
	const char *inside = found->spec.is_unix && found->postfix.chroot ?
			     postfix_setup_inside(&found->postfix, found->spec.path) : NULL;
	struct buf line;

	if (!socket_is_plain(found->socket)) {
		diag_error(diag, (struct place){ .file = policy->path, .line = policy->server.socket_line },
			   "server.socket: '%s' cannot stand in the MTA's files; " SOCKET_PLAIN_EXPECTED, found->socket);
		return;
	}
	buf_init_fixed(&line, found->postfix_line, LINE_BYTES);
	buf_add(&line, "smtpd_milters = ");
	milter_line_postfix(found->socket, inside, &line);
	buf_init_fixed(&line, found->sendmail_line, LINE_BYTES);
	milter_line_sendmail(found->socket, &line);
}

/* --- what is printed --- */

static void add_text(struct buf *out, const struct policy *policy, const struct findings *found,
		     const struct diag *diag)
{
	buf_addf(out, "policy: good, %zu warnings\n", diag->warning_count);
	for (size_t i = 0; i < policy->listener_count; i++) {
		const struct listener *listener = &policy->listeners[i];

		buf_addf(out, "listener %s: profile %s, mode %s, answers at %s, %zu exemptions, %zu rules\n",
			 listener->name, profile_word(listener->profile), mode_word(listener->mode),
			 stage_word(listener->reply_at), listener->exempt_count, listener->rule_count);
	}
	if (strcmp(policy->server.socket, SOCKET_SYSTEMD) == 0)
		buf_addf(out, "socket: opened by systemd; its unit may name another one than is taken for it here\n");
	buf_addf(out, "socket: %s, %s\n", found->socket,
		 found->answers ? "a milter listens there" : "nothing listens there yet");
	if (found->postfix.found)
		buf_addf(out, "Postfix: %s, smtpd %s\n", found->postfix.folder,
			 found->postfix.chroot ? "runs chrooted" : "does not run chrooted");
	else
		buf_addf(out, "Postfix: no configuration in %s\n", found->postfix.folder);
	buf_addf(out, "\nPostfix, in main.cf:\n  %s\n\nSendmail, in sendmail.mc:\n  %s\n", found->postfix_line,
		 found->sendmail_line);
}

static void add_json_listeners(struct json *json, const struct policy *policy)
{
	json_open_array(json, "listeners");
	for (size_t i = 0; i < policy->listener_count; i++) {
		const struct listener *listener = &policy->listeners[i];

		json_open_object(json, NULL);
		json_string(json, "name", listener->name);
		json_string(json, "profile", profile_word(listener->profile));
		json_string(json, "mode", mode_word(listener->mode));
		json_string(json, "reply_at", stage_word(listener->reply_at));
		json_close_object(json);
	}
	json_close_array(json);
}

/* policy and found are NULL when the policy has errors. */
static void add_json(struct buf *out, const struct policy *policy, const struct findings *found,
		     const struct diag *diag)
{
	struct json json;

	json_init(&json, out);
	json_open_object(&json, NULL);
	json_string(&json, "policy", policy ? policy->path : NULL);
	json_string(&json, "policy_sha256", policy ? policy->sha256 : NULL);
	command_add_diag(&json, diag);
	if (policy) {
		add_json_listeners(&json, policy);
		json_string(&json, "socket", policy->server.socket);
		json_bool(&json, "listening", found->answers);
		json_open_object(&json, "postfix");
		json_bool(&json, "found", found->postfix.found);
		json_bool(&json, "chroot", found->postfix.chroot);
		json_string(&json, "queue_directory", found->postfix.queue_directory);
		json_close_object(&json);
		json_open_object(&json, "mta");
		json_string(&json, "postfix", found->postfix_line);
		json_string(&json, "sendmail", found->sendmail_line);
		json_close_object(&json);
	}
	json_close_object(&json);
	buf_add_char(out, '\n');
}

static int finish(struct buf *out, int status)
{
	int printed = out->failed ? EXIT_SYSTEM : command_print(out->text, out->length);

	buf_clear(out);
	return printed != EXIT_FINE ? printed : status;
}

static bool add_late(struct diag *diag, const struct diag *late)
{
	for (size_t i = 0; i < late->count; i++) {
		const struct diag_entry *entry = &late->entries[i];

		if (entry->severity == SEVERITY_ERROR)
			diag_error(diag, entry->place, "%s", entry->text);
		else
			diag_warn(diag, entry->place, "%s", entry->text);
	}
	return diag->warning_count > 0;
}

static int report_errors(const struct options *options, const struct diag *diag)
{
	struct buf out;

	buf_init(&out);
	if (options->json)
		add_json(&out, NULL, NULL, diag);
	return finish(&out, command_policy_status(diag));
}

static int check(const struct policy *policy, const struct options *options, struct diag *diag)
{
	struct findings found = { .answers = false };
	const char *error;
	struct diag late;
	struct buf out;
	bool warned;

	buf_init(&out);
	diag_init(&late);
	found.socket = server_socket_seen(&policy->server);
	if (listen_parse(found.socket, &found.spec, &error)) {
		postfix_setup_read(&found.postfix);
		check_socket(policy, &found, &late);
		check_accounts(policy, &found, &late);
		find_lines(policy, &found, &late);
	}
	check_other_socket(policy, policy->server.metrics, "the metrics'", "whoever asks for them", &late);
	check_other_socket(policy, policy->server.socketmap, "the socketmap's", "the MTA's", &late);
	check_journal(policy, &late);
	check_session_log(policy, &late);
	/* The policy's own were printed when it was loaded. */
	command_print_diag(&late);
	warned = add_late(diag, &late);
	if (diag->error_count > 0) {
		diag_clear(&late);
		return report_errors(options, diag);
	}
	if (options->print)
		policy_print(policy, &out);
	else if (options->json)
		add_json(&out, policy, &found, diag);
	else
		add_text(&out, policy, &found, diag);
	diag_clear(&late);
	return finish(&out, options->strict && warned ? EXIT_FINDING : EXIT_FINE);
}

static int run(int argc, char **argv)
{
	struct options options = { .policy_path = NULL };
	struct policy *policy;
	struct diag diag;
	int status;

	if (!command_options(&command_check, argc, argv, &options, &status))
		return status;
	diag_init(&diag);
	policy = command_load_policy(options.policy_path, &diag);
	status = policy ? check(policy, &options, &diag) : report_errors(&options, &diag);
	policy_free(&policy);
	diag_clear(&diag);
	return status;
}

static const struct command_option own_options[] = {
	{ .name = "print", .help = "the effective policy: every listener with every check and its actions",
	  .at = offsetof(struct options, print) },
	{ .name = "json", .instead = true, .help = "the same as without options, for programs",
	  .at = offsetof(struct options, json) },
	{ .name = "strict", .help = "exit status 1 when there are warnings", .at = offsetof(struct options, strict) },
	{ .name = NULL },
};

const struct command command_check = {
	.name = "check",
	.summary = "loads and lints the policy, looks at the socket, prints the MTA's line",
	.options = { { .rows = policy_option }, { .rows = own_options } },
	.about =
		"All errors and warnings of the policy go to standard error, each with FILE:LINE:COLUMN, all in one run; warnings "
		"name the RFC that a setting speaks against. Then: what the listeners are, whether the socket can be used and by a "
		"chrooted Postfix too (main.cf and master.cf are read from $MAIL_CONFIG or /etc/postfix), and the exact lines for "
		"Postfix and Sendmail.",
	.statuses = "0 good; 1 warnings with --strict; 78 errors",
	.examples =
		"ehlo-milter check\n"
		"ehlo-milter check -c policy.yaml --strict\n"
		"ehlo-milter check -c policy.yaml --print | less\n",
	.run = run,
};
