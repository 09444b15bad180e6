/* SPDX-License-Identifier: BSD-2-Clause */
/* The small things that everything stands on: arena, buf, json, ip, diag, clock, file, hash, utf8. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/utf8.h"

#include "tap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_arena(void)
{
	char first[64];
	struct arena arena;
	struct arena_mark mark;
	char *a, *b;

	arena_init(&arena, first, sizeof first, 128);
	a = arena_strdup(&arena, "inside");
	ok(a >= first && a < first + sizeof first, "the caller's block is used first");
	mark = arena_mark(&arena);
	b = arena_alloc(&arena, 1000);
	ok(b && (uintptr_t)b % sizeof(void *) == 0, "more than a block gets a block of its own");
	ok(b && b[0] == 0 && b[999] == 0, "memory is zeroed");
	arena_reset(&arena, mark);
	ok(!strcmp(a, "inside"), "what is older than the mark stays");
	for (int i = 0; i < 100; i++)
		b = arena_strndup(&arena, "0123456789", 4);
	ok(!strcmp(b, "0123"), "strndup cuts");
	ok(arena_array(&arena, SIZE_MAX / 2, 4) == NULL, "count * size that overflows is refused");
	ok(arena_alloc(&arena, 0) != NULL, "nothing is a valid pointer");
	ok(!arena.failed && arena_alloc(&arena, SIZE_MAX) == NULL && arena.failed, "that memory was out is remembered");
	arena_clear(&arena);
	ok(!arena.failed, "until it is cleared");
	a = arena_strdup(&arena, "again");
	ok(a >= first && a < first + sizeof first, "after clear it begins anew");
	arena_clear(&arena);
}

static void test_arena_kept(void)
{
	struct arena arena, other;
	char *first, *moved;

	arena_init(&arena, NULL, 0, 128);
	arena_init(&other, NULL, 0, 128);
	first = arena_alloc(&arena, 100);
	(void)arena_alloc(&arena, 1000);
	arena_rewind(&arena);
	ok(arena_alloc(&arena, 128) == first, "rewound, it goes on with its oldest block");
	moved = arena_strdup(&other, "moved");
	arena_exchange(&arena, &other);
	arena_clear(&other);
	ok(!strcmp(moved, "moved") && arena_alloc(&arena, 1) > (void *)moved, "what it holds goes with the exchange");
	arena_clear(&arena);
	(void)arena_alloc(&arena, 1000);
	arena_rewind(&arena);
	ok(!arena.blocks, "a block of unusual size is not kept");
}

static const struct {
	const char *text, *also;
	size_t max;
	const char *expected;
} escapes[] = {
	{ "plain", "", 0, "plain" },
	{ "a b", "", 0, "a b" },
	{ "a b\"", " \"", 0, "a\\x20b\\x22" },
	{ "\r\n\x1b\x7f\xff", "", 0, "\\x0d\\x0a\\x1b\\x7f\\xff" },
	{ "back\\slash", "", 0, "back\\\\slash" },
	{ "0123456789", "", 10, "0123456789" },
	{ "0123456789a", "", 10, "0123456..." },
	{ "0123456\n\n", "", 10, "0123456..." },
	{ "\n\n\n", "", 10, "\\x0a..." },
	{ "\n\n", "", 8, "\\x0a\\x0a" },
};

static void test_buf(void)
{
	char space[8];
	struct buf buf;

	for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
		buf_init(&buf);
		buf_add_escaped(&buf, escapes[i].text, escapes[i].also, escapes[i].max);
		ok(!strcmp(buf.text, escapes[i].expected), "escape %zu: %s", i, buf.text);
		buf_clear(&buf);
	}
	buf_init_fixed(&buf, space, sizeof space);
	buf_add(&buf, "1234");
	buf_add(&buf, "5678");
	buf_addf(&buf, "%d", 99);
	ok(buf.failed && !strcmp(space, "123499"), "what does not fit is left out, and that is known: %s", space);
	buf_init(&buf);
	for (int i = 0; i < 1000; i++)
		buf_add_number(&buf, -i);
	ok(!buf.failed && buf.length == strlen(buf.text), "a heap buf grows");
	buf_clear(&buf);
}

static void test_json(void)
{
	struct json json;
	struct buf buf;

	buf_init(&buf);
	json_init(&json, &buf);
	json_open_object(&json, NULL);
	json_string(&json, "a", "q\"b\\s\n\x7f \xc3\xbc \xff \xed\xa0\x80");
	json_string(&json, "none", NULL);
	json_open_array(&json, "list");
	json_number(&json, NULL, INT64_MIN);
	json_bool(&json, NULL, true);
	json_open_object(&json, NULL);
	json_close_object(&json);
	json_close_array(&json);
	json_null(&json, "z");
	json_close_object(&json);
	ok(!strcmp(buf.text, "{\"a\":\"q\\\"b\\\\s\\u000a\\u007f \xc3\xbc \\\\xff \\\\xed\\\\xa0\\\\x80\",\"none\":null,"
		   "\"list\":[-9223372036854775808,true,{}],\"z\":null}"), "%s", "commas and escapes");
	buf_clear(&buf);
}

static const struct {
	const char *text;
	const char *normal;	/* NULL: refused */
} networks[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "192.0.2.0/24", "192.0.2.0/24" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "::/0", "::/0" },
	{ "2001:DB8::/32", "2001:db8::/32" },
	{ "[::1]", "::1" },
	{ "[2001:db8::]/32", "2001:db8::/32" },
	{ "[IPv6:2001:db8::1]", "2001:db8::1" },
	{ "[192.0.2.1]", "192.0.2.1" },
	{ "::ffff:192.0.2.0/120", "192.0.2.0/24" },
	{ "192.0.2.1/24", NULL },
	{ "192.0.2.0/33", NULL },
	{ "192.0.2.0/", NULL },
	{ "192.0.2.0/-1", NULL },
	{ "192.0.2.0/024x", NULL },
	{ "192.0.2", NULL },
	{ "010.0.0.1", NULL },
	{ "::ffff:192.0.2.0/24", NULL },
	{ "fe80::1%eth0", NULL },
	{ "[::1", NULL },
	{ "", NULL },
};

static void test_ip(void)
{
	struct network network;
	struct ip ip;
	char text[IP_TEXT_BYTES + 4];
	const char *error;

	for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
		bool valid = network_parse(networks[i].text, &network, &error);

		text[0] = '\0';
		if (valid)
			network_format(&network, text);
		ok(valid == (networks[i].normal != NULL) && !strcmp(text, valid ? networks[i].normal : ""),
		   "network '%s': %s", networks[i].text, valid ? text : error);
	}
	ok(ip_parse("::ffff:127.0.0.5", &ip) && ip.family == IP_V4 && ip_is_loopback(&ip), "mapped loopback");
	ok(network_parse("0.0.0.0/0", &network, &error) && ip_parse("2001:db8::1", &ip) &&
	   !network_contains(&network, &ip), "0.0.0.0/0 holds no IPv6 address");
	ok(network_parse("192.0.2.128/25", &network, &error) && ip_parse("192.0.2.127", &ip) &&
	   !network_contains(&network, &ip), "the last bit of a prefix counts");
}

static const char *const words[] = { "listeners", "server", "lists" };

static void test_diag(void)
{
	struct diag diag;
	struct buf buf;

	diag_init(&diag);
	diag_error(&diag, (struct place){ "b.yaml", 2, 1 }, "second");
	diag_warn(&diag, (struct place){ "b.yaml", 1, 5 }, "first \x1b");
	diag_error(&diag, (struct place){ "b.yaml", 2, 1 }, "second");
	diag_error(&diag, (struct place){ "a.txt", 0, 0 }, "whole file");
	diag_sort(&diag);
	buf_init(&buf);
	diag_print(&diag, &buf);
	ok(!strcmp(buf.text, "b.yaml:1:5: warning: first \\x1b\nb.yaml:2:1: error: second\n"
		   "a.txt: error: whole file\n"), "sorted by place, said once, escaped");
	ok(diag.error_count == 2 && diag.warning_count == 1, "counted");
	buf_clear(&buf);
	diag_clear(&diag);
	ok(diag_nearest("sevrer", words, 3) == words[1], "a near word is found");
	ok(diag_nearest("zzz", words, 3) == NULL, "a far one is not");
}

static void test_clock(void)
{
	static const char *const bad[] = { "2026-02-29", "2026-13-01", "2026-00-01", "2026-1-1", "26-01-01",
					   "2026-01-32", "2026/01/01", "2026-01-01x", "" };
	char id[SESSION_ID_BYTES], next[SESSION_ID_BYTES], text[11];
	int32_t days = 0, bad_day = -1;

	ok(date_parse("1970-01-01", &days) && days == 0, "the first day");
	ok(date_parse("2024-02-29", &days), "a leap day");
	date_format(days, text);
	ok(!strcmp(text, "2024-02-29"), "there and back: %s", text);
	for (int32_t day = 0; day <= DATE_LAST && bad_day < 0; day += 17) {
		date_format(day, text);
		if (!date_parse(text, &days) || days != day)
			bad_day = day;
	}
	ok(bad_day < 0, "days come back from their dates: %d", (int)bad_day);
	ok(date_parse("2026-11-24", &days) && days == date_of_us(INT64_C(1795478400000000)), "a day by its seconds");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(!date_parse(bad[i], &days), "no date: '%s'", bad[i]);
	session_id_make(INT64_C(1795478400000000), id);
	session_id_make(INT64_C(1795478400000000), next);
	ok(strlen(id) == 16 && strspn(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == 16, "an id: %s", id);
	ok(!strncmp(id, next, 10) && strcmp(id, next) != 0, "the next one differs: %s", next);
}

static void test_file(void)
{
	char path[] = "/tmp/ehlo-milter-unit-XXXXXX", text[DIGEST_TEXT_BYTES];
	int fd = mkstemp(path);
	char *bytes = NULL;
	size_t length = 0;
	const char *error = "";

	ok(fd >= 0 && write(fd, "abc", 3) == 3, "a file to read");
	ok(file_read(path, 3, &bytes, &length, &error) && length == 3 && !strcmp(bytes, "abc"), "is read whole");
	digest_sha256(bytes, length, text);
	ok(!strcmp(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), "SHA-256 of abc");
	free(bytes);
	ok(!file_read(path, 2, &bytes, &length, &error) && !strcmp(error, "larger than 2 bytes"), "%s", error);
	close(fd);
	unlink(path);
	ok(!file_read(path, 3, &bytes, &length, &error) && !strcmp(error, "no such file or directory"), "%s", error);
	ok(!file_read("/", 3, &bytes, &length, &error) && !strcmp(error, "not a regular file"), "%s", error);
}

/* Ids and samples are chosen by it: of each length, what it always was. */
static void test_hash(void)
{
	static const char text[] = "abcdefghijklmnopq\xff";
	static const uint64_t hashes[] = {
		UINT64_C(0x670527f286862c69),
		UINT64_C(0xf169b3c6de42c6eb),
		UINT64_C(0x569e7cbc4d28efbc),
		UINT64_C(0x0d2b417d5cdc55bc),
		UINT64_C(0x4e4f03c3b51b1698),
		UINT64_C(0xd2ac569aeb96ed8e),
		UINT64_C(0x7dbb4479c49514d0),
		UINT64_C(0x8b8c2b88c739eae8),
		UINT64_C(0x4aa107b3718bc55e),
		UINT64_C(0xbc367d5ff5a5478a),
		UINT64_C(0x5cbfc6c47d475eab),
		UINT64_C(0x2c978ab46bdeae58),
		UINT64_C(0x3c5e82521f817324),
		UINT64_C(0x19c59fe6a7529961),
		UINT64_C(0x2293a2fa05f86465),
		UINT64_C(0xcbc6fe1f44187bfc),
		UINT64_C(0xbd2131d1bb87044d),
	};

	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
		ok(hash_bytes(text, i, i) == hashes[i], "hash of %zu bytes", i);
}

static void test_utf8(void)
{
	ok(utf8_length("a", 1) == 1 && utf8_length("\xc3\xbc", 2) == 2 && utf8_length("\xe2\x82\xac", 3) == 3 &&
	   utf8_length("\xf0\x9f\x98\x80", 4) == 4, "valid sequences");
	ok(!utf8_length("\xc3", 1) && !utf8_length("\xc0\xaf", 2) && !utf8_length("\xed\xa0\x80", 3) &&
	   !utf8_length("\xf4\x90\x80\x80", 4) && !utf8_length("\x80", 1) && !utf8_length("", 0),
	   "cut, overlong, surrogate, too large, lone");
}

int main(void)
{
	test_arena();
	test_arena_kept();
	test_buf();
	test_json();
	test_ip();
	test_diag();
	test_clock();
	test_file();
	test_hash();
	test_utf8();
	return tap_done();
}
