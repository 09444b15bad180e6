/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a log, unpacked as they are read. */
#include "logs/input.h"

#include "base/clock.h"
#include "base/file.h"
#include "logs/backwards.h"
#include "logs/read_ahead.h"
#include "logs/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAW_BYTES 65536

static const struct unpack *const unpacks[] = { &unpack_gzip, &unpack_zstd, &unpack_xz, &unpack_utf16_le, &unpack_utf16_be };

struct input {
	int fd;				/* -1: bytes in memory */
	const char *bytes;
	_Atomic int64_t position_bytes;	/* looked at while it is read ahead */
	int64_t size_bytes;
	int64_t time_us;
	const char *error;		/* why the input ends early */
	bool raw_ended;			/* read() has said so */
	bool begun;			/* the first bytes were looked at */
	bool ended;			/* nothing more comes out */
	bool in_member;			/* a member was begun and has not ended */
	const struct unpack *unpack;	/* NULL: plain */
	void *state;
	uint64_t read_count;		/* calls of input_read() */
	struct backwards *backwards;	/* NULL: read from the begin */
	struct read_ahead *ahead;	/* NULL: nobody reads ahead; else all of this is its thread's */
	char raw[RAW_BYTES];
	size_t raw_at;
	size_t raw_length;
};

static const char *system_error(int error)
{
	switch (error) {
	case ENOENT: return "no such file or directory";
	case EISDIR: return "is a directory";
	default: return strerrordesc_np(error);
	}
}

bool input_is_file(const char *path, struct input_file *file_r)
{
	struct stat status;

	if (strcmp(path, "-") == 0 || stat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	*file_r = (struct input_file){ .size_bytes = status.st_size, .device = status.st_dev, .inode = status.st_ino };
	return true;
}

struct input *input_open(const char *path, const char **error_r)
{
	struct input *input = calloc(1, sizeof *input);
	struct stat status;

	if (!input) {
		*error_r = file_no_memory;
		return NULL;
	}
	input->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (input->fd < 0 || fstat(input->fd, &status) < 0 ||
	    (S_ISDIR(status.st_mode) && (errno = EISDIR) != 0)) {
		*error_r = system_error(errno);
		input_close(&input);
		return NULL;
	}
	input->size_bytes = S_ISREG(status.st_mode) ? status.st_size : -1;
	input->time_us = S_ISREG(status.st_mode) ?
				 status.st_mtim.tv_sec * US_PER_SECOND + status.st_mtim.tv_nsec / 1000 :
				 clock_realtime_us();
	return input;
}

struct input *input_open_bytes(const char *bytes, size_t length, const char **error_r)
{
	struct input *input = calloc(1, sizeof *input);

	if (!input) {
		*error_r = file_no_memory;
		return NULL;
	}
	input->fd = -1;
	input->bytes = bytes;
	input->size_bytes = (int64_t)length;
	input->time_us = clock_realtime_us();
	return input;
}

void input_close(struct input **input)
{
	if (!*input)
		return;
	read_ahead_free(&(*input)->ahead);
	backwards_free(&(*input)->backwards);
	if ((*input)->state)
		(*input)->unpack->close((*input)->state);
	if ((*input)->fd >= 0)
		close((*input)->fd);
	free(*input);
	*input = NULL;
}

static size_t read_memory(struct input *input, char *bytes, size_t size)
{
	size_t left = (size_t)(input->size_bytes - input->position_bytes);

	if (size > left)
		size = left;
	if (size > 0)
		memcpy(bytes, input->bytes + input->position_bytes, size);
	input->position_bytes += (int64_t)size;
	input->raw_ended = size == 0;
	return size;
}

const char input_interrupted[] = "interrupted";

/* One read(); 0 at the end and on errors. */
static size_t read_some(struct input *input, char *bytes, size_t size)
{
	ssize_t got;

	if (input->raw_ended)
		return 0;
	if (input->fd < 0)
		return read_memory(input, bytes, size);
	got = read(input->fd, bytes, size);
	if (got > 0) {
		input->position_bytes += got;
		return (size_t)got;
	}
	input->raw_ended = true;
	if (got < 0)
		input->error = errno == EINTR ? input_interrupted : system_error(errno);
	return 0;
}

/* Makes raw hold all that is there of wanted bytes. */
static void fill_raw(struct input *input, size_t wanted)
{
	size_t got = 1;

	if (input->raw_length == 0)
		input->raw_at = 0;
	while (input->raw_length < wanted && got > 0) {
		size_t end = input->raw_at + input->raw_length;

		got = read_some(input, input->raw + end, sizeof input->raw - end);
		input->raw_length += got;
	}
}

/* Plain, or packed how? */
static void begin(struct input *input)
{
	fill_raw(input, 8);
	for (size_t i = 0; i < sizeof unpacks / sizeof unpacks[0]; i++) {
		const struct unpack *unpack = unpacks[i];

		if (input->raw_length >= unpack->magic_length &&
		    memcmp(input->raw, unpack->magic, unpack->magic_length) == 0) {
			input->unpack = unpack;
			input->state = unpack->open();
			if (!input->state) {
				input->error = file_no_memory;
				input->ended = true;
			}
		}
	}
	input->begun = true;
}

static size_t read_plain(struct input *input, char *bytes, size_t size)
{
	size_t length = input->raw_length < size ? input->raw_length : size;

	if (length == 0)
		return read_some(input, bytes, size);
	memcpy(bytes, input->raw + input->raw_at, length);
	input->raw_at += length;
	input->raw_length -= length;
	return length;
}

static size_t read_packed(struct input *input, char *bytes, size_t size)
{
	struct unpack_step step = { .out = bytes, .out_length = size };
	enum unpacked status = UNPACK_MORE;

	while (step.out_length == size && !input->ended) {
		fill_raw(input, 1);
		/* The end between two members is the end of all. */
		if (input->raw_length == 0 && !input->in_member)
			break;
		step.in = input->raw + input->raw_at;
		step.in_length = input->raw_length;
		step.in_ends = input->raw_ended;
		status = input->unpack->step(input->state, &step);
		input->raw_at += input->raw_length - step.in_length;
		/* No input and no output: the member is cut off. */
		if (status == UNPACK_MORE && input->raw_length == 0 && step.out_length == size)
			status = UNPACK_BAD;
		input->raw_length = step.in_length;
		input->in_member = status == UNPACK_MORE;
		if (status == UNPACK_BAD) {
			input->error = input->error ? input->error : input->unpack->bad;
			input->ended = true;
		}
	}
	return size - step.out_length;
}

bool input_turn_round(struct input *input)
{
	bool possible = input->fd >= 0 && input->size_bytes >= 0 && input->begun && !input->unpack;

	if (possible && !input->backwards)
		input->backwards = backwards_new(input->fd, input->size_bytes);
	return input->backwards;
}

static size_t read_backwards(struct input *input, char *bytes, size_t size, const char **error_r)
{
	int error;
	size_t length = backwards_read(input->backwards, bytes, size, &error);

	input->position_bytes = input->size_bytes - backwards_left(input->backwards);
	*error_r = length == 0 && error != 0 ? system_error(error) : NULL;
	return length;
}

static size_t read_all(void *context, char *bytes, size_t size, const char **error_r)
{
	struct input *input = context;
	size_t length = 0, got = 1;

	while (length < size && got > 0 && !input->ended) {
		got = input->unpack ? read_packed(input, bytes + length, size - length) :
				      read_plain(input, bytes + length, size - length);
		length += got;
		/* What a pipe has is handed on at once. */
		if (input->size_bytes < 0 && got > 0)
			break;
	}
	*error_r = length == 0 ? input->error : NULL;
	return length;
}

size_t input_read(struct input *input, char *bytes, size_t size, const char **error_r)
{
	if (!input->begun)
		begin(input);
	if (input->backwards)
		return read_backwards(input, bytes, size, error_r);
	/* Of some inputs only the begin is looked at; and where more is waited for, a thread would not see SIGINT. */
	if (input->read_count++ == 1 && input->unpack && input->size_bytes >= 0)
		input->ahead = read_ahead_new(read_all, input);
	return input->ahead ? read_ahead_read(input->ahead, bytes, size, error_r) :
			      read_all(input, bytes, size, error_r);
}

bool input_has_more(const struct input *input)
{
	return input->position_bytes < input->size_bytes;
}

int64_t input_position_bytes(const struct input *input)
{
	return input->position_bytes;
}

int64_t input_time_us(const struct input *input)
{
	return input->time_us;
}
