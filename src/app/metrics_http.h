/* SPDX-License-Identifier: BSD-2-Clause */
/* Serves the metrics over HTTP, by a thread of its own. */
#ifndef APP_METRICS_HTTP_H
#define APP_METRICS_HTTP_H

struct metrics_http;

/*
 * GET /metrics on a listening socket, which it takes over.  No client holds anybody else up: there is one thread, a bound
 * on connections, further ones wait to be accepted, and whoever neither asks nor reads for some seconds is cut off.  Signals
 * must be blocked.  NULL: no thread, or no memory.
 */
struct metrics_http *metrics_http_start(int listen_fd);

/* Cuts all connections.  NULL inside is fine. */
void metrics_http_stop(struct metrics_http **http);

#endif
