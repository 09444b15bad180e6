/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads addresses of name servers. */
#include "dns/servers.h"

#include "base/file.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESOLV_CONF_BYTES_MAX 65536
#define PORT 53

/* 1 to 65535, decimal, nothing else. */
static bool parse_port(const char *text, uint16_t *port_r)
{
	unsigned port = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c < '0' || *c > '9' || c - text >= 5)
			return false;
		port = port * 10 + (unsigned)(*c - '0');
	}
	*port_r = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

bool server_parse(const char *text, struct server *server_r)
{
	const char *colon = strchr(text, ':'), *close = strchr(text, ']');

	server_r->port = PORT;
	if (text[0] == '[')
		return close && ip_parse_bytes(text + 1, (size_t)(close - text) - 1, &server_r->ip) &&
		       memchr(text, ':', (size_t)(close - text)) &&
		       (close[1] == '\0' || (close[1] == ':' && parse_port(close + 2, &server_r->port)));
	if (colon && !strchr(colon + 1, ':'))
		return ip_parse_bytes(text, (size_t)(colon - text), &server_r->ip) &&
		       parse_port(colon + 1, &server_r->port);
	return ip_parse(text, &server_r->ip);
}

void server_format(const struct server *server, char text_r[SERVER_TEXT_BYTES])
{
	bool is_v6 = server->ip.family == IP_V6;
	char ip[IP_TEXT_BYTES];

	ip_format(&server->ip, ip);
	(void)snprintf(text_r, SERVER_TEXT_BYTES, "%s%s%s:%u", is_v6 ? "[" : "", ip, is_v6 ? "]" : "",
		       server->port);
}

/* --- resolv.conf --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of line, which moves behind it; cut at the space that there is for it. */
static void next_word(const char **line, const char *end, char *word_r, size_t bytes)
{
	size_t length = 0;

	while (*line < end && is_blank(**line))
		(*line)++;
	for (; *line < end && !is_blank(**line); (*line)++)
		if (length + 1 < bytes)
			word_r[length++] = **line;
	word_r[length] = '\0';
}

static void read_line(const char *path, const char *line, const char *end, struct servers *servers)
{
	char word[SERVER_TEXT_BYTES + 16];
	struct server server;

	next_word(&line, end, word, sizeof word);
	if (strcmp(word, "nameserver") != 0)
		return;
	next_word(&line, end, word, sizeof word);
	if (!server_parse(word, &server))
		log_warning("%s: nameserver '%s' cannot be used; dns.servers in the policy takes its place", path,
			    word);
	else if (servers->count < SERVERS_MAX)
		servers->list[servers->count++] = server;
}

void servers_from_resolv_conf(const char *path, const char *text, size_t length, struct servers *servers_r)
{
	const char *end = text + length, *next;

	servers_r->count = 0;
	for (const char *line = text; line < end; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		next = newline ? newline + 1 : end;
		read_line(path, line, newline ? newline : end, servers_r);
	}
	if (servers_r->count == 0)
		(void)server_parse("127.0.0.1", &servers_r->list[servers_r->count++]);
}

static struct stat look_at_file(void)
{
	static const struct stat none;
	struct stat file;

	return stat(RESOLV_CONF, &file) == 0 ? file : none;
}

/* A system without the file has its resolver on loopback, says resolv.conf(5). */
static void load_system(struct servers *servers_r)
{
	const char *error;
	size_t length = 0;
	char *text = NULL;

	servers_r->of_system = true;
	servers_r->file = look_at_file();	/* before it is read: what changes meanwhile is seen later */
	if (!file_read(RESOLV_CONF, RESOLV_CONF_BYTES_MAX, &text, &length, &error))
		log_warning(RESOLV_CONF ": %s; 127.0.0.1 is asked", error);
	servers_from_resolv_conf(RESOLV_CONF, text ? text : "", length, servers_r);
	free(text);
}

bool servers_load(const char *const *texts, size_t count, struct servers *servers_r, const char **error_r)
{
	*servers_r = (struct servers){ .count = 0 };
	if (count == 0)
		load_system(servers_r);
	if (count > SERVERS_MAX) {
		*error_r = "too many name servers; at most 8 can be asked";
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!server_parse(texts[i], &servers_r->list[servers_r->count++])) {
			*error_r = "a name server is no address; expected ADDRESS, ADDRESS:PORT or [IPV6]:PORT";
			return false;
		}
	return true;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_same_list(const struct servers *a, const struct servers *b)
{
	size_t same = 0;

	while (same < a->count && same < b->count && ip_equal(&a->list[same].ip, &b->list[same].ip) &&
	       a->list[same].port == b->list[same].port)
		same++;
	return same == a->count && same == b->count;
}

bool servers_changed(struct servers *servers, struct servers *now_r)
{
	struct stat file = look_at_file();

	if (!servers->of_system || is_same_file(&file, &servers->file))
		return false;
	load_system(now_r);
	if (!is_same_list(servers, now_r))
		return true;
	*servers = *now_r;
	return false;
}
