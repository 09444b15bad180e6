/* SPDX-License-Identifier: BSD-2-Clause */
/* What EHLO is to list, in the words of each MTA: for a whole daemon, or for one client that is asked about. */
#ifndef MTA_KEYWORDS_H
#define MTA_KEYWORDS_H

#include "base/buf.h"
#include "core/commands.h"

#include <stdbool.h>

/* Could it be a keyword of EHLO: letters, digits, '-', '_' and '='? */
bool postfix_keyword_is_word(const char *text, size_t length);

/* As smtpd_discard_ehlo_keywords spells an extension; NULL: Postfix does not have it. */
const char *postfix_keyword(enum command_id id);

/*
 * From the values of all keys to those of the keywords: VALUE_TRUE stays listed, VALUE_FALSE goes,
 * VALUE_ABSENT is left as it is.  "vrfy: hide" and the values of etrn speak of keywords too.
 */
void postfix_keywords_wanted(const enum command_value values[COMMAND_COUNT],
			     enum command_value wanted_r[COMMAND_COUNT]);

/* Is a word of smtpd_discard_ehlo_keywords decided by the policy, or silent-discard? */
bool postfix_keyword_is_decided(const char *word, const enum command_value wanted[COMMAND_COUNT]);

/* Adds "silent-discard, KEPT, ..." with the keywords that go, each behind separator; nothing where none goes. */
void postfix_add_discards(struct buf *out, const char *kept, const enum command_value wanted[COMMAND_COUNT],
			  const char *separator);

/* The letters of srv_features for one key, such as "o g u"; NULL: the key has none. */
const char *sendmail_letters(enum command_id id, enum command_value value);

/* The letters of all keys, separated by blanks, each once. */
void sendmail_add_letters(struct buf *out, const enum command_value values[COMMAND_COUNT]);

#endif
