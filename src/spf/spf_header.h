/* SPDX-License-Identifier: BSD-2-Clause */
/* What a message tells of SPF: Received-SPF, and the part of Authentication-Results. */
#ifndef SPF_SPF_HEADER_H
#define SPF_SPF_HEADER_H

#include "base/buf.h"
#include "spf/spf.h"

/*
 * The value of a Received-SPF field (RFC 7208 9.1): result, comment, key-value pairs, folded by "\n\t".  receiver: our
 * host name.  What a client chose stands in quotes, or as an atom where it is one; bytes that no header may hold are
 * shown as \xNN, and each value is cut at 255 octets.  false, and nothing is added: the outcome is pending or unknown.
 */
bool spf_add_received(struct buf *out, const struct spf_input *input, const struct spf_outcome *outcome,
		      const char *receiver);

/*
 * "spf=permerror reason="..." smtp.mailfrom=example.org" (RFC 8601 2.2, 2.7.2), without a ';'.  Of the sender only the
 * domain is told; that of the null sender is the EHLO domain.  false as above.
 */
bool spf_add_auth_result(struct buf *out, const struct spf_input *input, const struct spf_outcome *outcome);

/* One sentence for people, printable ASCII: "example.org does not designate 192.0.2.1 as permitted sender". */
void spf_add_sentence(struct buf *out, const struct spf_input *input, const struct spf_outcome *outcome);

#endif
