/* SPDX-License-Identifier: BSD-2-Clause */
/* The server that an audit speaks to. */
#include "app/target.h"

#include "base/ip.h"

#include <ifaddrs.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

bool target_split(const char *text, struct target *target_r)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;

	if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	} else if (length == 0 || memchr(text, ':', length)) {
		return false;
	}
	if (length >= sizeof target_r->host || strlen(colon + 1) < 1 || strlen(colon + 1) > 5 ||
	    colon[1 + strspn(colon + 1, "0123456789")] != '\0')
		return false;
	memcpy(target_r->host, text, length);
	target_r->host[length] = '\0';
	(void)snprintf(target_r->port, sizeof target_r->port, "%s", colon + 1);
	return true;
}

static void *look_up(void *argument)
{
	struct target_lookup *lookup = argument;
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };

	lookup->error = getaddrinfo(lookup->target.host, lookup->target.port, &hints, &lookup->addresses);
	return NULL;
}

const char *target_find(struct target_lookup *lookup, unsigned time_limit_s)
{
	struct timespec until;
	pthread_t thread;

	if (pthread_create(&thread, NULL, look_up, lookup) != 0)
		return "cannot start a thread";
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)time_limit_s;
	if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) != 0) {
		(void)pthread_detach(thread);
		return "the name does not resolve within the time limit";
	}
	return lookup->error == 0 ? NULL : gai_strerror(lookup->error);
}

bool target_is_here(const struct addrinfo *addresses)
{
	struct ifaddrs *interfaces;
	struct ip target, own;
	unsigned port;
	bool found = false;

	if (!ip_from_sockaddr(addresses->ai_addr, &target, &port))
		return false;
	if (ip_is_loopback(&target))
		return true;
	if (getifaddrs(&interfaces) < 0)
		return false;
	for (const struct ifaddrs *i = interfaces; i && !found; i = i->ifa_next)
		found = ip_from_sockaddr(i->ifa_addr, &own, &port) && ip_equal(&own, &target);
	freeifaddrs(interfaces);
	return found;
}
