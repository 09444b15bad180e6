/* SPDX-License-Identifier: BSD-2-Clause */
/* Keywords that stand behind a channel of Messaging Server, as far as import knows them. */
#ifndef IMPORT_MESSAGING_KEYWORDS_H
#define IMPORT_MESSAGING_KEYWORDS_H

#include "import/import.h"

enum messaging_keyword_kind {
	KEYWORD_CHECK,
	KEYWORD_COMMAND,
	KEYWORD_OUTBOUND,
	KEYWORD_OUTBOUND_NUMBER,	/* 0 to 3 stands behind it */
	KEYWORD_SUBMIT,
	KEYWORD_LOGIN,
	KEYWORD_NOTHING,		/* it is so without */
	KEYWORD_COMMENT,		/* the policy has nothing for it, or it cannot be told what */
};

struct messaging_keyword {
	const char *word;
	enum messaging_keyword_kind kind;
	const char *check;		/* of KEYWORD_CHECK */
	const char *settings[4];	/* NULL after the last; of KEYWORD_COMMENT: why */
};

/* Without case; NULL: there is no such keyword. */
const struct messaging_keyword *messaging_keyword_find(const char *word);

void messaging_keywords_describe(import_tell *tell, void *context);

#endif
