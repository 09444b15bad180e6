/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry of a list that decided, for people. */
#ifndef APP_HIT_TEXT_H
#define APP_HIT_TEXT_H

#include "base/buf.h"
#include "core/list.h"

/* The file in which the entry stands; NULL where it is built in. */
const char *hit_file(const struct list_hit *hit);

/* ".bulk.example in $blocked, blocked.txt:17" */
void hit_add_text(struct buf *out, const struct list_hit *hit);

#endif
