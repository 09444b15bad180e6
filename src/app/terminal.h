/* SPDX-License-Identifier: BSD-2-Clause */
/* What standard output is: a terminal, how wide, with colours or without. */
#ifndef APP_TERMINAL_H
#define APP_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* 80 where it is no terminal, or does not tell; at least 40, and at most 100, beyond which text reads badly. */
size_t terminal_width(void);

/* Only on a terminal, and never with NO_COLOR (no-color.org) or on a dumb one. */
bool terminal_has_colours(void);

#endif
