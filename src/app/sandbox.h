/* SPDX-License-Identifier: BSD-2-Clause */
/* What a worker can never do again once it serves. */
#ifndef APP_SANDBOX_H
#define APP_SANDBOX_H

#include <stdbool.h>

/*
 * From now on, in all threads of the process: no program is executed and no process started, no other process
 * looked into or debugged, no address listened on, no socket made but unix, IPv4 and IPv6 ones, no user, root
 * folder, namespace or mount changed, no kernel module or program loaded.  Each of them fails with EPERM.  Needs
 * libseccomp; false (errno) when it is not there (ENOSYS) or the kernel does not allow it.
 */
bool sandbox_enter(void);

#endif
