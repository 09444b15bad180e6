/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 sequences: no overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629 4). */
#include "base/utf8.h"

static const struct {
	unsigned char first_min, first_max, second_min, second_max;
	size_t length;
} forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

size_t utf8_length(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;

	if (length > 0 && bytes[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (length < forms[i].length || bytes[0] < forms[i].first_min || bytes[0] > forms[i].first_max ||
		    bytes[1] < forms[i].second_min || bytes[1] > forms[i].second_max)
			continue;
		for (size_t j = 2; j < forms[i].length; j++)
			if (bytes[j] < 0x80 || bytes[j] > 0xbf)
				return 0;
		return forms[i].length;
	}
	return 0;
}
