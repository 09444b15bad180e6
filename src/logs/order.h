/* SPDX-License-Identifier: BSD-2-Clause */
/* In which order do the lines of an input come?  What their stamps say, one after the other. */
#ifndef LOGS_ORDER_H
#define LOGS_ORDER_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* Lines of several machines, and late ones, stand a little out of order in any log. */
#define ORDER_LATE_US (60 * US_PER_SECOND)

/* Zeroed: nothing was seen. */
struct order {
	bool any;
	int64_t first_us, last_us;
	unsigned up, down;	/* steps to another second or a fraction of it */
	unsigned far_up, far_down;	/* of them, by more than ORDER_LATE_US */
};

static inline void order_take(struct order *order, int64_t us)
{
	int64_t step_us = order->any ? us - order->last_us : 0;

	if (!order->any)
		order->first_us = us;
	order->any = true;
	order->last_us = us;
	order->up += step_us > 0;
	order->down += step_us < 0;
	order->far_up += step_us > ORDER_LATE_US;
	order->far_down += step_us < -ORDER_LATE_US;
}

/* One step back may come of a clock that was set, or of two logs in one file. */
static inline bool order_is_newest_first(const struct order *order)
{
	return order->down > 1 && order->down > 4 * order->up && order->last_us < order->first_us;
}

/* Neither the one nor the other: sorted by something else, or not at all. */
static inline bool order_is_none(const struct order *order)
{
	return order->far_down > 2 && 4 * order->far_down > order->far_up && !order_is_newest_first(order);
}

#endif
