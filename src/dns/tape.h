/* SPDX-License-Identifier: BSD-2-Clause */
/* A tape in memory: answers that were written down. */
#ifndef DNS_TAPE_H
#define DNS_TAPE_H

#include "base/diag.h"
#include "core/dns_answer.h"

#include <stddef.h>

/* Immutable after tape_new(), so that any thread may ask. */
struct tape;

/* Every line is looked at, and each bad one is an error with its place; NULL when there is one. */
struct tape *tape_new(const char *path, const char *text, size_t length, struct diag *diag);
void tape_free(struct tape **tape);

/*
 * name: of the form that wire_name_format() writes.  With a reference.  Aliases are followed,
 * ANSWER_CNAMES_MAX of them; what is not on the tape is DNS_UNKNOWN, on a complete one NODATA or NXDOMAIN.
 */
const struct dns_answer *tape_answer(const struct tape *tape, const char *name, enum dns_type type);

#endif
