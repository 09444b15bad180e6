/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs put before lines that they take out of logs. */
#ifndef LOGS_LINE_PREFIX_H
#define LOGS_LINE_PREFIX_H

#include "logs/scan.h"

/*
 * How long is it?  "mx-1  | " of docker compose, "[pod/mail-0/postfix] " of kubectl, "mx1: " of pdsh, "mail.log.1:",
 * "mail.log.1:12:" and "mail.log.1-12-" of grep, "    12\t" of cat, ">> " of a letter, a few blanks; 0: nothing of the kind.
 */
size_t line_prefix_length(const struct scan *scan);

#endif
