/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts who uses an answer, and packs a new one into a single block. */
#include "dns/answer.h"

#include "core/grow.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The head of an answer's block; its records follow, then the bytes that they point to. */
struct shared {
	atomic_uint user_count;	/* 0: one of the constants below, which nobody owns */
	size_t bytes;		/* of the block */
	struct dns_answer answer;
};

/* Texts are kept by their offset until the block is made. */
struct draft_record {
	struct dns_record record;
	size_t text;
	size_t text_length;	/* without its NUL */
	enum { OF_ADDRESS, OF_HOST, OF_TEXT } kind;
};

static struct shared *shared_of(const struct dns_answer *answer)
{
	return (struct shared *)((char *)(uintptr_t)answer - offsetof(struct shared, answer));
}

const struct dns_answer *answer_ref(const struct dns_answer *answer)
{
	struct shared *shared = shared_of(answer);

	if (atomic_load_explicit(&shared->user_count, memory_order_relaxed) > 0)
		atomic_fetch_add_explicit(&shared->user_count, 1, memory_order_relaxed);
	return answer;
}

void answer_unref(const struct dns_answer **answer)
{
	struct shared *shared;

	if (!*answer)
		return;
	shared = shared_of(*answer);
	*answer = NULL;
	if (atomic_load_explicit(&shared->user_count, memory_order_relaxed) > 0 &&
	    atomic_fetch_sub_explicit(&shared->user_count, 1, memory_order_acq_rel) == 1)
		free(shared);
}

size_t answer_bytes(const struct dns_answer *answer)
{
	return shared_of(answer)->bytes;
}

const struct dns_answer *answer_of_status(enum dns_status status)
{
	static struct shared constants[] = {
		[DNS_UNKNOWN] = { .answer = { .status = DNS_UNKNOWN } },
		[DNS_NOERROR] = { .answer = { .status = DNS_NOERROR } },
		[DNS_NODATA] = { .answer = { .status = DNS_NODATA } },
		[DNS_NXDOMAIN] = { .answer = { .status = DNS_NXDOMAIN } },
		[DNS_SERVFAIL] = { .answer = { .status = DNS_SERVFAIL } },
		[DNS_REFUSED] = { .answer = { .status = DNS_REFUSED } },
		[DNS_TIMEOUT] = { .answer = { .status = DNS_TIMEOUT } },
		[DNS_UNUSABLE] = { .answer = { .status = DNS_UNUSABLE } },
		[DNS_LIMIT] = { .answer = { .status = DNS_LIMIT } },
	};

	return &constants[status].answer;
}

/* --- drafts --- */

void answer_draft_init(struct answer_draft *draft)
{
	*draft = (struct answer_draft){ .records = NULL };
	buf_init(&draft->texts);
}

void answer_draft_clear(struct answer_draft *draft)
{
	free(draft->records);
	buf_clear(&draft->texts);
	answer_draft_init(draft);
}

static bool make_room(struct answer_draft *draft)
{
	struct draft_record *records = grow(draft->records, &draft->capacity, draft->count + 1, sizeof *records);

	if (records)
		draft->records = records;
	return records;
}

/* Is it the same but for the TTL?  text: of added. */
static bool is_same(const struct answer_draft *draft, const struct draft_record *there,
		    const struct draft_record *added, const char *text)
{
	if (there->kind != added->kind || there->text_length != added->text_length)
		return false;
	if (there->kind == OF_ADDRESS)
		return ip_equal(&there->record.address, &added->record.address);
	if (there->kind == OF_HOST && there->record.host.preference != added->record.host.preference)
		return false;
	return memcmp(draft->texts.text + there->text, text, added->text_length) == 0;
}

/* RFC 2181 5: records that differ in nothing but their TTLs are one, with the lesser TTL (5.2). */
static bool is_repeated(struct answer_draft *draft, const struct draft_record *added, const char *text)
{
	for (size_t i = 0; i < draft->count; i++) {
		struct draft_record *there = &draft->records[i];

		if (!is_same(draft, there, added, text))
			continue;
		if (added->record.ttl_s < there->record.ttl_s)
			there->record.ttl_s = added->record.ttl_s;
		return true;
	}
	return false;
}

/* text: of added->text_length bytes; NULL for an address. */
static void add(struct answer_draft *draft, struct draft_record added, const char *text)
{
	if (is_repeated(draft, &added, text))
		return;
	if (draft->count == ANSWER_RECORDS_MAX ||
	    added.text_length + 1 > ANSWER_TEXT_BYTES_MAX - draft->texts.length) {
		draft->too_large = true;
		return;
	}
	added.text = draft->texts.length;
	if (text) {
		buf_add_bytes(&draft->texts, text, added.text_length);
		buf_add_char(&draft->texts, '\0');
	}
	if (draft->texts.failed || !make_room(draft))
		draft->no_memory = true;
	else
		draft->records[draft->count++] = added;
}

void answer_add_address(struct answer_draft *draft, uint32_t ttl_s, const struct ip *address)
{
	struct draft_record added = { .kind = OF_ADDRESS, .record.ttl_s = ttl_s };

	added.record.address = *address;
	add(draft, added, NULL);
}

void answer_add_host(struct answer_draft *draft, uint32_t ttl_s, uint16_t preference,
		     const struct wire_name *name)
{
	struct draft_record added = { .kind = OF_HOST, .record.ttl_s = ttl_s };
	char text[DNS_NAME_BYTES];

	wire_name_format(name, text);
	added.text_length = strlen(text);
	added.record.host.preference = preference;
	added.record.host.usable = wire_name_is_host(name);
	add(draft, added, text);
}

void answer_add_text(struct answer_draft *draft, uint32_t ttl_s, const char *bytes, size_t length)
{
	add(draft, (struct draft_record){ .kind = OF_TEXT, .record.ttl_s = ttl_s, .text_length = length }, bytes);
}

static struct dns_record place_record(const struct draft_record *from, const char *texts)
{
	struct dns_record record = from->record;

	switch (from->kind) {
	case OF_ADDRESS:
		break;
	case OF_HOST:
		record.host.name = texts + from->text;
		break;
	case OF_TEXT:
		record.text.bytes = texts + from->text;
		record.text.length = from->text_length;
		break;
	}
	return record;
}

/* Fills the block, which is large enough. */
static void pack(struct shared *shared, const struct answer_draft *draft, enum dns_status status,
		 uint32_t ttl_s)
{
	struct dns_record *records = (struct dns_record *)(shared + 1);
	char *texts = (char *)(records + draft->count);
	uint32_t least_s = ttl_s;

	memcpy(texts, draft->texts.text, draft->texts.length);
	for (size_t i = 0; i < draft->count; i++) {
		records[i] = place_record(&draft->records[i], texts);
		if (records[i].ttl_s > ttl_s)
			records[i].ttl_s = ttl_s;
		if (records[i].ttl_s < least_s)
			least_s = records[i].ttl_s;
	}
	shared->answer = (struct dns_answer){
		.status = draft->count > 0 ? DNS_NOERROR : status,
		.ttl_s = least_s,
		.count = draft->count,
		.records = draft->count > 0 ? records : NULL,
	};
}

const struct dns_answer *answer_finish(struct answer_draft *draft, enum dns_status status, uint32_t ttl_s)
{
	size_t bytes = sizeof(struct shared) + draft->count * sizeof(struct dns_record) + draft->texts.length;
	struct shared *shared = draft->no_memory ? NULL : malloc(bytes);

	if (shared) {
		atomic_init(&shared->user_count, 1);
		shared->bytes = bytes;
		pack(shared, draft, status, ttl_s);
	}
	answer_draft_clear(draft);
	return shared ? &shared->answer : NULL;
}
