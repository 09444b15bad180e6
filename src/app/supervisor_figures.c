/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts what happens to the supervisor, and has the figures served. */
#include "app/supervisor_state.h"

#include "app/metrics.h"
#include "app/metrics_http.h"
#include "app/metrics_process.h"
#include "app/metrics_text.h"
#include "base/clock.h"
#include "base/log.h"

static void set(enum metric metric, uint8_t label, int64_t value)
{
	metrics_set(metric, METRIC_LABELS(label), (uint64_t)value);
}

/* What has no listener; the others begin with their worker. */
static void declare_all(void)
{
	for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
		const struct metric_row *row = &metric_rows[metric];

		if ((row->type == TYPE_COUNTER || row->type == TYPE_HISTOGRAM) && row->labels[0] != LABEL_LISTENER)
			metrics_declare(metric, 0);
	}
}

void supervisor_figures_start(struct supervisor *s)
{
	declare_all();
	set(METRIC_START, 0, clock_realtime_us());
	set(METRIC_RELOAD_SUCCESS, 0, 1);
	supervisor_figures_update(s);
	if (s->setup->metrics_fd < 0)
		return;
	if (!s->setup->metrics.is_loopback)
		log_info("metrics are open to other hosts, as the policy wants");
	s->http = metrics_http_start(s->setup->metrics_fd);
	if (!s->http)
		log_error("the metrics are not served: no thread or memory for it");
}

void supervisor_figures_stop(struct supervisor *s)
{
	listen_remove(&s->setup->metrics);	/* while it listens nobody else puts his in its place */
	s->setup->metrics.is_unix = false;
	metrics_http_stop(&s->http);
}

void supervisor_figures_update(const struct supervisor *s)
{
	unsigned counts[WORKER_DRAINING + 1] = { 0 };

	for (const struct child *child = s->children; child; child = child->next)
		counts[child->state < CHILD_SERVING ? WORKER_STARTING :
		       child->state == CHILD_SERVING ? WORKER_SERVING : WORKER_DRAINING]++;
	for (uint8_t i = 0; i <= WORKER_DRAINING; i++)
		set(METRIC_WORKERS, (uint8_t)(1 + i), counts[i]);
	metrics_count_dropped();
}

void supervisor_note_reload(bool good)
{
	uint8_t outcome = 1 + (good ? SUCCESS_OK : SUCCESS_FAILED);

	METRICS_COUNT(METRIC_RELOADS, outcome);
	set(METRIC_RELOAD_TIME, outcome, clock_realtime_us());
	set(METRIC_RELOAD_SUCCESS, 0, good);
}

void supervisor_note_policy(const char *path, const char *sha256)
{
	metrics_policy_is(path, sha256);
	set(METRIC_POLICY_START, 0, clock_realtime_us());
}
