/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes import messaging-server. */
#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return import_fuzz(&import_messaging_server, data, size);
}
