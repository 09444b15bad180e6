/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzz targets of the MTA's part share: a policy with all of it, and what is promised of printed lines. */
#ifndef FUZZ_MTA_H
#define FUZZ_MTA_H

#include "fuzz.h"

#include "base/buf.h"
#include "conf/load.h"
#include "mta/ask.h"

/* Loaded once, and kept. */
static inline const struct policy *fuzz_policy(void)
{
	static const char text[] =
		"version: 1\n"
		"server: { socket: 'inet:8897@127.0.0.1', socketmap: 'inet:8898@127.0.0.1' }\n"
		"lists:\n"
		"  own: { networks: [192.0.2.0/24, 2001:db8::/32] }\n"
		"  backups: { domains: [backup.example, '*.example.net'] }\n"
		"commands: { vrfy: hide, expn: disable, extensions: { chunking: false } }\n"
		"outbound: { greeting: ehlo, eight_bit: seven }\n"
		"listeners:\n"
		"  - name: submission\n"
		"    match: { daemon_port: [587, 465] }\n"
		"    profile: submission\n"
		"    commands: { vrfy: allow, etrn: disable, helo: refuse, line_endings: lenient,\n"
		"      extensions: { pipelining: false, dsn: true } }\n"
		"  - name: backup\n"
		"    match: { daemon_name: backup }\n"
		"    mode: enforce\n"
		"    helo_marker: trailing_dot\n"
		"    commands: { etrn: domain, etrn_domains: [$backups], line_endings: crlf }\n"
		"  - name: mx\n"
		"    match: any\n"
		"    mode: enforce\n"
		"    commands: { etrn: block, helo: allow, ehlo: allow,\n"
		"      extensions: { dsn: { if: client in $own, then: true, else: false }, size: true, smtputf8: false } }\n";
	static struct policy *policy;
	struct diag diag;

	if (policy)
		return policy;
	diag_init(&diag);
	policy = policy_load_text("fuzz.yaml", text, sizeof text - 1, &diag);
	promise(policy);
	diag_clear(&diag);
	return policy;
}

/* One of the four words that a socket map answers with, and nothing of the question behind it but keywords. */
static inline void fuzz_check_answer(const char *text, size_t length)
{
	static const char *const words[] = { "OK ", "NOTFOUND ", "TEMP ", "PERM " };
	bool known = false;

	promise(length <= ASK_BYTES_MAX);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		known = known || (length >= strlen(words[i]) && memcmp(text, words[i], strlen(words[i])) == 0);
	promise(known);
	for (size_t i = 0; i < length; i++)
		promise(text[i] >= 0x20 && text[i] <= 0x7e);
}

/* Lines without a control character but for a tab. */
static inline void fuzz_check_lines(const struct buf *out)
{
	promise(!out->failed && out->length > 0 && out->text[out->length - 1] == '\n');
	promise(strlen(out->text) == out->length);
	for (const char *c = out->text; *c != '\0'; c++)
		promise((unsigned char)*c >= 0x20 ? *c != 0x7f : *c == '\n' || *c == '\t');
}

/* One line that ends all it begins: nothing of a string ends it early. */
static inline void fuzz_check_json(const struct buf *out)
{
	bool quoted = false;
	long depth = 0;

	fuzz_check_lines(out);
	promise(strchr(out->text, '\n') == out->text + out->length - 1 && !strchr(out->text, '\t'));
	for (const char *c = out->text; *c != '\0'; c++) {
		if (quoted && *c == '\\')
			c++;
		else if (*c == '"')
			quoted = !quoted;
		else if (!quoted)
			depth += (*c == '{' || *c == '[') - (*c == '}' || *c == ']');
		promise(depth > 0 || c[1] == '\n' || c[1] == '\0');
	}
	promise(!quoted && depth == 0);
}

/* Messages about the input stand in it. */
static inline void fuzz_check_places(const struct diag *diag, const char *file, const char *text)
{
	unsigned lines = 1;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	promise(!diag->failed);
	for (size_t i = 0; i < diag->count; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		promise(entry->text[0] != '\0');
		promise(strcmp(entry->place.file, file) != 0 || entry->place.line <= lines);
	}
}

#endif
