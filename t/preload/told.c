/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has a worker told to end when its main thread is about to let TERM through: if other threads wait for signals by then, they
 * take it.  Done by the first process that can remove the file which $TOLD names.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int pthread_sigmask(int how, const sigset_t *set, sigset_t *before_r)
{
	const struct timespec a_moment = { .tv_nsec = 300000000 };
	const char *path = getenv("TOLD");
	int (*next)(int, const sigset_t *, sigset_t *);

	*(void **)&next = dlsym(RTLD_NEXT, "pthread_sigmask");
	if (how == SIG_UNBLOCK && set && sigismember(set, SIGTERM) && path && unlink(path) == 0) {
		(void)nanosleep(&a_moment, NULL);
		(void)kill(getpid(), SIGTERM);
		(void)nanosleep(&a_moment, NULL);
	}
	return next(how, set, before_r);
}
