/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of a tape: NAME TYPE STATUS [TTL RDATA], ehlo-milter-replay(1). */
#ifndef DNS_TAPE_LINE_H
#define DNS_TAPE_LINE_H

#include "base/diag.h"
#include "dns/answer.h"
#include "dns/wire_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Beside the types that are asked for, a tape holds aliases; the number is that of the wire. */
#define TAPE_CNAME 5

enum tape_line_kind {
	TAPE_LINE_EMPTY,	/* or a comment */
	TAPE_LINE_ANSWER,
	TAPE_LINE_COMPLETE,	/* "* * NXDOMAIN" */
	TAPE_LINE_BAD		/* an error has gone to the diag */
};

struct tape_line {
	struct wire_name name;
	unsigned type;			/* an enum dns_type, or TAPE_CNAME */
	enum dns_status status;
	uint32_t ttl_s;
	unsigned name_column;		/* for errors about the line */
	/* with NOERROR, what the type has: */
	struct ip address;
	struct wire_name host;
	uint16_t preference;
	size_t text_length;
	char text[ANSWER_TEXT_BYTES_MAX];
};

/* text[0..length) has no newline.  place: that of the line; its column is set for each error. */
enum tape_line_kind tape_line_parse(const char *text, size_t length, struct place place,
				    struct diag *diag, struct tape_line *line_r);

const char *tape_type_word(unsigned type);

#endif
