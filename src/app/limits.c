/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts what is refused for want of room, and says so without flooding the log. */
#include "app/limits.h"

#include "app/client_count.h"
#include "app/meter.h"
#include "base/clock.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#define OTHER_DESCRIPTORS 64		/* for DNS, logs and the rest of the process */
#define HELD_DESCRIPTORS 32		/* of them, kept from connections that come faster than they are counted */
#define REFUSED_SHARE 8			/* one of so many sessions may be open although it was put off */
#define CONNECTIONS_PER_MS 20		/* more than libmilter accepts */
#define INTERVAL_MIN_MS 50
#define INTERVAL_MAX_MS 5000
#define LOG_INTERVAL_US INT64_C(60000000)

/* Set once, before any thread. */
static unsigned max_sessions;
static unsigned max_sessions_per_client;
static rlim_t descriptor_limit;
static DIR *own_descriptors;		/* kept open: to look needs no descriptor when none is left */

/* Of the main thread only. */
static int held[HELD_DESCRIPTORS];
static size_t held_count;
static rlim_t descriptors_left;		/* with those that are held */
static int64_t pause_told_us;

static atomic_uint session_count;

/* What has been refused. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	unsigned long total;
	unsigned long since_told;
	int64_t told_us;		/* 0: never */
} refused[LIMIT_COUNT];

/* --- descriptors --- */

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	descriptor_limit = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		descriptor_limit = limit.rlim_max;
	else
		log_warning("cannot raise the limit of open files: %s", strerrordesc_np(errno));
}

static void check_descriptors(void)
{
	rlim_t wanted = max_sessions + (rlim_t)max_sessions / REFUSED_SHARE + 2 * OTHER_DESCRIPTORS;

	if (descriptor_limit == 0 || descriptor_limit >= wanted)
		return;
	log_warning("at most %llu files may be open, too few for server.max_sessions (%u): raise the limit to %llu "
		    "(LimitNOFILE= in the unit, ulimit -n elsewhere), or lower max_sessions",
		    (unsigned long long)descriptor_limit, max_sessions, (unsigned long long)wanted);
}

void limits_start(const struct server *server)
{
	max_sessions = server->max_sessions;
	max_sessions_per_client = server->max_sessions_per_client;
	raise_descriptor_limit();
	check_descriptors();
	own_descriptors = opendir("/proc/self/fd");
	limits_hold_descriptors(true);
	if (max_sessions_per_client > 0 && !client_count_start(max_sessions))
		log_error("out of memory: server.max_sessions_per_client has no effect");
}

void limits_hold_descriptors(bool hold)
{
	while (hold && own_descriptors && held_count < HELD_DESCRIPTORS) {
		held[held_count] = fcntl(dirfd(own_descriptors), F_DUPFD_CLOEXEC, 0);
		if (held[held_count] < 0)
			return;
		held_count++;
	}
	while (!hold && held_count > 0)
		(void)close(held[--held_count]);
}

bool limits_descriptors_short(bool paused)
{
	rlim_t open = 0, reserve = OTHER_DESCRIPTORS + (paused ? HELD_DESCRIPTORS : 0);

	descriptors_left = descriptor_limit;
	if (!own_descriptors || descriptor_limit == 0)
		return false;
	rewinddir(own_descriptors);
	while (readdir(own_descriptors))
		open++;
	descriptors_left = held_count + (open < descriptor_limit ? descriptor_limit - open : 0);
	return descriptors_left < reserve;
}

int limits_descriptors_interval_ms(void)
{
	rlim_t free_ms = descriptors_left > OTHER_DESCRIPTORS ?
			 (descriptors_left - OTHER_DESCRIPTORS) / CONNECTIONS_PER_MS : 0;

	if (free_ms < INTERVAL_MIN_MS)
		return INTERVAL_MIN_MS;
	return free_ms > INTERVAL_MAX_MS ? INTERVAL_MAX_MS : (int)free_ms;
}

void limits_note_pause(bool paused)
{
	int64_t now_us = clock_monotonic_us();

	if (!paused) {
		log_debug("connections are accepted again, %u sessions are open", limits_session_count());
		return;
	}
	meter_limit(METER_DESCRIPTORS);
	if (pause_told_us != 0 && now_us - pause_told_us < LOG_INTERVAL_US)
		return;
	pause_told_us = now_us;
	log_error("no more than %llu files may be open, and nearly all are, with %u sessions: further connections wait; "
		  "raise the limit (LimitNOFILE= in the unit, ulimit -n elsewhere)",
		  (unsigned long long)descriptor_limit, limits_session_count());
}

/* --- sessions --- */

static void tell_refused(enum limit limit, unsigned long count)
{
	if (limit == LIMIT_SESSIONS)
		log_warning("too many sessions: %lu put off with 451; server.max_sessions is %u", count, max_sessions);
	else
		log_warning("too many sessions of one client: %lu put off with 451; server.max_sessions_per_client is %u",
			    count, max_sessions_per_client);
}

/* The first is told at once, later ones together. */
static void refuse(enum limit limit)
{
	int64_t now_us = clock_monotonic_us();
	unsigned long count = 0;

	pthread_mutex_lock(&lock);
	refused[limit].total++;
	refused[limit].since_told++;
	if (refused[limit].told_us == 0 || now_us - refused[limit].told_us >= LOG_INTERVAL_US) {
		refused[limit].told_us = now_us;
		count = refused[limit].since_told;
		refused[limit].since_told = 0;
	}
	pthread_mutex_unlock(&lock);
	meter_limit(limit == LIMIT_SESSIONS ? METER_SESSIONS : METER_SESSIONS_PER_CLIENT);
	if (count > 0)
		tell_refused(limit, count);
}

bool limits_admit(void)
{
	if (atomic_fetch_add(&session_count, 1) < max_sessions)
		return true;
	limits_leave();
	refuse(LIMIT_SESSIONS);
	return false;
}

void limits_leave(void)
{
	atomic_fetch_sub(&session_count, 1);
}

unsigned limits_session_count(void)
{
	return atomic_load(&session_count);
}

static bool is_counted(const struct address *client)
{
	return max_sessions_per_client > 0 && client->presence == PRESENCE_KNOWN && !ip_is_loopback(&client->value);
}

bool limits_admit_client(const struct address *client, bool *counted_r)
{
	*counted_r = false;
	if (!is_counted(client) || client_count_enter(&client->value, max_sessions_per_client, counted_r))
		return true;
	refuse(LIMIT_SESSIONS_PER_CLIENT);
	return false;
}

void limits_leave_client(const struct address *client)
{
	client_count_leave(&client->value);
}

void limits_log_state(const struct policy *policy, bool draining)
{
	unsigned long totals[LIMIT_COUNT];

	pthread_mutex_lock(&lock);
	for (int i = 0; i < LIMIT_COUNT; i++)
		totals[i] = refused[i].total;
	pthread_mutex_unlock(&lock);
	log_info("state: worker %d %s, policy %.8s, %u sessions open, put off for max_sessions %lu, for "
		 "max_sessions_per_client %lu, log lines dropped %lu", (int)getpid(),
		 draining ? "finishes its sessions" : "serves", policy->sha256, limits_session_count(), totals[LIMIT_SESSIONS],
		 totals[LIMIT_SESSIONS_PER_CLIENT], log_dropped());
}
