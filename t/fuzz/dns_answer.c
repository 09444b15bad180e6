/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the reader of DNS answers: whatever comes, the answer is whole, bounded and of one form. */
#include "fuzz.h"

#include "dns/answer.h"
#include "dns/wire.h"
#include "dns/wire_message.h"

static const enum dns_type types[] = { DNS_A, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA };

/* The question that the message answers; one of ours when there is none in it. */
static enum dns_type question_of(const uint8_t *data, size_t size, struct wire_name *name_r)
{
	struct message message = { .bytes = data, .length = size, .at = WIRE_HEADER_BYTES };
	unsigned type;

	if (size > UINT16_MAX || size < WIRE_HEADER_BYTES || !read_name(&message, name_r)) {
		promise(wire_name_parse("a.example", name_r));
		return DNS_A;
	}
	if (read_u16(&message, &type))
		for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
			if (types[i] == type)
				return types[i];
	return DNS_A;
}

/* A name is text that stands for itself, and usable is what it says. */
static void check_host(const struct dns_record *record)
{
	char text[DNS_NAME_BYTES];
	struct wire_name name;

	promise(strlen(record->host.name) < DNS_NAME_BYTES && fuzz_printable(record->host.name));
	promise(wire_name_parse(record->host.name, &name));
	wire_name_format(&name, text);
	promise(strcmp(text, record->host.name) == 0);
	promise(record->host.usable == (text[0] != '.' && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
							  strlen(text)));
}

static void check_record(enum dns_type type, const struct dns_record *record, uint32_t ttl_s)
{
	promise(record->ttl_s >= ttl_s && record->ttl_s <= INT32_MAX);
	switch (type) {
	case DNS_A:
		promise(record->address.family == IP_V4);
		break;
	case DNS_AAAA:
		promise(record->address.family != IP_NONE);
		break;
	case DNS_PTR:
	case DNS_MX:
		check_host(record);
		break;
	case DNS_TXT:
		promise(record->text.bytes[record->text.length] == '\0');
		break;
	}
}

static void check_answer(enum dns_type type, const struct dns_answer *answer)
{
	promise(dns_is_certain(answer->status) || answer->status == DNS_SERVFAIL || answer->status == DNS_REFUSED);
	promise((answer->count > 0) == (answer->status == DNS_NOERROR) && answer->count <= ANSWER_RECORDS_MAX);
	promise(answer->ttl_s <= INT32_MAX);
	promise(answer_bytes(answer) <= ANSWER_TEXT_BYTES_MAX + ANSWER_RECORDS_MAX * 64 + 256);
	for (size_t i = 0; i < answer->count; i++)
		check_record(type, &answer->records[i], answer->ttl_s);
}

/* The same message, read from a block that ends with it. */
static const struct dns_answer *read_copy(const uint8_t *data, size_t size, unsigned id,
					  const struct wire_name *name, enum dns_type type)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	const struct dns_answer *answer;

	promise(copy);
	if (size > 0)
		memcpy(copy, data, size);
	if (size > 1)
		copy[0] = (uint8_t)id;
	answer = wire_answer(copy, size, name, type);
	promise(answer);
	check_answer(type, answer);
	free(copy);
	return answer;
}

static bool same_answer(const struct dns_answer *a, const struct dns_answer *b)
{
	return a->status == b->status && a->count == b->count && a->ttl_s == b->ttl_s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dns_answer *answer, *again;
	struct wire_name name, other;
	enum dns_type type = question_of(data, size, &name);

	answer = read_copy(data, size, 1, &name, type);
	again = read_copy(data, size, 2, &name, type);
	promise(same_answer(answer, again));
	answer_unref(&again);
	/* A cut takes records away, or the whole; it never adds. */
	again = read_copy(data, size / 2, 1, &name, type);
	promise(!dns_is_certain(again->status) || same_answer(answer, again));
	answer_unref(&again);
	promise(wire_name_parse("other.example", &other));
	if (!wire_name_equal(&name, &other)) {
		again = read_copy(data, size, 1, &other, type);
		promise(again->status == DNS_SERVFAIL);
		answer_unref(&again);
	}
	answer_unref(&answer);
	return 0;
}
