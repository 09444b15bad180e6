/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands, checks, and everything else that a table of the program describes, on a page of --help or of the manual. */
#ifndef APP_MANUAL_H
#define APP_MANUAL_H

#include "app/command.h"
#include "app/page.h"
#include "base/json.h"
#include "core/check.h"

void manual_command(struct page *page, const struct command *command);
/* Its usage alone. */
void manual_synopsis(struct page *page, const struct command *command);
void manual_check(struct page *page, const struct check *check);

/* The same for programs. */
void manual_command_json(const struct command *command, struct json *json);
void manual_check_json(const struct check *check, struct json *json);

/* What --help of a command prints; an exit status. */
int manual_print_command(const struct command *command);

/* A part that is neither about one command nor about one check. */
struct manual_topic {
	const char *name;
	const char *summary;
	void (*show)(struct page *page);
};

/* All of them, without a name after the last. */
extern const struct manual_topic manual_topics[];

#endif
