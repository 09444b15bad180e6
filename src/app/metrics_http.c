/* SPDX-License-Identifier: BSD-2-Clause */
/* The metrics by libmicrohttpd. */
#include "app/metrics_http.h"

#include "app/metrics_text.h"

#include <microhttpd.h>

#include <string.h>

#define CONNECTIONS_MAX 64
#define IDLE_LIMIT_S 5
#define CONNECTION_BYTES (16 * 1024)	/* for a request's line and head: what is longer is refused */

/* An answer of constant text. */
static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8") == MHD_YES &&
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES &&
	    (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
	     MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES))
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result serve(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	enum metrics_format format = metrics_format_accepted(accept);
	enum MHD_Result result = MHD_NO;
	struct MHD_Response *response;
	struct buf text;

	buf_init(&text);
	metrics_text(format, &text);
	if (text.failed) {
		buf_clear(&text);
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	}
	response = MHD_create_response_from_buffer(text.length, text.text, MHD_RESPMEM_MUST_COPY);
	buf_clear(&text);
	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, metrics_content_types[format]) == MHD_YES)
		result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

/* Called first with the head of a request only: that is enough, so what a client uploads is never read. */
static enum MHD_Result on_request(void *unused, struct MHD_Connection *connection, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_bytes, void **state)
{
	(void)unused;
	(void)version;
	(void)upload;
	(void)upload_bytes;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is answered\n");
	if (strcmp(url, "/metrics") != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
	return serve(connection);
}

/* The library would write to standard error, which may be stuck; whatever it says is about a client. */
static void say_nothing(void *unused, const char *format, va_list args)
{
	(void)unused;
	(void)format;
	(void)args;
}

struct metrics_http *metrics_http_start(int listen_fd)
{
	return (struct metrics_http *)MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, NULL,
		MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
		MHD_OPTION_LISTEN_SOCKET, listen_fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_LIMIT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_END);
}

void metrics_http_stop(struct metrics_http **http)
{
	if (*http)
		MHD_stop_daemon((struct MHD_Daemon *)*http);
	*http = NULL;
}
