/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files into memory, and out of it. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES 65536

static _Thread_local char message[80];

const char file_no_memory[] = "out of memory";

static const char *system_error(int error)
{
	if (error == ENOMEM)
		return file_no_memory;
	return error == ENOENT ? "no such file or directory" : strerrordesc_np(error);
}

/* Reads to the end or to one byte more than max_bytes; NULL with errno set. */
static char *read_all(int fd, size_t expected, size_t max_bytes, size_t *length_r)
{
	size_t capacity = expected + 2, length = 0;
	char *bytes = malloc(capacity);
	ssize_t got = 1;

	while (bytes && got > 0 && length <= max_bytes) {
		if (length + 1 == capacity) {
			char *more = realloc(bytes, capacity + CHUNK_BYTES);

			if (!more)
				break;
			bytes = more;
			capacity += CHUNK_BYTES;
		}
		got = read(fd, bytes + length, capacity - length - 1);
		if (got > 0)
			length += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	if (!bytes || got != 0) {
		if (bytes && length > max_bytes)
			errno = EFBIG;
		free(bytes);
		return NULL;
	}
	bytes[length] = '\0';
	*length_r = length;
	return bytes;
}

bool file_read(const char *path, size_t max_bytes, char **bytes_r, size_t *length_r, const char **error_r)
{
	bool from_stdin = strcmp(path, "-") == 0;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	struct stat status = { .st_size = 0 };
	bool done = false;

	if (fd < 0 || fstat(fd, &status) < 0) {
		*error_r = system_error(errno);
	} else if (!from_stdin && !S_ISREG(status.st_mode)) {
		*error_r = "not a regular file";
	} else if (S_ISREG(status.st_mode) && (uintmax_t)status.st_size > max_bytes) {
		(void)snprintf(message, sizeof message, "larger than %zu bytes", max_bytes);
		*error_r = message;
	} else {
		*bytes_r = read_all(fd, S_ISREG(status.st_mode) ? (size_t)status.st_size : 0, max_bytes,
				    length_r);
		done = *bytes_r != NULL;
		if (!done)
			*error_r = system_error(errno);
	}
	if (done && !from_stdin && *length_r != (size_t)status.st_size) {
		free(*bytes_r);
		*error_r = "changed while it was read";
		done = false;
	}
	if (fd >= 0 && !from_stdin)
		close(fd);
	return done;
}

const char *file_write(const char *path, const char *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0640);
	int error = 0;

	if (fd < 0)
		return errno == ELOOP ? "it is a symbolic link" : system_error(errno);
	while (length > 0 && error == 0) {
		ssize_t put = write(fd, bytes, length);

		if (put < 0 && errno != EINTR)
			error = errno;
		if (put > 0) {
			bytes += put;
			length -= (size_t)put;
		}
	}
	if (close(fd) < 0 && error == 0)
		error = errno;
	return error != 0 ? system_error(error) : NULL;
}
