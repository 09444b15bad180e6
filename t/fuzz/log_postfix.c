/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the reader of Postfix logs, messages alone: every line reaches smtpd's part. */
#include "logs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct logs_options options = { .format = "postfix", .bare = true, .year = 2026 };

	return fuzz_logs(&options, data, size);
}
