/* SPDX-License-Identifier: BSD-2-Clause */
/* U-labels to A-labels (libidn2). */
#include "base/idn.h"

#include <idn2.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

bool idn_to_ascii(const char *domain, char *ascii_r, size_t size)
{
	char *ascii = NULL;
	bool fits = false;

	if (idn2_to_ascii_8z(domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	if (strlen(ascii) < size) {
		(void)snprintf(ascii_r, size, "%s", ascii);
		fits = true;
	}
	idn2_free(ascii);
	return fits;
}

const char *idn_library_version(void)
{
	return idn2_check_version(NULL);
}
