/* SPDX-License-Identifier: BSD-2-Clause */
/* What Postfix is configured to do now: the output of (postconf -n; postconf -M), or what a fresh one has. */
#ifndef MTA_POSTFIX_CURRENT_H
#define MTA_POSTFIX_CURRENT_H

#include "base/arena.h"
#include "base/diag.h"
#include "core/policy.h"
#include "core/session.h"

#include <stdbool.h>
#include <stddef.h>

#define POSTFIX_NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/*
 * Begins the names of parameters that mta-config puts into main.cf for values that cannot stand in a command:
 * a value "$NAME" with it is read as what it stands for.
 */
#define POSTFIX_OWN_PREFIX "ehlo_milter_"

struct postfix_parameter {
	const char *name;
	const char *value;
	unsigned line;			/* of the input; 0: assumed */
	struct postfix_parameter *next;
};

/* A logical line of master.cf. */
struct postfix_service {
	const char *name;		/* "smtp", "127.0.0.1:10025" */
	const char *type;		/* "inet", "pass", "unix" */
	const char *command;		/* "smtpd" */
	enum tri chroot;		/* unknown: "-" without a compatibility_level */
	struct postfix_parameter *options;	/* -o, in their order */
	struct number port;		/* unknown: a name that is no well-known service */
	struct address address;		/* that it is bound to; unknown: every one */
	unsigned line;			/* of the input; 0: assumed */
	struct postfix_service *next;
};

struct postfix_current {
	const char *file;		/* that it was read from, for messages */
	struct postfix_parameter *parameters;	/* main.cf */
	struct postfix_service *services;
	bool given;			/* from the administrator, not assumed */
	unsigned version;		/* 307 for 3.7; 0: no line mail_version */
};

/*
 * text: what (postconf -n; postconf -M; postconf mail_version) prints, also postconf -P behind -M; main.cf and
 * master.cf themselves do too.  What cannot be understood is an error with its line.  False on errors and when memory
 * is out.
 */
bool postfix_current_read(const char *text, const char *file, struct arena *arena, struct diag *diag,
			  struct postfix_current *current_r);

/* As postfix_current_read(); a text without any service is an error too. */
bool postfix_current_parse(const char *text, const char *file, struct arena *arena, struct diag *diag,
			   struct postfix_current *current_r);

/* A fresh master.cf with the smtpd services that the policy speaks of.  False when memory is out. */
bool postfix_current_assume(const struct policy *policy, struct arena *arena, struct postfix_current *current_r);

/* Of a service whose name and type are set: its port and address, as far as "127.0.0.1:10025" tells them. */
void postfix_find_endpoint(struct postfix_service *service);

/* Does it take mail over SMTP, from the network or from postscreen? */
bool postfix_is_smtpd(const struct postfix_service *service);

/* The service's own option, else the parameter of main.cf, else NULL: Postfix's default, not known here. */
const char *postfix_value(const struct postfix_current *current, const struct postfix_service *service,
			  const char *name);
const char *postfix_option(const struct postfix_service *service, const char *name);

/* The line of the input where postfix_value() finds it; 0: nowhere. */
unsigned postfix_line(const struct postfix_current *current, const struct postfix_service *service, const char *name);

/*
 * The value with $name, ${name} and $(name) replaced by what current says.  NULL: one of them is not known, or
 * memory is out (arena->failed).
 */
const char *postfix_expand(const struct postfix_current *current, const struct postfix_service *service,
			   const char *value, struct arena *arena);

/*
 * The items of a list in their order, separated by commas and blanks, "{ }" kept together: the next one from
 * *rest, which moves on, as it stands there; NULL at the end or when memory is out (arena->failed).
 */
const char *postfix_next_item(const char **rest, struct arena *arena);

/* The length of "{ ... }" at the start of text, with what is nested in it; 0: no brace closes it. */
size_t postfix_braces_length(const char *text);

#endif
