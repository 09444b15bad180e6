/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats that are read: a row here, a file of its own. */
#include "logs/reader.h"

/* Those with recognise() are asked in this order; what none of them knows is taken for syslog's. */
const struct log_format *const log_formats[] = {
	&log_postfix,
	&log_sendmail,
	&log_suricata,
	&log_zeek,
	&log_session,
	&log_swaks,
	&log_sendmail_x,
	NULL
};

const char *logs_format_name(size_t number)
{
	return log_formats[number] ? log_formats[number]->name : NULL;
}
