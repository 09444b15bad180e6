/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sendmail_*.c files share while a plan is made. */
#ifndef MTA_SENDMAIL_WORK_H
#define MTA_SENDMAIL_WORK_H

#include "mta/sendmail_config.h"

struct sendmail_work {
	const struct policy *policy;
	const struct sendmail_current *current;
	struct arena *arena;
	struct diag *diag;
	struct sendmail_plan *plan;
	const char *path;	/* of the policy, fit for a comment of m4 */
	bool vrfy_opened;	/* novrfy or goaway is taken out of PrivacyOptions */
	bool no_memory;
};

/* "policy.yaml:14: TEXT" */
const char *mc_origin(struct sendmail_work *work, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *mc_setting_origin(struct sendmail_work *work, const struct listener *listener, enum command_id id,
			      const struct command_setting *setting);

void mc_macro(struct sendmail_work *work, const char *origin, const char *text);
void mc_config(struct sendmail_work *work, const char *origin, const char *text);
void mc_rule(struct sendmail_work *work, const char *origin, const char *text);
void mc_note(struct sendmail_work *work, const char *origin, const char *text);

/* At a line of the policy: refused with the reason, or said on standard error and in the output. */
void mc_error(struct sendmail_work *work, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void mc_warn(struct sendmail_work *work, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Refused when m4 or Sendmail would take it apart. */
void mc_check_socket(struct sendmail_work *work, const char *key, const char *socket, unsigned line);

/* Without its condition, where the MTA or the listener decides that. */
struct command_setting mc_setting(const struct sendmail_work *work, const struct listener *listener,
				  enum command_id id);

/* sendmail_dynamic.c: may a daemon of Sendmail be the listener; does a key hang on the client, in any of them? */
bool mc_is_here(const struct listener *listener);
bool mc_is_asked(const struct sendmail_work *work, enum command_id id);
bool mc_features_are_asked(const struct sendmail_work *work);
void sendmail_check_conditions(struct sendmail_work *work);

/* sendmail_listeners.c: the rulesets that the others ask */
#define MC_LISTENER_RULESET "EhloMilterListener"
#define MC_ASK_RULESET "EhloMilterAsk"
void sendmail_listener_ruleset(struct sendmail_work *work);
void sendmail_ask_ruleset(struct sendmail_work *work);

/* sendmail_rules.c */
void sendmail_rules(struct sendmail_work *work);

/* sendmail_outbound.c */
void sendmail_outbound(struct sendmail_work *work);

#endif
