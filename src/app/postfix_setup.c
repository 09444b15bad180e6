/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads main.cf and master.cf as far as the chroot question needs it. */
#include "app/postfix_setup.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)4 << 20)
#define QUEUE_DIRECTORY "/var/spool/postfix"
/* master.cf(5): service, type, private, unprivileged, chroot, wakeup, maxproc, command */
#define FIELD_CHROOT 4
#define FIELD_COMMAND 7
#define FIELD_COUNT 8

static char *read_file(const char *folder, const char *name)
{
	char path[POSTFIX_PATH_BYTES + 16];
	const char *error;
	size_t length;
	char *text;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return file_read(path, FILE_BYTES_MAX, &text, &length, &error) ? text : NULL;
}

/* The next line without its newline; NULL at the end. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (*line == '\0')
		return NULL;
	end = line + strcspn(line, "\n");
	*text = *end == '\n' ? end + 1 : end;
	*end = '\0';
	return line;
}

/* "name = value" to value; NULL for another line. */
static char *value_of(char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) != 0)
		return NULL;
	line += length + strspn(line + length, " \t");
	if (*line != '=')
		return NULL;
	line += 1 + strspn(line + 1, " \t");
	for (size_t end = strlen(line); end > 0 && strchr(" \t\r", line[end - 1]); end--)
		line[end - 1] = '\0';
	return line;
}

/* Compatibility level 0, the one without the line, means chroot where master.cf says "-" (postconf(5)). */
static void read_main(char *text, struct postfix_setup *setup, bool *chroot_by_default_r)
{
	char *line, *value;

	*chroot_by_default_r = true;
	while ((line = next_line(&text)) != NULL) {
		value = value_of(line, "queue_directory");
		if (value)
			(void)snprintf(setup->queue_directory, sizeof setup->queue_directory, "%s", value);
		value = value_of(line, "compatibility_level");
		if (value)
			*chroot_by_default_r = value[0] == '0' && value[1] != '.';
	}
}

static size_t split(char *line, char *fields_r[FIELD_COUNT])
{
	size_t count = 0;

	while (count < FIELD_COUNT) {
		line += strspn(line, " \t");
		if (*line == '\0')
			break;
		fields_r[count++] = line;
		line += strcspn(line, " \t");
		if (*line != '\0')
			*line++ = '\0';
	}
	return count;
}

static bool reads_chroot(char *text, bool by_default)
{
	char *fields[FIELD_COUNT];
	char *line;

	while ((line = next_line(&text)) != NULL) {
		if (line[0] == '#' || line[0] == ' ' || line[0] == '\t' || split(line, fields) < FIELD_COUNT)
			continue;
		if (strcmp(fields[FIELD_COMMAND], "smtpd") != 0)
			continue;
		if (fields[FIELD_CHROOT][0] == 'y' || (fields[FIELD_CHROOT][0] == '-' && by_default))
			return true;
	}
	return false;
}

void postfix_setup_read(struct postfix_setup *setup_r)
{
	const char *folder = getenv("MAIL_CONFIG");
	char *main_cf, *master_cf;
	bool by_default;

	*setup_r = (struct postfix_setup){ .queue_directory = QUEUE_DIRECTORY };
	(void)snprintf(setup_r->folder, sizeof setup_r->folder, "%s", folder ? folder : "/etc/postfix");
	main_cf = read_file(setup_r->folder, "main.cf");
	master_cf = read_file(setup_r->folder, "master.cf");
	if (main_cf && master_cf) {
		setup_r->found = true;
		read_main(main_cf, setup_r, &by_default);
		setup_r->chroot = reads_chroot(master_cf, by_default);
	}
	free(main_cf);
	free(master_cf);
}

const char *postfix_setup_inside(const struct postfix_setup *setup, const char *path)
{
	size_t length = strlen(setup->queue_directory);

	if (strncmp(path, setup->queue_directory, length) != 0 || path[length] != '/')
		return NULL;
	return path + length + 1;
}
