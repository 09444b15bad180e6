/* SPDX-License-Identifier: BSD-2-Clause */
/* "HOST TAG" of lines of syslog. */
#include "logs/line_head.h"

#include "base/hash.h"

const struct line_head *line_heads_find(const struct line_heads *heads, const char *begin, const char *end)
{
	const char *open = memchr(begin, '[', end - begin > LINE_HEAD_BYTES ? LINE_HEAD_BYTES : (size_t)(end - begin));
	size_t length = open ? (size_t)(open - begin) : 0;
	uint64_t hash = hash_bytes(begin, length, 0);
	const struct line_head *head = &heads->places[hash % LINE_HEADS];

	return length > 0 && head->hash == hash && head->length == length && memcmp(head->text, begin, length) == 0 ? head : NULL;
}

void line_heads_add(struct line_heads *heads, struct span host, struct span tag)
{
	size_t length = host.length + 1 + tag.length;
	uint64_t hash = hash_bytes(host.text, length, 0);
	struct line_head *head = &heads->places[hash % LINE_HEADS];

	if (head->length > 0 || length >= LINE_HEAD_BYTES || memchr(host.text, '[', length))
		return;
	*head = (struct line_head){
		.length = (unsigned char)length,
		.host_length = (unsigned char)host.length,
		.hash = hash,
		.host_hash = hash_bytes(host.text, host.length, 0),
		.tag_hash = hash_bytes(tag.text, tag.length, 0),
		.program_length = tag_program(tag).length,
	};
	memcpy(head->text, host.text, length);
}

struct span tag_program(struct span tag)
{
	const char *slash = memrchr(tag.text, '/', tag.length);

	return slash ? span_between(slash + 1, tag.text + tag.length) : (struct span){ tag.text, 0 };
}
