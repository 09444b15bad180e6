/* SPDX-License-Identifier: BSD-2-Clause */
/* What an MTA asks on one connection of a socket map: questions and answers as netstrings (socketmap_table(5)). */
#ifndef MTA_ASK_STREAM_H
#define MTA_ASK_STREAM_H

#include "core/policy.h"
#include "mta/ask.h"

#include <stdbool.h>
#include <stddef.h>

/* "4000:" before a question and "," behind it. */
#define ASK_STREAM_IN_BYTES (ASK_BYTES_MAX + 6)
#define ASK_STREAM_OUT_BYTES (2 * ASK_STREAM_IN_BYTES)

/* Both begin with what is oldest; all zero is a new connection. */
struct ask_stream {
	size_t in_length;	/* what has come and is not answered */
	size_t out_length;	/* answers to send */
	char in[ASK_STREAM_IN_BYTES];
	char out[ASK_STREAM_OUT_BYTES];
};

/*
 * Moves each whole question of in, as long as out has room for an answer, into its answer.  False: what is there is no
 * question, or memory is out; the connection is to be ended.  Any thread.
 */
bool ask_stream_answer(struct ask_stream *stream, const struct policy *policy);

/* Is it to be read from?  Not while the client does not take its answers. */
bool ask_stream_reads(const struct ask_stream *stream);

/* The first so many bytes of out are sent. */
void ask_stream_sent(struct ask_stream *stream, size_t bytes);

#endif
