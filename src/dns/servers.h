/* SPDX-License-Identifier: BSD-2-Clause */
/* The name servers to ask: from the settings, or from the system. */
#ifndef DNS_SERVERS_H
#define DNS_SERVERS_H

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define RESOLV_CONF "/etc/resolv.conf"
#define SERVERS_MAX 8
#define SERVER_TEXT_BYTES (IP_TEXT_BYTES + 8)

struct server {
	struct ip ip;
	uint16_t port;
};

struct servers {
	struct server list[SERVERS_MAX];
	size_t count;		/* at least 1 */
	bool of_system;		/* and not of the settings */
	struct stat file;	/* then /etc/resolv.conf, as it was when it was read; zeros: it was not there */
};

/* "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]", "[2001:db8::53]:53". */
bool server_parse(const char *text, struct server *server_r);

/* With its port: "192.0.2.53:53", "[2001:db8::53]:53". */
void server_format(const struct server *server, char text_r[SERVER_TEXT_BYTES]);

/*
 * Those of texts, or without any those of /etc/resolv.conf.  false: *error_r is a constant that says what
 * is wrong.  Warnings go to the log.
 */
bool servers_load(const char *const *texts, size_t count, struct servers *servers_r, const char **error_r);

/* Does /etc/resolv.conf name others now than those, which were loaded from there?  Then they are in now_r. */
bool servers_changed(struct servers *servers, struct servers *now_r);

/*
 * The nameserver lines of resolv.conf(5), SERVERS_MAX of them; 127.0.0.1 when there is none.  What cannot
 * be used is left out and logged, path in front.  length bytes.
 */
void servers_from_resolv_conf(const char *path, const char *text, size_t length, struct servers *servers_r);

#endif
