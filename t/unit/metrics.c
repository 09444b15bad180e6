/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU time of workers, while one of them ends. */
#include "app/metrics.h"
#include "app/metrics_process.h"
#include "base/clock.h"

#include "tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURNT_US (US_PER_SECOND / 10)

static uint64_t cpu_of_workers_us(void)
{
	static struct metrics_series series[METRICS_SERIES];
	size_t count;

	metrics_process_look();
	count = metrics_read(series);
	for (size_t i = 0; i < count; i++)
		if (metrics_key_metric(series[i].key) == METRIC_CPU &&
		    metrics_key_label(series[i].key, 0) == 1 + PROCESS_WORKERS)
			return series[i].value;
	return 0;
}

/* Uses time, tells, and waits for its end. */
static _Noreturn void be_worker(int told)
{
	while (clock() < BURNT_US * CLOCKS_PER_SEC / US_PER_SECOND)
		continue;
	if (write(told, "", 1) == 1)
		(void)pause();
	_exit(1);
}

/* Its process id, when it has used its time. */
static pid_t start_worker(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe(ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		be_worker(ends[1]);
	(void)close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		pid = -1;
	(void)close(ends[0]);
	return pid;
}

int main(void)
{
	uint64_t before;
	unsigned place;
	pid_t pid;

	if (metrics_create() < 0)
		return 1;
	place = metrics_worker_take();
	pid = start_worker();
	if (pid < 0)
		return 1;
	metrics_worker(place)->pid = pid;
	before = cpu_of_workers_us();
	ok(before >= BURNT_US / 2, "the time of a worker: %llu us", (unsigned long long)before);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	ok(cpu_of_workers_us() >= before, "it is not less when the worker has been waited for");
	(void)metrics_worker_end(place, (int64_t)before + 1);
	ok(cpu_of_workers_us() == before + 1, "nor when it is counted among those that have ended");
	return tap_done();
}
