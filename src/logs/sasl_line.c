/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of the Cyrus SASL library. */
#include "logs/sasl_line.h"

static const char *const others[] = {
	"auxpropfunc error ",
	"canonuserfunc error ",
	"_sasl_plugin_load failed on ",
	"could not find auxprop plugin",
	"unable to open Berkeley db ",
	"sql_select option missing",
	"sql plugin ",
	"sql auxprop plugin ",
	"SQL engine ",
	"ldapdb_",
	"DIGEST-MD5 common mech free",
	"No worthy mechs found",
	"OTP unavailable because ",
};

bool sasl_line_is_other(struct span text)
{
	return span_begins_any(text, others, sizeof others / sizeof others[0]);
}
