/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * c-ares as a carrier of messages: sockets, ids, TCP where a message does not fit, and no more.  Written to
 * 1.18.
 *
 * A channel has one server, and closes its UDP socket whenever nothing is under way on it.  Of some
 * channels for each server an idle one is taken first: so a question mostly has a source port of its own,
 * which a forger must guess beside its id (RFC 5452).  When all are busy a port serves CHANNEL_QUESTIONS at
 * most.  A validating resolver on loopback does better than any of that.
 */
#include "dns/cares.h"

#include "base/clock.h"
#include "dns/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/select.h>	/* ares.h 1.18 uses fd_set without including it */
#include <unistd.h>

#define CARES_NO_DEPRECATED	/* newer ones would have us use what 1.18 does not have */
#include <ares.h>

#define CHANNELS_MAX 16		/* for one server; 75 KiB each, made when needed */
#define CHANNEL_QUESTIONS 256
#define EVENTS_MAX 64
#define EXPIRE_US INT64_C(100000)	/* how often channels look for time-outs: no deadline hangs on it */
#define IDLE_MS 1000		/* between looks for questions, should a wake not have come */
#define PLAIN_US (INT64_C(300) * 1000000)	/* how long a server is asked without EDNS */
#define RECEIVE_BUFFER_BYTES (256 * 1024)
#define IDS_MAX 128
#define WAKE_TAG UINT64_MAX

enum { RCODE_FORMERR = 1 };

struct channel {
	struct cares *cares;
	ares_channel ares;
	size_t server;
	uint64_t tag;		/* of its sockets, for epoll */
	unsigned sent_count;	/* all its life */
	unsigned open_count;	/* of them under way */
	bool edns;
};

struct peer {
	char text[SERVER_TEXT_BYTES];
	int64_t plain_until_us;	/* it does not know EDNS */
	struct channel *channels[CHANNELS_MAX];
};

struct cares {
	cares_done *done;
	void *context;
	int timeout_ms;
	int epoll_fd;
	int wake_fd;
	size_t open_count;
	const struct sent *sending;	/* during ares_send(), until it is done */
	int64_t expire_us;	/* not before */
	uint16_t ids[IDS_MAX];	/* random ones, from id_count - 1 down */
	size_t id_count;
	size_t peer_count;
	struct peer peers[SERVERS_MAX];
};

/* One question under way. */
struct sent {
	struct channel *channel;
	void *tag;
	bool edns;
};

const char *cares_version(void)
{
	return ares_version(NULL);
}

/* --- what newer c-ares has --- */

#if HAVE_DECL_ARES_OPT_QUERY_CACHE
/* Ours is the only cache: it knows the bounds, and tells a late answer from a fresh one. */
static int without_cache(struct ares_options *options)
{
	options->qcache_max_ttl = 0;
	return ARES_OPT_QUERY_CACHE;
}
#else
static int without_cache(struct ares_options *options)
{
	(void)options;
	return 0;
}
#endif

#if HAVE_DECL_ARES_OPT_UDP_MAX_QUERIES
static int with_fresh_ports(struct ares_options *options)
{
	options->udp_max_queries = 16;
	return ARES_OPT_UDP_MAX_QUERIES;
}
#else
static int with_fresh_ports(struct ares_options *options)
{
	(void)options;
	return 0;
}
#endif

/*
 * From 1.32 on it gives an attempt up after five times what the server mostly takes, a quarter of a second
 * at least, however long we would wait.  A second one of its own, twice as long, closes the gaps between
 * ours.
 */
#if ARES_VERSION >= 0x012000
#define TRIES 2
#else
#define TRIES 1
#endif

/* --- channels --- */

static void on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
	struct channel *channel = data;
	struct epoll_event event = {
		.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u),
		.data.u64 = channel->tag | (uint32_t)fd,
	};
	int epoll_fd = channel->cares->epoll_fd;

	if (!readable && !writable)
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0 && errno == ENOENT)
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);	/* if it fails, the question times out */
}

/* Nothing of the system's own settings is read: no search list, no hosts file, no servers, no options. */
static int init_ares(struct channel *channel)
{
	static char lookups[] = "b", no_file[] = "/dev/null";
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
			 (channel->edns ? ARES_FLAG_EDNS : 0),
		.timeout = channel->cares->timeout_ms,
		.tries = TRIES,
		.ndots = 1,
		.ednspsz = WIRE_UDP_BYTES,
		.lookups = lookups,
		.resolvconf_path = no_file,
		.socket_receive_buffer_size = RECEIVE_BUFFER_BYTES,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = channel,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_EDNSPSZ |
		   ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_RESOLVCONF | ARES_OPT_NOROTATE |
		   ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_STATE_CB;

	mask |= without_cache(&options) | with_fresh_ports(&options);
	return ares_init_options(&channel->ares, &options, mask);
}

static struct channel *channel_new(struct cares *cares, size_t server, size_t slot, bool edns)
{
	struct channel *channel = calloc(1, sizeof *channel);

	if (!channel)
		return NULL;
	*channel = (struct channel){
		.cares = cares, .server = server, .edns = edns,
		.tag = (uint64_t)(server * CHANNELS_MAX + slot) << 32,
	};
	if (init_ares(channel) != ARES_SUCCESS) {
		free(channel);
		return NULL;
	}
	if (ares_set_servers_ports_csv(channel->ares, cares->peers[server].text) != ARES_SUCCESS) {
		ares_destroy(channel->ares);
		free(channel);
		return NULL;
	}
	return channel;
}

static void channel_free(struct channel **channel)
{
	if (!*channel)
		return;
	ares_destroy((*channel)->ares);
	free(*channel);
	*channel = NULL;
}

/* It takes no further questions, and is given up when the last one has ended. */
static bool is_worn(const struct channel *channel, bool edns)
{
	return channel->sent_count >= CHANNEL_QUESTIONS || channel->edns != edns;
}

static bool wants_edns(const struct peer *peer)
{
	return peer->plain_until_us == 0 || clock_monotonic_us() >= peer->plain_until_us;
}

/* An idle one, else a new one, else the one with the least under way.  NULL when none can be had. */
static struct channel *choose(struct cares *cares, size_t server, bool edns)
{
	struct peer *peer = &cares->peers[server];
	struct channel *least = NULL;
	size_t free_slot = CHANNELS_MAX;

	for (size_t i = 0; i < CHANNELS_MAX; i++) {
		struct channel *channel = peer->channels[i];

		if (channel && is_worn(channel, edns) && channel->open_count == 0)
			channel_free(&peer->channels[i]);
		if (!peer->channels[i])
			free_slot = free_slot < i ? free_slot : i;
		else if (channel->edns == edns && (!least || channel->open_count < least->open_count))
			least = channel;
	}
	if ((least && least->open_count == 0) || free_slot == CHANNELS_MAX)
		return least;
	peer->channels[free_slot] = channel_new(cares, server, free_slot, edns);
	return peer->channels[free_slot] ? peer->channels[free_slot] : least;
}

/* --- questions --- */

/* c-ares 1.18 falls back to rand() where there is no /dev/urandom: the ids are ours. */
static uint16_t next_id(struct cares *cares)
{
	if (cares->id_count == 0 && getrandom(cares->ids, sizeof cares->ids, 0) == (ssize_t)sizeof cares->ids)
		cares->id_count = IDS_MAX;
	if (cares->id_count == 0)
		return (uint16_t)clock_monotonic_us();
	return cares->ids[--cares->id_count];
}

static bool is_edns_refusal(const struct sent *sent, const unsigned char *bytes, int length)
{
	return sent->edns && length >= WIRE_HEADER_BYTES && (bytes[3] & 15) == RCODE_FORMERR && bytes[10] == 0 &&
	       bytes[11] == 0;
}

static void on_done(void *arg, int status, int timeouts, unsigned char *bytes, int length)
{
	struct sent *sent = arg;
	struct channel *channel = sent->channel;
	struct cares *cares = channel->cares;
	enum cares_result result = CARES_UNREACHABLE;

	(void)timeouts;
	/* Newer ones do not hand over what they cannot read, nor send names with bytes that they do not like. */
	if (status == ARES_SUCCESS || status == ARES_EBADRESP || status == ARES_EBADNAME)
		result = CARES_ANSWER;
	else if (status == ARES_ETIMEOUT || status == ARES_EDESTRUCTION)
		result = CARES_TIMEOUT;
	if (status != ARES_SUCCESS || !bytes || length < 0)
		length = 0;
	if (result == CARES_ANSWER && is_edns_refusal(sent, bytes, length)) {
		result = CARES_NO_EDNS;
		cares->peers[channel->server].plain_until_us = clock_monotonic_us() + PLAIN_US;
	}
	if (cares->sending == sent)
		cares->sending = NULL;
	channel->open_count--;
	cares->open_count--;
	cares->done(cares->context, sent->tag, result, bytes, (size_t)length);
	free(sent);
}

void cares_send(struct cares *cares, size_t server, const struct wire_name *name, unsigned type, void *tag)
{
	bool edns = wants_edns(&cares->peers[server]);
	struct channel *channel = choose(cares, server, edns);
	struct sent *sent = channel ? malloc(sizeof *sent) : NULL;
	uint8_t bytes[WIRE_QUESTION_BYTES];
	size_t length;

	if (!sent) {
		cares->done(cares->context, tag, CARES_UNREACHABLE, NULL, 0);
		return;
	}
	*sent = (struct sent){ .channel = channel, .tag = tag, .edns = edns };
	channel->sent_count++;
	channel->open_count++;
	cares->open_count++;
	/*
	 * A question with an OPT record goes to channels with EDNS only: they cut it off at a FORMERR,
	 * whatever is there.
	 */
	length = wire_question(name, (enum dns_type)type, next_id(cares), edns ? WIRE_EDNS : WIRE_PLAIN, bytes);
	cares->sending = sent;
	ares_send(channel->ares, bytes, (int)length, on_done, sent);
	/*
	 * That the port of an earlier question is unreachable is told to whoever uses the socket next.  If
	 * it was this question, c-ares 1.18 lets the earlier one wait for ever.
	 */
	if (!cares->sending && channel->open_count > 0)
		ares_cancel(channel->ares);
	cares->sending = NULL;
}

/* --- the loop --- */

static struct channel *channel_of(struct cares *cares, uint64_t tag)
{
	size_t index = tag >> 32;

	return cares->peers[index / CHANNELS_MAX].channels[index % CHANNELS_MAX];
}

static void handle(struct cares *cares, const struct epoll_event *event)
{
	int fd = (int)(uint32_t)event->data.u64;
	struct channel *channel;
	uint64_t count;

	if (event->data.u64 == WAKE_TAG) {
		(void)!read(cares->wake_fd, &count, sizeof count);
		return;
	}
	channel = channel_of(cares, event->data.u64);
	if (channel)
		ares_process_fd(channel->ares, event->events & ~(uint32_t)EPOLLOUT ? fd : ARES_SOCKET_BAD,
				event->events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
}

static void expire(struct cares *cares)
{
	int64_t now_us = clock_monotonic_us();

	if (cares->open_count == 0 || now_us < cares->expire_us)
		return;
	cares->expire_us = now_us + EXPIRE_US;
	for (size_t i = 0; i < cares->peer_count; i++)
		for (size_t k = 0; k < CHANNELS_MAX; k++) {
			struct channel *channel = cares->peers[i].channels[k];

			if (channel && channel->open_count > 0)
				ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
		}
}

void cares_run(struct cares *cares, int wait_ms)
{
	const int limit_ms = cares->open_count > 0 ? (int)(EXPIRE_US / 1000) : IDLE_MS;
	struct epoll_event events[EVENTS_MAX];
	int count;

	if (wait_ms < 0 || wait_ms > limit_ms)
		wait_ms = limit_ms;
	count = epoll_wait(cares->epoll_fd, events, EVENTS_MAX, wait_ms);
	for (int i = 0; i < count; i++)
		handle(cares, &events[i]);
	expire(cares);
}

void cares_wake(struct cares *cares)
{
	const uint64_t one = 1;

	(void)!write(cares->wake_fd, &one, sizeof one);	/* where it fails, IDLE_MS is over soon */
}

/* --- making --- */

static void set_peers(struct cares *cares, const struct servers *servers)
{
	cares->peer_count = servers->count;
	for (size_t i = 0; i < servers->count; i++) {
		cares->peers[i] = (struct peer){ .plain_until_us = 0 };
		server_format(&servers->list[i], cares->peers[i].text);
	}
}

static void free_channels(struct cares *cares)
{
	for (size_t i = 0; i < cares->peer_count; i++)
		for (size_t k = 0; k < CHANNELS_MAX; k++)
			channel_free(&cares->peers[i].channels[k]);
}

void cares_change_servers(struct cares *cares, const struct servers *servers)
{
	free_channels(cares);
	set_peers(cares, servers);
}

static bool open_loop(struct cares *cares)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = WAKE_TAG };

	cares->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	cares->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return cares->epoll_fd >= 0 && cares->wake_fd >= 0 &&
	       epoll_ctl(cares->epoll_fd, EPOLL_CTL_ADD, cares->wake_fd, &event) == 0;
}

struct cares *cares_new(const struct servers *servers, int timeout_ms, cares_done *done, void *context,
			const char **error_r)
{
	struct cares *cares = calloc(1, sizeof *cares);

	*error_r = "out of memory";
	if (!cares)
		return NULL;
	*cares = (struct cares){ .done = done, .context = context, .timeout_ms = timeout_ms };
	set_peers(cares, servers);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(cares);
		*error_r = "c-ares does not start";
		return NULL;
	}
	/* Made now, so that what is missing shows at the start. */
	cares->peers[0].channels[0] = channel_new(cares, 0, 0, true);
	if (open_loop(cares) && cares->peers[0].channels[0])
		return cares;
	*error_r = "c-ares or epoll cannot be set up; are there too many open files?";
	cares_free(&cares);
	return NULL;
}

void cares_free(struct cares **cares)
{
	if (!*cares)
		return;
	free_channels(*cares);
	ares_library_cleanup();
	if ((*cares)->epoll_fd >= 0)
		close((*cares)->epoll_fd);
	if ((*cares)->wake_fd >= 0)
		close((*cares)->wake_fd);
	free(*cares);
	*cares = NULL;
}
