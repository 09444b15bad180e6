/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes import postfix. */
#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return import_fuzz(&import_postfix, data, size);
}
