/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes import stalwart. */
#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return import_fuzz(&import_stalwart, data, size);
}
