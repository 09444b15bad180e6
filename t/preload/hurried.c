/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has a program live through libmilter's long time-outs at once.  What is done is told by a file of three long integers, named
 * by $HURRIED and shared by all processes: by how many seconds time() is ahead, how many seconds of silence libmilter is to bear
 * in the midst of a packet, and, written here, how many the program has asked for.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

enum { AHEAD_S, SILENCE_S, ASKED_S, VALUES };

static atomic_long nothing[VALUES];
static atomic_long *values = nothing;

__attribute__((constructor)) static void find_values(void)
{
	const char *path = getenv("HURRIED");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *shared;

	if (fd < 0)
		return;
	shared = mmap(NULL, sizeof nothing, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (shared != MAP_FAILED)
		values = shared;
}

PUBLIC time_t time(time_t *now_r)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += atomic_load(&values[AHEAD_S]);
	if (now_r)
		*now_r = now.tv_sec;
	return now.tv_sec;
}

PUBLIC int smfi_settimeout(int seconds);

PUBLIC int smfi_settimeout(int seconds)
{
	int (*next)(int);

	*(void **)&next = dlsym(RTLD_NEXT, "smfi_settimeout");
	atomic_store(&values[ASKED_S], seconds);
	return next(values == nothing ? seconds : (int)atomic_load(&values[SILENCE_S]));
}
