/* SPDX-License-Identifier: BSD-2-Clause */
/* Appends lines to the session log, and keeps it within its size and age. */
#include "app/session_file.h"

#include "base/clock.h"
#include "base/instant.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTS 8			/* files that the log is spread over */
#define THIN_EVERY_US (60 * US_PER_SECOND)
#define STAMP_LENGTH 23		/* "20261126T030251.123456Z" */

void session_file_init(struct session_file *file, const char *path, uint64_t max_bytes, uint32_t max_age_s)
{
	*file = (struct session_file){ .path = path, .max_bytes = max_bytes, .fd = -1 };
	file->max_age_us = max_age_s * US_PER_SECOND;
}

void session_file_close(struct session_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
}

/* --- names of predecessors --- */

static void format_stamp(int64_t us, char stamp_r[STAMP_LENGTH + 1])
{
	char text[INSTANT_TEXT_BYTES];

	/* "2026-11-22T05:16:02.123456Z" less what file names had better not hold. */
	instant_format(us, text);
	for (const char *c = text; *c != '\0'; c++)
		if (*c != '-' && *c != ':')
			*stamp_r++ = *c;
	*stamp_r = '\0';
}

/* Is name BASE.STAMP, with no more behind it than an ending of a program that compresses? */
static bool is_predecessor(const char *name, const char *base, bool compressed)
{
	static const char form[] = "dddddddd" "Tdddddd.ddddddZ";
	size_t length = strlen(base);

	if (strncmp(name, base, length) != 0 || name[length] != '.')
		return false;
	name += length + 1;
	for (size_t i = 0; form[i] != '\0'; i++, name++)
		if (form[i] == 'd' ? *name < '0' || *name > '9' : *name != form[i])
			return false;
	return *name == '\0' || (compressed && *name == '.');
}

static const char *base_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* The folder of the path, open; NULL with errno set. */
static DIR *open_folder(const char *path)
{
	size_t length = (size_t)(base_of(path) - path);
	char folder[PATH_MAX];

	if (length >= sizeof folder) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	memcpy(folder, path, length);
	folder[length] = '\0';
	return opendir(folder);
}

/* --- thinning out --- */

struct old_file {
	char stamp[STAMP_LENGTH + 1];
	char *name;
	uint64_t bytes;
};

struct old_files {
	struct old_file *items;
	size_t count;
	uint64_t bytes;
};

static int by_stamp(const void *a, const void *b)
{
	return strcmp(((const struct old_file *)a)->stamp, ((const struct old_file *)b)->stamp);
}

static void note_file(struct old_files *files, int folder, const char *name, const char *base)
{
	struct old_file *items = reallocarray(files->items, files->count + 1, sizeof *items);
	struct stat status;

	if (!items)
		return;
	files->items = items;
	items += files->count;
	items->name = strdup(name);
	if (!items->name || fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode)) {
		free(items->name);
		return;
	}
	(void)snprintf(items->stamp, sizeof items->stamp, "%s", name + strlen(base) + 1);
	items->bytes = (uint64_t)status.st_size;
	files->bytes += items->bytes;
	files->count++;
}

static void thin_out(struct session_file *file, uint64_t reserved_bytes, int64_t now_us)
{
	struct old_files files = { .count = 0 };
	char oldest[STAMP_LENGTH + 1];
	const struct dirent *entry;
	DIR *folder = open_folder(file->path);

	file->thinned_us = now_us;
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (is_predecessor(entry->d_name, base_of(file->path), true))
			note_file(&files, dirfd(folder), entry->d_name, base_of(file->path));
	if (files.count > 0)
		qsort(files.items, files.count, sizeof *files.items, by_stamp);
	/* The name tells of the last record in it; its first one may be a part of the age older. */
	format_stamp(now_us - file->max_age_us / PARTS * (PARTS - 1), oldest);
	for (size_t i = 0; i < files.count; i++) {
		struct old_file *old = &files.items[i];

		if (strcmp(old->stamp, oldest) < 0 || files.bytes + reserved_bytes > file->max_bytes) {
			if (unlinkat(dirfd(folder), old->name, 0) == 0)
				files.bytes -= old->bytes;
		}
		free(old->name);
	}
	free(files.items);
	(void)closedir(folder);
}

/* --- opening and rotating --- */

/* The stamp of the first record, or else the time of the file's last change. */
static int64_t first_record_us(int fd, const struct stat *status)
{
	static const char key[] = "\"start\":\"";
	char head[2048];
	ssize_t length = pread(fd, head, sizeof head - 1, 0);
	const char *start;
	bool has_offset;
	int64_t us;

	if (length > 0) {
		head[length] = '\0';
		start = strstr(head, key);
		if (start && instant_parse(start + strlen(key), strlen(start + strlen(key)), &us, &has_offset) > 0)
			return us;
	}
	return status->st_mtim.tv_sec * US_PER_SECOND;
}

/*
 * Does the last line lack its end?  Then the disk was full, or the process that wrote it came to an end in between.  It may
 * have been another one, at any time: a worker that finishes its sessions writes to the same file.
 */
static bool ends_torn(const struct session_file *file)
{
	struct stat status;
	char last;

	return !file->is_pipe && fstat(file->fd, &status) == 0 && status.st_size > 0 &&
	       pread(file->fd, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

/* A new one has its mode whatever the umask: who is to read it is the owner's and the folder's affair. */
static int open_or_make(const char *path)
{
	const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
	int fd = -1;

	for (int i = 0; i < 3 && fd < 0; i++) {
		fd = open(path, flags);
		if (fd >= 0 || errno != ENOENT)
			return fd;
		fd = open(path, flags | O_CREAT | O_EXCL, 0640);
		if (fd < 0 && errno != EEXIST)
			return fd;
		if (fd >= 0)
			(void)fchmod(fd, 0640);
	}
	return fd;
}

static const char *open_file(struct session_file *file, int64_t now_us)
{
	struct stat status;
	int fd = open_or_make(file->path);

	if (fd < 0)
		return errno == ELOOP ? "it is a symbolic link, which is not followed" : strerrordesc_np(errno);
	if (fstat(fd, &status) < 0 || !(S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode))) {
		(void)close(fd);
		return "it is neither a file nor a named pipe";
	}
	file->fd = fd;
	file->is_pipe = S_ISFIFO(status.st_mode);
	file->first_us = !file->is_pipe && status.st_size > 0 ? first_record_us(fd, &status) : now_us;
	return NULL;
}

/* Has the name come to stand for another file, or for none: rotated by another process, or taken away? */
static bool is_gone(const struct session_file *file)
{
	struct stat ours, named;

	return fstat(file->fd, &ours) < 0 || fstatat(AT_FDCWD, file->path, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	       ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
}

/* 0 or the error.  NFS and others know no RENAME_NOREPLACE; whoever rotates too waits for our lock, so a look will do. */
static int rename_to_free(const char *from, const char *to)
{
	struct stat status;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	if (lstat(to, &status) == 0)
		return EEXIST;
	return rename(from, to) == 0 ? 0 : errno;
}

static int rename_to_stamp(const struct session_file *file, int64_t now_us)
{
	char stamp[STAMP_LENGTH + 1], path[PATH_MAX];
	int length, error = EEXIST;

	for (int i = 0; i < 100 && error == EEXIST; i++) {
		format_stamp(now_us + i, stamp);
		length = snprintf(path, sizeof path, "%s.%s", file->path, stamp);
		if (length < 0 || (size_t)length >= sizeof path)
			return ENAMETOOLONG;
		error = rename_to_free(file->path, path);
	}
	return error;
}

/* Another process may be about to do the same: the lock is that of the file which gives way. */
static void rotate(struct session_file *file, int64_t now_us)
{
	int error = flock(file->fd, LOCK_EX) == 0 ? 0 : errno;

	if (error == 0 && !is_gone(file))
		error = rename_to_stamp(file, now_us);
	file->stuck = error != 0 ? strerrordesc_np(error) : NULL;
	file->stuck_us = now_us;
	session_file_close(file);
	thin_out(file, file->max_bytes / PARTS, now_us);
}

/* Not to be tried again at each record. */
static bool is_stuck(const struct session_file *file, int64_t now_us)
{
	return file->stuck && now_us >= file->stuck_us && now_us - file->stuck_us < THIN_EVERY_US;
}

static bool is_due(const struct session_file *file, size_t length, int64_t now_us)
{
	struct stat status;

	if (file->is_pipe || is_stuck(file, now_us) || fstat(file->fd, &status) < 0 || status.st_size == 0)
		return false;
	return (uint64_t)status.st_size + length > file->max_bytes / PARTS ||
	       now_us - file->first_us > file->max_age_us / PARTS;
}

static const char *make_ready(struct session_file *file, size_t length, int64_t now_us)
{
	const char *error = NULL;

	if (file->fd >= 0 && !file->is_pipe && is_gone(file))
		session_file_close(file);
	if (file->fd < 0)
		error = open_file(file, now_us);
	if (error || !is_due(file, length, now_us))
		return error;
	rotate(file, now_us);
	return open_file(file, now_us);
}

const char *session_file_write(struct session_file *file, const char *line, size_t length, int64_t now_us)
{
	const char *error = make_ready(file, length, now_us);
	ssize_t written;

	if (error)
		return error;
	/* What was torn off before is not to be taken for a begin of this one. */
	if (ends_torn(file) && write(file->fd, "\n", 1) != 1)
		return strerrordesc_np(errno);
	do
		written = write(file->fd, line, length);
	while (written < 0 && errno == EINTR);
	if (written == (ssize_t)length)
		return NULL;
	return written < 0 ? strerrordesc_np(errno) : strerrordesc_np(ENOSPC);
}

void session_file_tick(struct session_file *file, int64_t now_us)
{
	if (file->fd >= 0 && !is_gone(file) && is_due(file, 0, now_us))
		rotate(file, now_us);
	else if (!file->is_pipe && (now_us - file->thinned_us > THIN_EVERY_US || now_us < file->thinned_us))
		thin_out(file, file->max_bytes / PARTS, now_us);
}

/* --- what there is --- */

static int newest_first(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

static bool add_path(char ***paths, size_t *count, const char *path, size_t folder_length, const char *name)
{
	char **more = reallocarray(*paths, *count + 1, sizeof *more);

	if (!more)
		return false;
	*paths = more;
	if (asprintf(&more[*count], "%.*s%s", (int)folder_length, path, name) < 0)
		return false;
	(*count)++;
	return true;
}

char **session_file_list(const char *path, size_t *count_r)
{
	size_t folder_length = (size_t)(base_of(path) - path);
	DIR *folder = open_folder(path);
	const struct dirent *entry;
	char **paths = NULL;
	bool good;

	*count_r = 0;
	good = add_path(&paths, count_r, path, 0, path);
	while (good && folder && (entry = readdir(folder)))
		if (is_predecessor(entry->d_name, base_of(path), true))
			good = add_path(&paths, count_r, path, folder_length, entry->d_name);
	if (folder)
		(void)closedir(folder);
	if (good) {
		qsort(paths + 1, *count_r - 1, sizeof *paths, newest_first);
		return paths;
	}
	for (size_t i = 0; i < *count_r; i++)
		free(paths[i]);
	free(paths);
	return NULL;
}
