/* SPDX-License-Identifier: BSD-2-Clause */
/* A filter of system calls: a list of what nobody misses but an intruder. */
#include "app/sandbox.h"

#include <errno.h>

#ifdef HAVE_SECCOMP

#include <seccomp.h>

#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>

/* The leak check of a build with sanitizers looks at the process from another one, at its end. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SANDBOX_LEAK_CHECK
#endif
#elif defined __SANITIZE_ADDRESS__
#define SANDBOX_LEAK_CHECK
#endif

static const int denied[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
	SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid), SCMP_SYS(capset),
	SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(personality),
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
	SCMP_SYS(fsmount), SCMP_SYS(fsconfig), SCMP_SYS(fspick), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(reboot), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(syslog),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex),
	SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(iopl), SCMP_SYS(ioperm),
#ifndef SANDBOX_LEAK_CHECK
	SCMP_SYS(ptrace),
#endif
};

static bool deny_calls(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++) {
		int error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);

		/* Not every architecture has every call. */
		if (error < 0 && error != -EDOM && error != -EINVAL) {
			errno = -error;
			return false;
		}
	}
	return true;
}

static bool added(int error)
{
	errno = -error;
	return error == 0;
}

/* One argument can be compared once in a rule: so the families between IPv4 and IPv6 are named one by one. */
static bool deny_sockets(scmp_filter_ctx filter)
{
	const unsigned action = SCMP_ACT_ERRNO(EPERM);
	bool good = added(seccomp_rule_add(filter, action, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_LT, AF_UNIX, 0))) &&
		    added(seccomp_rule_add(filter, action, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GT, AF_INET6, 0)));

	for (unsigned family = AF_INET + 1; good && family < AF_INET6; family++)
		good = added(seccomp_rule_add(filter, action, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, family, 0)));
	return good;
}

/*
 * Threads share everything with their process; clone3() has its flags in memory, and without it glibc takes
 * clone().
 */
static bool deny_processes(scmp_filter_ctx filter)
{
#ifdef SANDBOX_LEAK_CHECK
	(void)filter;
	return true;
#else
	return added(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)) &&
	       added(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)));
#endif
}

bool sandbox_enter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool good;

	if (!filter) {
		errno = ENOMEM;
		return false;
	}
	good = added(seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)) && deny_calls(filter) && deny_sockets(filter) &&
	       deny_processes(filter) && added(seccomp_load(filter));
	seccomp_release(filter);
	return good;
}

#else

bool sandbox_enter(void)
{
	errno = ENOSYS;
	return false;
}

#endif
