/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers are ASCII (RFC 5322 2.2) unless the message was declared to be SMTPUTF8 (RFC 6532). */
#include "app/eight_bit.h"

#include "app/logline.h"
#include "base/buf.h"
#include "base/log.h"
#include "core/exempt.h"

#include <stdio.h>
#include <strings.h>

static bool refuses(const struct policy *policy, const struct listener *listener)
{
	return commands_in_force(&listener->commands, &policy->commands, COMMAND_EIGHT_BIT_HEADERS).value ==
	       VALUE_REJECT;
}

bool eight_bit_wanted(const struct policy *policy)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		if (refuses(policy, &policy->listeners[i]))
			return true;
	return false;
}

void eight_bit_begin(struct conn *conn, char *const *argv)
{
	conn->eight_bit = (struct eight_bit){ 0 };
	for (size_t i = 1; argv && argv[0] && argv[i]; i++)
		if (strcasecmp(argv[i], "SMTPUTF8") == 0)	/* RFC 6531 3.4 */
			conn->eight_bit.declared = true;
}

void eight_bit_judge(const struct policy *policy, struct conn *conn, const struct judgement *judgement,
		     enum stage stage)
{
	static const struct rollout whole = ROLLOUT_WHOLE;
	const struct listener *listener = judgement->choice.listener;
	struct eight_bit *e = &conn->eight_bit;
	struct context context = engine_context(judgement, &conn->session, stage);
	const char *by;

	if (e->declared || !refuses(policy, listener) || always_delivered(listener, &context) ||
	    engine_exempt(judgement, &conn->session, stage, &by) != TRI_NO)
		return;
	e->listener = listener;
	e->refused = mode_in_force(policy, &judgement->choice, &conn->session, &whole) == MODE_ENFORCE;
}

static bool has_eight_bit(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 0x7f)
			return true;
	return false;
}

static void tell(const struct policy *policy, const struct conn *conn, const char *header, const struct reply *reply)
{
	char space[LOG_LINE_BYTES];
	struct buf line;

	buf_init_fixed(&line, space, sizeof space);
	logline_header(policy, &conn->session, &conn->eight_bit, header, reply, &line);
	log_info("%s", line.text);
}

bool eight_bit_header(const struct policy *policy, struct conn *conn, const char *name, const char *value,
		      struct reply *reply_r)
{
	struct eight_bit *e = &conn->eight_bit;

	if (!e->listener || !(has_eight_bit(name) || has_eight_bit(value)))
		return false;
	*reply_r = (struct reply){ .code = "554", .enhanced = "5.6.0" };
	(void)snprintf(reply_r->text, sizeof reply_r->text, "8-bit bytes in a header, RFC 5322 2.2 (%s)",
		       conn->session.id);
	tell(policy, conn, name, reply_r);
	e->listener = NULL;	/* one line is enough for a message */
	return e->refused;
}
