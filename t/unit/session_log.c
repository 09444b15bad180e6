/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of the session log by a clock of the test's own, keyed hashes, and records as tapes. */
#include "app/session_file.h"
#include "base/clock.h"
#include "base/digest.h"
#include "logs/record_tape.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOUR_US (3600 * US_PER_SECOND)
#define BEGIN_US (20000 * US_PER_DAY)

/* --- RFC 4231 4.2, 4.3, 4.4, 4.7 --- */

static void test_hmac(void)
{
	static const struct {
		char key;
		size_t key_length;
		const char *text_key, *text;
		char fill;
		size_t fill_length;
		const char *digest;
	} cases[] = {
		{ 0x0b, 20, NULL, "Hi There", 0, 0, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ 0, 0, "Jefe", "what do ya want for nothing?", 0, 0,
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ (char)0xaa, 20, NULL, NULL, (char)0xdd, 50,
		  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ (char)0xaa, 131, NULL, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0,
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		unsigned char digest[DIGEST_BYTES];
		char key[200], data[100], text[2 * DIGEST_BYTES + 1];
		size_t length = cases[i].text ? strlen(cases[i].text) : cases[i].fill_length;

		memset(key, cases[i].key, sizeof key);
		memset(data, cases[i].fill, sizeof data);
		digest_hmac(cases[i].text_key ? cases[i].text_key : key,
			    cases[i].text_key ? strlen(cases[i].text_key) : cases[i].key_length,
			    cases[i].text ? cases[i].text : data, length, digest);
		for (size_t b = 0; b < DIGEST_BYTES; b++)
			(void)snprintf(text + 2 * b, 3, "%02x", digest[b]);
		ok(strcmp(text, cases[i].digest) == 0, "HMAC-SHA-256, vector %zu of RFC 4231", i + 1);
	}
}

/* --- files --- */

static char folder[64], path[100];

static size_t count_files(void)
{
	size_t count;
	char **paths = session_file_list(path, &count);

	for (size_t i = 0; paths && i < count; i++)
		free(paths[i]);
	free(paths);
	return count;
}

static void write_record(struct session_file *file, int64_t now_us)
{
	static const char line[] = "{\"id\":\"x\"}\n";
	const char *error = session_file_write(file, line, strlen(line), now_us);

	if (error)
		ok(false, "written: %s", error);
}

static void test_age(void)
{
	struct session_file file, other;

	session_file_init(&file, path, UINT64_C(1) << 30, 8 * 3600);
	session_file_init(&other, path, UINT64_C(1) << 30, 8 * 3600);
	write_record(&file, BEGIN_US);
	write_record(&other, BEGIN_US + 1);
	write_record(&file, BEGIN_US + HOUR_US / 2);
	ok(count_files() == 1, "a young file stays");
	write_record(&file, BEGIN_US + HOUR_US + US_PER_SECOND);
	ok(count_files() == 2, "one that has reached an eighth of max_age gives way");
	write_record(&other, BEGIN_US + HOUR_US + 2 * US_PER_SECOND);
	ok(count_files() == 2, "and another process that has it open follows");
	for (int hour = 2; hour <= 6; hour++)
		write_record(&file, BEGIN_US + hour * (HOUR_US + 10 * US_PER_SECOND));
	ok(count_files() == 7, "further ones");
	session_file_tick(&file, BEGIN_US + 7 * HOUR_US + HOUR_US / 2);
	ok(count_files() == 8, "within max_age nothing goes, and the last one gives way without a record");
	session_file_tick(&file, BEGIN_US + 8 * HOUR_US + 10 * US_PER_SECOND);
	ok(count_files() == 7, "the oldest goes as soon as its first record is older");
	session_file_tick(&file, BEGIN_US + 30 * HOUR_US);
	ok(count_files() == 1, "in the end all are gone, though nothing was written");
	session_file_close(&file);
	session_file_close(&other);
}

static void test_names(void)
{
	static const struct {
		const char *name;
		bool ours;
	} names[] = {
		{ ".20261126T030251.123456Z", true }, { ".20261126T030251.123456Z.gz", true },
		{ ".20261126T030251Z", false }, { ".1", false }, { ".old", false },
		{ "20261126T030251.123456Z", false }, { ".20261126T030251.123456Zx", false },
		{ ".2026112xT030251.123456Z", false },
	};
	struct session_file file;
	char other[200];

	session_file_init(&file, path, UINT64_C(1) << 20, 3600);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t before = count_files();

		(void)snprintf(other, sizeof other, "%s%s", path, names[i].name);
		(void)close(open(other, O_CREAT | O_WRONLY, 0600));
		ok((count_files() > before) == names[i].ours, "%s is %s", names[i].name, names[i].ours ? "ours" : "not ours");
		session_file_tick(&file, BEGIN_US * 3 + (int64_t)i * HOUR_US);
		ok((access(other, F_OK) < 0) == names[i].ours, "so it is %s", names[i].ours ? "removed" : "left alone");
		(void)unlink(other);
	}
	session_file_close(&file);
}

static void test_kinds(void)
{
	struct session_file file;
	char target[120];

	(void)snprintf(target, sizeof target, "%s/target", folder);
	(void)unlink(path);
	ok(symlink(target, path) == 0, "a symbolic link");
	session_file_init(&file, path, UINT64_C(1) << 20, 3600);
	ok(session_file_write(&file, "x\n", 2, BEGIN_US) != NULL && access(target, F_OK) < 0, "is not followed");
	(void)unlink(path);
	ok(mkdir(path, 0700) == 0 && session_file_write(&file, "x\n", 2, BEGIN_US) != NULL, "a folder is no file");
	(void)rmdir(path);
	ok(!session_file_write(&file, "x\n", 2, BEGIN_US), "and when it is gone, a file is made");
	session_file_close(&file);
	(void)unlink(path);
}

/* --- files that cannot be renamed --- */

static int rename_error;	/* 0: none */

/* In place of that of the C library. */
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
	if (rename_error == 0)
		return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
	errno = rename_error;
	return -1;
}

static void remove_files(void)
{
	size_t count;
	char **paths = session_file_list(path, &count);

	for (size_t i = 0; paths && i < count; i++) {
		(void)unlink(paths[i]);
		free(paths[i]);
	}
	free(paths);
}

/* As NFS answers: it knows no RENAME_NOREPLACE. */
static void test_old_rename(void)
{
	struct session_file file;
	char next[200];

	session_file_init(&file, path, UINT64_C(1) << 30, 8 * 3600);
	write_record(&file, BEGIN_US);
	rename_error = EINVAL;
	write_record(&file, BEGIN_US + 2 * HOUR_US);
	ok(count_files() == 2 && !file.stuck, "a file gives way where files are renamed in the old way only");
	(void)snprintf(next, sizeof next, "%s.20241004T040000.000000Z", path);
	(void)close(open(next, O_CREAT | O_WRONLY, 0600));
	write_record(&file, BEGIN_US + 4 * HOUR_US);
	ok(count_files() == 4 && !file.stuck, "beside one whose name it would have had");
	rename_error = 0;
	session_file_close(&file);
	remove_files();
}

static void test_stuck(void)
{
	struct session_file file;

	session_file_init(&file, path, 8 * 20, 8 * 3600);	/* in a part there is room for one record */
	write_record(&file, BEGIN_US);
	rename_error = EACCES;
	write_record(&file, BEGIN_US + 1);
	ok(count_files() == 1 && file.stuck && strcmp(file.stuck, strerrordesc_np(EACCES)) == 0,
	   "one that cannot be renamed goes on, and it is told why");
	rename_error = 0;
	write_record(&file, BEGIN_US + US_PER_SECOND);
	ok(count_files() == 1 && file.stuck, "it is not tried again at each record");
	write_record(&file, BEGIN_US + 61 * US_PER_SECOND);
	ok(count_files() == 2 && !file.stuck, "but each minute");
	session_file_close(&file);
	remove_files();
}

/* --- lines that another process has left torn --- */

static void read_file(char *text_r, size_t bytes)
{
	int fd = open(path, O_RDONLY);
	ssize_t got = read(fd, text_r, bytes - 1);

	(void)close(fd);
	text_r[got < 0 ? 0 : got] = '\0';
}

/* Both have it open, as a worker that finishes its sessions and its successor have. */
static void test_torn_by_another(void)
{
	struct session_file file;
	char text[200];
	int other;

	(void)unlink(path);
	session_file_init(&file, path, UINT64_C(1) << 30, 3600);
	write_record(&file, BEGIN_US);
	other = open(path, O_WRONLY | O_APPEND);
	ok(write(other, "{\"torn", 6) == 6, "another process writes a part of a line");
	write_record(&file, BEGIN_US + 1);
	read_file(text, sizeof text);
	ok(strcmp(text, "{\"id\":\"x\"}\n{\"torn\n{\"id\":\"x\"}\n") == 0, "and the next record begins on a line of its own");
	write_record(&file, BEGIN_US + 2);
	read_file(text, sizeof text);
	ok(strcmp(text, "{\"id\":\"x\"}\n{\"torn\n{\"id\":\"x\"}\n{\"id\":\"x\"}\n") == 0, "no line is empty");
	(void)close(other);
	session_file_close(&file);
	(void)unlink(path);
}

/* --- tapes --- */

static struct record_dns entry(const char *question, const char *type, const char *status, const char **answers,
			       size_t count)
{
	return (struct record_dns){ .question = text_known(question), .type = text_known(type),
				    .status = text_known(status), .ttl = number_known(60), .answers = answers,
				    .answer_count = count };
}

static void test_tape(void)
{
	static const char *address[] = { "192.0.2.1" }, *two[] = { "10 a.example.", "20 b.example." };
	static const char *forged[] = { "192.0.2.1\nevil.example A NOERROR 1 192.0.2.2" };
	struct record_dns dns[] = {
		entry("a.example", "A", "TIMEOUT", NULL, 0),
		entry("b.example", "MX", "NOERROR", two, 2),
		entry("A.Example", "A", "NOERROR", address, 1),
		entry("c.example A NXDOMAIN", "A", "NOERROR", address, 1),
		entry("d.example", "A", "NOERROR", forged, 1),
		entry("e.example", "A", "SOMEHOW", NULL, 0),
		entry("f.example", "A", "NOERROR", NULL, 0),
		entry("#g.example", "A", "NODATA", NULL, 0),
		{ .question.presence = PRESENCE_UNKNOWN },
	};
	const struct record record = { .dns = dns, .dns_count = sizeof dns / sizeof dns[0], .dns_presence = PRESENCE_KNOWN };
	struct buf out;

	dns[2].tx = number_known(1);
	buf_init(&out);
	record_tape(&record, 0, &out);
	ok(strcmp(out.text, "a.example A TIMEOUT\nb.example MX NOERROR 60 10 a.example.\n"
			    "b.example MX NOERROR 60 20 b.example.\n") == 0,
	   "an answer of a later transaction is not there yet; what would be another line is left out");
	buf_clear(&out);
	buf_init(&out);
	record_tape(&record, 1, &out);
	ok(strcmp(out.text, "b.example MX NOERROR 60 10 a.example.\nb.example MX NOERROR 60 20 b.example.\n"
			    "A.Example A NOERROR 60 192.0.2.1\n") == 0, "from then on it stands for the earlier one");
	buf_clear(&out);
}

int main(void)
{
	(void)snprintf(folder, sizeof folder, "/tmp/ehlo-session-log-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(path, sizeof path, "%s/sessions.jsonl", folder);
	test_hmac();
	test_age();
	test_names();
	test_kinds();
	test_torn_by_another();
	test_old_rename();
	test_stuck();
	test_tape();
	(void)unlink(path);
	(void)rmdir(folder);
	return tap_done();
}
