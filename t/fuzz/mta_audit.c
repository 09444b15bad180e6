/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes what a server answers to the audit: it comes to its points whatever is answered, prints them in plain lines, and
 * sends no mail.  The first byte chooses what is asked, the second what the policy answers; then come the bytes of the
 * first connection and, behind a line "=== next ===", those of the second.
 */
#include "mta.h"

#include "base/clock.h"
#include "mta/audit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 25

enum flag { FLAG_STARTTLS = 1, FLAG_BARE_LF = 2, FLAG_XCLIENT = 4, FLAG_POSTFIX = 8, FLAG_BACKUP = 16 };

struct part {
	const uint8_t *bytes;
	size_t size;
};

static struct part parts[2];
static unsigned connection_count;
static int server = -1;		/* the other end of the connection at hand */
static struct audit_expected wanted;

/* --- the server --- */

/* Never DATA or BDAT: nothing that could become a mail. */
static void check_sent(bool encrypted)
{
	char sent[20000];
	ssize_t length = read(server, sent, sizeof sent - 1);

	if (length <= 0 || encrypted)
		return;
	sent[length] = '\0';
	promise(strlen(sent) == (size_t)length && sent[length - 1] == '\n');
	for (const char *line = sent; *line != '\0'; line = strchr(line, '\n') + 1)
		promise(strncasecmp(line, "DATA", 4) != 0 && strncasecmp(line, "BDAT", 4) != 0);
}

static void hang_up(bool encrypted)
{
	if (server < 0)
		return;
	check_sent(encrypted);
	(void)close(server);
	server = -1;
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t bytes);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *bytes);

/* In place of a server: all that it will ever say is there already. */
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t bytes)
{
	const struct part *part = &parts[connection_count % 2];
	int ends[2];

	(void)address;
	(void)bytes;
	connection_count++;
	if (server >= 0)
		(void)close(server);
	promise(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	promise(part->size == 0 || send(ends[1], part->bytes, part->size, MSG_NOSIGNAL) == (ssize_t)part->size);
	promise(shutdown(ends[1], SHUT_WR) == 0);
	promise(dup3(ends[0], fd, O_CLOEXEC) == fd);
	(void)close(ends[0]);
	server = ends[1];
	return 0;
}

int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *bytes)
{
	const struct sockaddr_in local = {
		.sin_family = AF_INET, .sin_port = htons(40000), .sin_addr.s_addr = htonl(0xcb007109)
	};

	(void)fd;
	memcpy(address, &local, sizeof local);
	*bytes = sizeof local;
	return 0;
}

/* --- the audit --- */

static bool expect(const struct audit_request *request, const struct session *session,
		   struct audit_expected *expected_r)
{
	(void)request;
	(void)session;
	*expected_r = wanted;
	return true;
}

static void choose_expected(uint8_t byte)
{
	static const enum answer answers[] = { ANSWER_ACCEPT, ANSWER_TEMPFAIL, ANSWER_REJECT };
	static const char *const replies[] = { "", "451 4.4.3 later", "550 5.7.1 no" };
	unsigned which = byte % 3;

	wanted = (struct audit_expected){
		.answer = answers[which], .stage = byte & 8 ? STAGE_EHLO : STAGE_MAIL, .exemption_unknown = byte & 4
	};
	(void)snprintf(wanted.reply, sizeof wanted.reply, "%s", replies[which]);
}

static void check_report(const struct audit_report *report)
{
	size_t findings = 0, open = 0;

	for (const struct audit_point *point = report->points; point; point = point->next) {
		promise(point->name && point->asked && point->expected && point->found && point->text);
		promise(point->verdict == AUDIT_OK || point->text[0] != '\0');
		findings += point->verdict == AUDIT_FINDING;
		open += point->verdict == AUDIT_OPEN;
	}
	promise(report->points && findings == report->finding_count && open == report->open_count);
	promise(report->command_count <= AUDIT_COMMANDS_MAX);
}

static void check_printing(const struct audit_report *report, const struct audit_request *request, struct buf *text)
{
	struct buf json;

	audit_text(report, request, text);
	fuzz_check_lines(text);
	for (const char *c = text->text; *c != '\0'; c++)
		promise(*c == '\n' || (*c >= 0x20 && *c <= 0x7e));
	buf_init(&json);
	audit_json(report, request, &json);
	fuzz_check_json(&json);
	buf_clear(&json);
}

static void audit(unsigned flags, struct buf *text)
{
	const struct policy *policy = fuzz_policy();
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(0xc6336401)
	};
	struct addrinfo addresses = { .ai_addr = (struct sockaddr *)&address, .ai_addrlen = sizeof address };
	struct ip claimed;
	struct audit_request request = {
		.policy = policy,
		.listener = policy_find_listener(policy, flags & FLAG_BACKUP ? "backup" : "mx"),
		.target = "mx.example.org:25",
		.addresses = &addresses,
		.xclient = flags & FLAG_XCLIENT ? &claimed : NULL,
		.known = "postmaster@example.org",
		.ehlo = "audit.example.net",
		.starttls = flags & FLAG_STARTTLS,
		.bare_lf = flags & FLAG_BARE_LF,
		.mta = flags & FLAG_POSTFIX ? MTA_POSTFIX : MTA_UNKNOWN,
		.deadline_us = clock_monotonic_us() + 60 * US_PER_SECOND,
		.expect = expect,
	};
	struct audit_report report;
	struct arena arena;

	promise(ip_parse("192.0.2.9", &claimed));
	arena_init(&arena, NULL, 0, 16384);
	connection_count = 0;
	switch (audit_run(&request, &arena, &report)) {
	case AUDIT_DONE:
		check_report(&report);
		check_printing(&report, &request, text);
		break;
	case AUDIT_UNREACHABLE:
		promise(report.error);
		break;
	case AUDIT_NO_MEMORY:
		promise(false);
	}
	hang_up(request.starttls);
	arena_clear(&arena);
}

static void split(const uint8_t *data, size_t size)
{
	static const char line[] = "\n=== next ===\n";
	const uint8_t *found = size > 0 ? memmem(data, size, line, sizeof line - 1) : NULL;

	parts[0] = (struct part){ data, found ? (size_t)(found - data) + 1 : size };
	parts[1] = (struct part){ NULL, 0 };
	if (found) {
		parts[1].bytes = found + sizeof line - 1;
		parts[1].size = size - (size_t)(parts[1].bytes - data);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once, again;

	if (size < 2 || size > 100000)
		return 0;
	split(data + 2, size - 2);
	choose_expected(data[1]);
	buf_init(&once);
	buf_init(&again);
	audit(data[0], &once);
	audit(data[0], &again);
	promise(once.length == again.length && memcmp(once.text, again.text, once.length) == 0);
	buf_clear(&again);
	buf_clear(&once);
	return 0;
}
