/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSL behind four calls. */
#include "mta/tls.h"

#include "mta/smtp_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <limits.h>
#include <poll.h>
#include <stdlib.h>

struct tls {
	SSL_CTX *context;
	SSL *session;
};

static _Thread_local char message[120];

static const char *last_error(void)
{
	unsigned long error = ERR_get_error();

	if (error == 0)
		return "the other side ended the handshake";
	ERR_error_string_n(error, message, sizeof message);
	return message;
}

/* A count of bytes, or what the header promises. */
static ssize_t outcome(const struct tls *tls, int done)
{
	if (done > 0)
		return done;
	switch (SSL_get_error(tls->session, done)) {
	case SSL_ERROR_WANT_READ:	return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:	return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:	return 0;
	default:			return -1;
	}
}

static const char *handshake(struct tls *tls, int fd, int64_t deadline_us)
{
	while (true) {
		ssize_t done;

		ERR_clear_error();
		done = outcome(tls, SSL_connect(tls->session));
		if (done > 0)
			return NULL;
		if (done != TLS_WANT_READ && done != TLS_WANT_WRITE)
			return last_error();
		if (!smtp_wait(fd, done == TLS_WANT_READ ? POLLIN : POLLOUT, deadline_us))
			return "no end of the handshake within the time limit";
	}
}

struct tls *tls_connect(int fd, const char *host, int64_t deadline_us, const char **error_r)
{
	struct tls *tls = calloc(1, sizeof *tls);

	*error_r = "out of memory";
	if (!tls)
		return NULL;
	tls->context = SSL_CTX_new(TLS_client_method());
	tls->session = tls->context ? SSL_new(tls->context) : NULL;
	if (!tls->session || SSL_set_fd(tls->session, fd) != 1) {
		tls_free(&tls);
		return NULL;
	}
	if (host)
		(void)SSL_set_tlsext_host_name(tls->session, host);
	*error_r = handshake(tls, fd, deadline_us);
	if (*error_r)
		tls_free(&tls);
	return tls;
}

void tls_free(struct tls **tls)
{
	if (!*tls)
		return;
	SSL_free((*tls)->session);
	SSL_CTX_free((*tls)->context);
	free(*tls);
	*tls = NULL;
}

static int at_most_int(size_t length)
{
	return length > INT_MAX ? INT_MAX : (int)length;
}

ssize_t tls_read(struct tls *tls, void *bytes, size_t length)
{
	ERR_clear_error();
	return outcome(tls, SSL_read(tls->session, bytes, at_most_int(length)));
}

ssize_t tls_write(struct tls *tls, const void *bytes, size_t length)
{
	ERR_clear_error();
	return outcome(tls, SSL_write(tls->session, bytes, at_most_int(length)));
}

const char *tls_version(const struct tls *tls)
{
	return SSL_get_version(tls->session);
}
