/* SPDX-License-Identifier: BSD-2-Clause */
/* The milter's line for each MTA. */
#include "mta/milter_line.h"

#include <string.h>

/* Where the specification names no host. */
static const char *own_host(const char *socket)
{
	return strncmp(socket, "inet6:", 6) == 0 ? "[::1]" : "127.0.0.1";
}

void milter_address_postfix(const char *socket, const char *inside, struct buf *out)
{
	const char *host = strchr(socket, '@');
	const char *port = strchr(socket, ':') + 1;

	if (inside)
		buf_addf(out, "unix:%s", inside);
	else if (strncmp(socket, "unix:", 5) == 0)
		buf_add(out, socket);
	else
		/* Postfix writes inet:HOST:PORT, libmilter and Sendmail inet:PORT@HOST. */
		buf_addf(out, "inet:%s:%.*s", host ? host + 1 : own_host(socket), (int)strspn(port, "0123456789"),
			 port);
}

void milter_line_postfix(const char *socket, const char *inside, struct buf *out)
{
	buf_add(out, "{ ");
	milter_address_postfix(socket, inside, out);
	/* No blanks around '=' inside braces: smtpd ends with a fatal error over them. */
	buf_add(out, ", command_timeout=30s, default_action=accept }");
}

void milter_address_sendmail(const char *socket, struct buf *out)
{
	bool complete = strncmp(socket, "unix:", 5) == 0 || strchr(socket, '@');

	buf_addf(out, "%s%s%s", socket, complete ? "" : "@", complete ? "" : own_host(socket));
}

void milter_line_sendmail(const char *socket, struct buf *out)
{
	buf_add(out, "INPUT_MAIL_FILTER(`ehlo-milter', `S=");
	milter_address_sendmail(socket, out);
	buf_add(out, ", T=C:10s;S:10s;R:30s;E:1m')dnl");
}
