/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines by which a syslog daemon tells that others are not in the log. */
#ifndef LOGS_LOSS_H
#define LOGS_LOSS_H

#include "logs/syslog_line.h"

#include <stdbool.h>

/* Of a line that is no MTA's. */
bool log_tells_of_loss(const struct log_line *line);

#endif
