/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the arguments of MAIL and RCPT: what was taken apart is put together and read again. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/mailbox.h"

static bool has_local_part(const struct mailbox *mailbox)
{
	return mailbox->kind == MAILBOX_MAILBOX || mailbox->kind == MAILBOX_LITERAL ||
	       mailbox->kind == MAILBOX_NO_DOMAIN;
}

/* What struct mailbox says of its members. */
static void check_members(const char *argument, const struct mailbox *mailbox)
{
	const char *end = argument + strlen(argument);
	const char *local = mailbox->local_part;
	char normal[NAME_TEXT_BYTES];

	promise(mailbox->domain[0] != '\0' || mailbox->kind != MAILBOX_MAILBOX);
	promise(mailbox->domain[0] == '\0' || mailbox->kind == MAILBOX_MAILBOX || mailbox->kind == MAILBOX_INVALID);
	promise(fuzz_printable(mailbox_kind_word(mailbox->kind)));
	if (mailbox->domain[0] != '\0')
		promise(domain_normalise(mailbox->domain, strlen(mailbox->domain), normal) &&
			strcmp(mailbox->domain, normal) == 0);
	if (mailbox->kind == MAILBOX_NULL)
		promise(!local && (!strcmp(argument, "") || !strcmp(argument, "<>")));
	promise((local != NULL) == (mailbox->local_part_length > 0));
	promise(local || !has_local_part(mailbox));
	if (!local)
		return;
	promise(local >= argument && local < end);
	promise(mailbox->local_part_length <= (size_t)(end - local));
	promise(!has_local_part(mailbox) || local[0] != '"' || local[mailbox->local_part_length - 1] == '"');
}

/* BEFORE INNER AFTER is read as the same mailbox. */
static void check_same(const struct mailbox *mailbox, const char *before, const char *inner,
		       const char *after)
{
	struct mailbox again;
	struct buf buf;
	char *argument;

	buf_init(&buf);
	buf_addf(&buf, "%s%s%s", before, inner, after);
	promise(!buf.failed);
	argument = fuzz_text((const uint8_t *)buf.text, buf.length);
	mailbox_parse(argument, &again);
	promise(again.kind == mailbox->kind && strcmp(again.domain, mailbox->domain) == 0);
	promise(again.local_part_length == mailbox->local_part_length);
	if (mailbox->local_part)
		promise(memcmp(again.local_part, mailbox->local_part, again.local_part_length) == 0);
	free(argument);
	buf_clear(&buf);
}

/* The argument without its brackets, which may be missing; the caller frees it. */
static char *path_of(const char *argument)
{
	size_t length = strlen(argument);

	if (length >= 2 && argument[0] == '<')
		return fuzz_text((const uint8_t *)argument + 1, length - 2);
	return fuzz_text((const uint8_t *)argument, length);
}

/* A dot-string may stand in quotes, which belong to the local part. */
static void check_quoted(const struct mailbox *mailbox, const char *local)
{
	struct mailbox again;
	struct buf buf;

	buf_init(&buf);
	buf_addf(&buf, "\"%s\"", local);
	if (mailbox->kind == MAILBOX_MAILBOX)
		buf_addf(&buf, "@%s", mailbox->domain);
	promise(!buf.failed);
	mailbox_parse(buf.text, &again);
	promise(has_local_part(&again) && strcmp(again.domain, mailbox->domain) == 0);
	promise(again.local_part_length == mailbox->local_part_length + 2);
	buf_clear(&buf);
}

static void check_parts(const char *path, const struct mailbox *mailbox)
{
	char *local = fuzz_text((const uint8_t *)mailbox->local_part, mailbox->local_part_length);

	promise(strlen(local) == mailbox->local_part_length);
	check_same(mailbox, "<", path, ">");
	check_same(mailbox, path, "", "");
	/* RFC 5321 C: a route is ignored, and may be made longer. */
	check_same(mailbox, path[0] == '@' ? "@relay.example," : "@relay.example:", path, "");
	if (mailbox->kind == MAILBOX_MAILBOX)
		check_same(mailbox, local, "@", mailbox->domain);
	else if (mailbox->kind == MAILBOX_NO_DOMAIN)
		check_same(mailbox, local, "", "");
	else
		check_same(mailbox, local, strrchr(path, '@'), "");
	if (local[0] != '"')
		check_quoted(mailbox, local);
	free(local);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argument = fuzz_text(data, size);
	char *path = path_of(argument);
	struct mailbox mailbox;

	mailbox_parse(argument, &mailbox);
	check_members(argument, &mailbox);
	if (has_local_part(&mailbox))
		check_parts(path, &mailbox);
	if (argument[0] != '<')
		check_same(&mailbox, "<", argument, ">");
	free(path);
	free(argument);
	return 0;
}
