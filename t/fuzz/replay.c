/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a fuzz target over files, and over all files of folders, where there is no libFuzzer. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static unsigned long input_count;

static void die(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

static void replay_bytes(FILE *file, size_t size, const char *path)
{
	/* Exactly as large as the input, so that a read beyond it is seen. */
	uint8_t *data = malloc(size);

	if ((!data && size > 0) || fread(data, 1, size, file) != size)
		die(path);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	input_count++;
}

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat status;

	if (!file || fstat(fileno(file), &status) < 0)
		die(path);
	replay_bytes(file, (size_t)status.st_size, path);
	fclose(file);
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_shown, alphasort);

	if (count < 0)
		die(path);
	for (int i = 0; i < count; i++) {
		char *file;

		if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			die(path);
		replay_file(file);
		free(file);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char *argv[])
{
	struct stat status;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &status) < 0)
			die(argv[i]);
		if (S_ISDIR(status.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	printf("%lu inputs\n", input_count);
	return 0;
}
