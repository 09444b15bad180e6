/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts a thread that takes no signals. */
#include "base/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread_r, void *(*run)(void *argument), void *argument)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread_r, NULL, run, argument);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}
