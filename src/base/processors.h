/* SPDX-License-Identifier: BSD-2-Clause */
/* How many processors there are for this process. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H

#include <sched.h>
#include <stddef.h>

/* At least 1; 1 where nobody tells. */
static inline size_t processors_allowed(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

#endif
