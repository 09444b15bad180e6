/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures of the supervisor and its workers, from /proc and from what workers say of themselves. */
#include "app/metrics_process.h"

#include "app/metrics.h"
#include "base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAT_BYTES 600
#define LIMITS_BYTES 4000

struct figures {
	uint64_t cpu_us;
	uint64_t memory_bytes;
	uint64_t threads;
	uint64_t fds;		/* of the process that has the most */
	uint64_t fds_max;
};

/* Of /proc/PID, at most bytes - 1; "" when it is gone. */
static void read_file(int pid, const char *name, char *text_r, size_t bytes)
{
	char path[60];
	ssize_t got = -1;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		got = read(fd, text_r, bytes - 1);
		(void)close(fd);
	}
	text_r[got < 0 ? 0 : got] = '\0';
}

/* proc(5): behind the name, which may hold anything, come the fields from the third on. */
static void add_stat(int pid, struct figures *figures)
{
	uint64_t tick_us = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	unsigned long user, kernel, pages;
	char text[STAT_BYTES];
	const char *rest;
	long threads;

	read_file(pid, "stat", text, sizeof text);
	rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d %*u %*u "
			    "%lu", &user, &kernel, &threads, &pages) != 4)
		return;
	figures->cpu_us += (user + kernel) * tick_us;
	figures->threads += (uint64_t)threads;
	figures->memory_bytes += pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t fd_limit(int pid)
{
	char text[LIMITS_BYTES];
	const char *line;

	read_file(pid, "limits", text, sizeof text);
	line = strstr(text, "Max open files");
	return line ? strtoull(line + sizeof "Max open files", NULL, 10) : 0;
}

static void add_fds(int pid, struct figures *figures)
{
	char path[60];
	uint64_t count = 0;
	DIR *folder;

	(void)snprintf(path, sizeof path, "/proc/%d/fd", pid);
	folder = opendir(path);
	if (!folder)
		return;
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		count += entry->d_name[0] != '.';
	(void)closedir(folder);
	if (count <= figures->fds)
		return;
	figures->fds = count;
	figures->fds_max = fd_limit(pid);
}

static void add_process(int pid, struct figures *figures)
{
	add_stat(pid, figures);
	add_fds(pid, figures);
}

static void set_figures(uint8_t process, const struct figures *figures)
{
	const uint8_t *labels = METRIC_LABELS(1 + process);

	metrics_set(METRIC_CPU, labels, figures->cpu_us);
	metrics_set(METRIC_MEMORY, labels, figures->memory_bytes);
	metrics_set(METRIC_THREADS, labels, figures->threads);
	metrics_set(METRIC_FDS, labels, figures->fds);
	metrics_set(METRIC_FDS_MAX, labels, figures->fds_max);
}

/*
 * A worker that has been waited for, and is not yet among those that have ended, is in neither sum for a moment: a counter
 * must not go back for that.
 */
static uint64_t most_so_far(uint64_t cpu_us)
{
	static _Atomic uint64_t most_us;
	uint64_t before = atomic_load(&most_us);

	while (before < cpu_us && !atomic_compare_exchange_weak(&most_us, &before, cpu_us))
		continue;
	return before < cpu_us ? cpu_us : before;
}

void metrics_process_look(void)
{
	struct figures own = { 0 }, workers = { .cpu_us = (uint64_t)metrics_ended_cpu_us() };
	uint64_t open = 0, answers = 0, bytes = 0;
	bool down = false;

	for (unsigned place = 0; place < METRICS_WORKERS; place++) {
		const struct metrics_worker *worker = metrics_worker(place);

		if (worker->pid <= 0)
			continue;
		open += worker->sessions_open;
		answers += worker->cache_answers;
		bytes += worker->cache_bytes;
		down = down || worker->dns_down;
		add_process(worker->pid, &workers);
	}
	metrics_set(METRIC_SESSIONS_OPEN, METRIC_LABELS(0), open);
	metrics_set(METRIC_CACHE_ANSWERS, METRIC_LABELS(0), answers);
	metrics_set(METRIC_CACHE_BYTES, METRIC_LABELS(0), bytes);
	metrics_set(METRIC_DNS_DOWN, METRIC_LABELS(0), down);
	workers.cpu_us = most_so_far(workers.cpu_us);
	add_process((int)getpid(), &own);
	set_figures(PROCESS_SUPERVISOR, &own);
	set_figures(PROCESS_WORKERS, &workers);
}

void metrics_count_dropped(void)
{
	static unsigned long counted;
	unsigned long dropped = log_dropped();

	if (dropped > counted)
		metrics_add(METRIC_LOG_DROPPED, METRIC_LABELS(0), dropped - counted);
	counted = dropped;
}
