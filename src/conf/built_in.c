/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy of a host that has no policy file: everything is observed, nothing is refused. */
#include "conf/load.h"

const char policy_built_in[] =
	"version: 1\n"
	"\n"
	"server:\n"
	"  socket: inet:8897@127.0.0.1\n"
	"\n"
	"listeners:\n"
	"  - name: default\n"
	"    match: any\n"
	"    profile: standard\n"
	"    mode: observe\n";
