/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of months in stamps: journalctl writes them in the language of who calls it. */
#ifndef LOGS_MONTH_H
#define LOGS_MONTH_H

#include "logs/span.h"

/* The longest word that is taken for one, in bytes. */
#define MONTH_BYTES_MAX 16

/* "Nov", "nov.", "Mär", "ноя", "11月": 1 to 12; 0: it is none, or is of one month here and of another there. */
int month_of(struct span word);

#endif
