/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS of the audit's SMTP client (OpenSSL).  Certificates are not judged: the audit asks about something else. */
#ifndef MTA_TLS_H
#define MTA_TLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls;

/* What tls_read() and tls_write() return beside a count of bytes; 0 is the end. */
#define TLS_WANT_READ (-2)
#define TLS_WANT_WRITE (-3)

/*
 * The handshake over a connected, non-blocking socket, until deadline_us (monotonic clock).  NULL with
 * *error_r (static or thread-local text) when it fails.  host: the name for SNI, or NULL.  The socket stays
 * the caller's.
 */
struct tls *tls_connect(int fd, const char *host, int64_t deadline_us, const char **error_r);
void tls_free(struct tls **tls);

/* Never block; -1 on errors. */
ssize_t tls_read(struct tls *tls, void *bytes, size_t length);
ssize_t tls_write(struct tls *tls, const void *bytes, size_t length);

/* "TLSv1.3" */
const char *tls_version(const struct tls *tls);

#endif
