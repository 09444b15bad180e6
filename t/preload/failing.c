/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the Nth call of one kind fail.  What fails when is told by a file of two long integers for each kind, named by
 * $FAILING and shared by all processes: how many calls go well until one fails (negative: none will), and how many there
 * were.
 *
 * Preloaded into a program it reaches the calls of the libraries too.  AddressSanitizer has these names for itself, before
 * what is preloaded: there it is linked into the program (FAILING_WRAPPED, and --wrap for each name), and reaches the
 * program's own calls.
 *
 * Memory does not run out in getpwnam(): the name service of glibc 2.36 crashes, or aborts, where it does.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {			/* the order is known to faults.py */
	ALLOCATION,
	SANDBOX_ALLOCATION,	/* by libseccomp, which does not take it well */
	OPEN,
	SOCKET,
	ACCEPT,
	THREAD,
	WRITE,
	FORK,
	KINDS
};

#define PUBLIC __attribute__((visibility("default")))

struct plan {
	atomic_long left;
	atomic_long count;
};

static struct plan nothing[KINDS];
static struct plan *plans = nothing;

static uintptr_t sandbox_start, sandbox_end;	/* the code of libseccomp */

static int find_sandbox(struct dl_phdr_info *object, size_t bytes, void *unused)
{
	(void)bytes;
	(void)unused;
	for (int i = 0; strstr(object->dlpi_name, "/libseccomp.") && i < object->dlpi_phnum; i++)
		if (object->dlpi_phdr[i].p_type == PT_LOAD && (object->dlpi_phdr[i].p_flags & PF_X)) {
			sandbox_start = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
			sandbox_end = sandbox_start + object->dlpi_phdr[i].p_memsz;
		}
	return 0;
}

__attribute__((constructor)) static void find_plans(void)
{
	const char *path = getenv("FAILING");
	int fd;
	void *shared;

	(void)dl_iterate_phdr(find_sandbox, NULL);
	for (int i = 0; i < KINDS; i++)
		nothing[i].left = -1;
	fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	shared = mmap(NULL, sizeof nothing, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (shared != MAP_FAILED)
		plans = shared;
}

static _Thread_local bool in_name_service;

static bool fails(enum kind kind, int error)
{
	struct plan *plan = &plans[kind];

	if (plans == nothing || (in_name_service && error == ENOMEM))
		return false;
	atomic_fetch_add(&plan->count, 1);
	if (atomic_load(&plan->left) < 0 || atomic_fetch_sub(&plan->left, 1) != 0)
		return false;
	errno = error;
	return true;
}

static enum kind allocation_by(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	return at >= sandbox_start && at < sandbox_end ? SANDBOX_ALLOCATION : ALLOCATION;
}

#ifdef FAILING_WRAPPED
#define OURS(name) __wrap_##name
#define NEXT(type, name, parameters) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	static type (*next_##name) parameters = __real_##name;
#else
#define OURS(name) name
#define NEXT(type, name, parameters) static type (*next_##name) parameters;
#endif

/* The function of the same name that is called when nothing is to fail; all threads find the same one. */
#define FIND(name) \
	do { \
		if (!next_##name) \
			*(void **)&next_##name = dlsym(RTLD_NEXT, #name); \
	} while (0)

#define WRAP(kind, error, failure, type, name, parameters, arguments) \
	NEXT(type, name, parameters) \
	PUBLIC type OURS(name) parameters \
	{ \
		FIND(name); \
		return fails(kind, error) ? failure : next_##name arguments; \
	}

#define BY_CALLER allocation_by(__builtin_return_address(0))

WRAP(BY_CALLER, ENOMEM, NULL, void *, malloc, (size_t bytes), (bytes))
WRAP(BY_CALLER, ENOMEM, NULL, void *, calloc, (size_t count, size_t bytes), (count, bytes))
WRAP(BY_CALLER, ENOMEM, NULL, void *, realloc, (void *space, size_t bytes), (space, bytes))
WRAP(BY_CALLER, ENOMEM, NULL, void *, reallocarray, (void *space, size_t count, size_t bytes), (space, count, bytes))
WRAP(BY_CALLER, ENOMEM, NULL, void *, aligned_alloc, (size_t alignment, size_t bytes), (alignment, bytes))
WRAP(OPEN, EMFILE, NULL, FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(OPEN, EMFILE, NULL, DIR *, opendir, (const char *path), (path))
WRAP(OPEN, EMFILE, -1, int, __open_2, (const char *path, int flags), (path, flags))
WRAP(SOCKET, EMFILE, -1, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(SOCKET, EMFILE, -1, int, socketpair, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends))
WRAP(ACCEPT, EMFILE, -1, int, accept, (int fd, struct sockaddr *address, socklen_t *bytes), (fd, address, bytes))
WRAP(ACCEPT, EMFILE, -1, int, accept4, (int fd, struct sockaddr *address, socklen_t *bytes, int flags),
     (fd, address, bytes, flags))
WRAP(THREAD, EAGAIN, EAGAIN, int, pthread_create,
     (pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument),
     (thread, attributes, start, argument))
WRAP(WRITE, EIO, -1, ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count))
WRAP(WRITE, EIO, -1, ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
WRAP(WRITE, EIO, -1, ssize_t, send, (int fd, const void *bytes, size_t count, int flags), (fd, bytes, count, flags))
WRAP(WRITE, EIO, -1, ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(WRITE, EIO, -1, ssize_t, sendto,
     (int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t to_bytes),
     (fd, bytes, count, flags, to, to_bytes))
WRAP(FORK, EAGAIN, -1, pid_t, fork, (void), ())

NEXT(struct passwd *, getpwnam, (const char *name))
PUBLIC struct passwd *OURS(getpwnam)(const char *name)
{
	struct passwd *found;

	FIND(getpwnam);
	in_name_service = true;
	found = next_getpwnam(name);
	in_name_service = false;
	return found;
}

NEXT(int, open, (const char *path, int flags, ...))
PUBLIC int OURS(open)(const char *path, int flags, ...)
{
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	FIND(open);
	return fails(OPEN, EMFILE) ? -1 : next_open(path, flags, mode);
}
