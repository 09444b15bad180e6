/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has a worker told to end when its main thread is about to let TERM through, or again while pthread_kill() blocks all signals in
 * it, as glibc does: if other threads wait for signals by then, they take it.  Done by the first process that can remove the file
 * which $TOLD or $TOLD_AGAIN names.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

static void tell(void)
{
	const struct timespec a_moment = { .tv_nsec = 300000000 };

	(void)nanosleep(&a_moment, NULL);
	(void)kill(getpid(), SIGTERM);
	(void)nanosleep(&a_moment, NULL);
}

PUBLIC int pthread_sigmask(int how, const sigset_t *set, sigset_t *before_r)
{
	const char *path = getenv("TOLD");
	int (*next)(int, const sigset_t *, sigset_t *);

	*(void **)&next = dlsym(RTLD_NEXT, "pthread_sigmask");
	if (how == SIG_UNBLOCK && set && sigismember(set, SIGTERM) && path && unlink(path) == 0)
		tell();
	return next(how, set, before_r);
}

PUBLIC int pthread_kill(pthread_t thread, int number)
{
	const char *path = getenv("TOLD_AGAIN");
	int (*next)(pthread_t, int);
	sigset_t all, before;

	*(void **)&next = dlsym(RTLD_NEXT, "pthread_kill");
	if (path && unlink(path) == 0) {
		sigfillset(&all);
		(void)sigprocmask(SIG_SETMASK, &all, &before);
		tell();
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
	}
	return next(thread, number);
}
