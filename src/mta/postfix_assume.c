/* SPDX-License-Identifier: BSD-2-Clause */
/* The services that are taken for granted without --current, and what a service's name says of its socket. */
#include "mta/postfix_current.h"

#include "mta/lines.h"

#include <string.h>
#include <strings.h>

/* Well-known names: the rest of /etc/services is not looked at, so that the output hangs on the input alone. */
static bool port_of(const char *text, unsigned *port_r)
{
	static const struct {
		const char *name;
		unsigned port;
	} names[] = {
		{ "smtp", 25 }, { "submission", 587 }, { "submissions", 465 }, { "smtps", 465 }, { "urd", 465 },
	};
	unsigned port = 0;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(text, names[i].name) == 0) {
			*port_r = names[i].port;
			return true;
		}
	if (text[0] == '\0' || strlen(text) > 5 || text[strspn(text, "0123456789")] != '\0')
		return false;
	for (; *text != '\0'; text++)
		port = port * 10 + (unsigned)(*text - '0');
	*port_r = port;
	return port <= 65535;
}

/* "smtp", "127.0.0.1:10025", "[::1]:25" */
void postfix_find_endpoint(struct postfix_service *service)
{
	const char *colon = strrchr(service->name, ':');
	struct network network;
	const char *error;
	char host[80];

	if (strcmp(service->type, "inet") != 0)
		return;
	if (port_of(colon ? colon + 1 : service->name, &service->port.value))
		service->port.presence = PRESENCE_KNOWN;
	if (!colon || (size_t)(colon - service->name) >= sizeof host)
		return;
	memcpy(host, service->name, (size_t)(colon - service->name));
	host[colon - service->name] = '\0';
	if (network_parse(host, &network, &error) && !strchr(host, '/'))
		service->address = (struct address){ PRESENCE_KNOWN, network.ip };
}

static bool names_port(const struct policy *policy, unsigned port)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		for (size_t j = 0; j < policy->listeners[i].match.daemon_port_count; j++)
			if (policy->listeners[i].match.daemon_ports[j] == port)
				return true;
	return false;
}

/* A listener may also ask for the name that a service has in master.cf. */
static bool names_daemon(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		for (size_t j = 0; j < policy->listeners[i].match.daemon_name_count; j++)
			if (strcasecmp(policy->listeners[i].match.daemon_names[j], name) == 0)
				return true;
	return false;
}

static bool is_assumed(const struct policy *policy, unsigned port)
{
	return names_port(policy, port) || (port == 465 && names_daemon(policy, "submissions")) ||
	       (port == 587 && names_daemon(policy, "submission"));
}

static bool assume(struct arena *arena, struct postfix_service ***last, const char *name, const char *type,
		   const char *command)
{
	struct postfix_service *service = arena_alloc(arena, sizeof *service);

	if (!service || !name)
		return false;
	*service = (struct postfix_service){
		.name = name, .type = type, .command = command, .chroot = TRI_UNKNOWN
	};
	postfix_find_endpoint(service);
	**last = service;
	*last = &service->next;
	return true;
}

/* As a fresh master.cf calls it: by name where there is one. */
static const char *service_of(struct arena *arena, unsigned port)
{
	if (port == 465)
		return "submissions";
	return port == 587 ? "submission" : arena_format(arena, "%u", port);
}

bool postfix_current_assume(const struct policy *policy, struct arena *arena, struct postfix_current *current_r)
{
	struct postfix_service **last = &current_r->services;
	bool good;

	*current_r = (struct postfix_current){ .given = false };
	good = assume(arena, &last, "smtp", "inet", "smtpd");
	for (unsigned port = 1; good && port <= 65535; port++)
		if (port != 25 && is_assumed(policy, port))
			good = assume(arena, &last, service_of(arena, port), "inet", "smtpd");
	good = good && assume(arena, &last, "smtp", "unix", "smtp") &&
	       assume(arena, &last, "relay", "unix", "smtp");
	for (size_t i = 0; good && i < policy->transport_count; i++)
		if (strcmp(policy->transports[i].transport, "smtp") != 0 &&
		    strcmp(policy->transports[i].transport, "relay") != 0)
			good = assume(arena, &last, policy->transports[i].transport, "unix", "smtp");
	return good;
}
