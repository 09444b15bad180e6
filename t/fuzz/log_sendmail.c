/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the reader of Sendmail logs, messages alone. */
#include "logs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct logs_options options = { .format = "sendmail", .bare = true, .year = 2026 };

	return fuzz_logs(&options, data, size);
}
