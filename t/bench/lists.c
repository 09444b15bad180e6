/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures a list: t/bench/lists POLICY LIST NAMES... loads the policy, then looks up the names of each file, one a
 * line, in their order, and tells how many of them are in the list.
 */
#include "core/list.h"

#include "base/file.h"
#include "bench.h"

#include <malloc.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)256 << 20)

/* Milliseconds of each load; returns the policy that was loaded last. */
static struct policy *measure_loading(const char *path)
{
	struct policy *policy = NULL;
	double figures[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		int64_t begin_us;

		policy_free(&policy);
		begin_us = clock_monotonic_us();
		policy = load(path);
		if (!policy)
			return NULL;
		figures[round] = (double)(clock_monotonic_us() - begin_us) / 1000;
	}
	print_figures("loading the policy", figures, "ms");
	printf("heap: %zu bytes\n", mallinfo2().uordblks + mallinfo2().hblkhd);
	return policy;
}

struct work {
	const struct list *list;
	const char *names;	/* one behind the other, each with its NUL */
	const char *next;
	const struct ip *addresses;
	size_t found;
};

static void look_up(void *thing, size_t call)
{
	struct work *work = thing;

	if (call == 0) {
		work->next = work->names;
		work->found = 0;
	}
	work->found += list_has_name(work->list, NULL, work->next, NULL) == TRI_YES;
	work->next += strlen(work->next) + 1;
}

static void look_up_address(void *thing, size_t call)
{
	struct work *work = thing;

	if (call == 0)
		work->found = 0;
	work->found += list_has_address(work->list, NULL, &work->addresses[call], NULL) == TRI_YES;
}

/* Of count strings; NULL when memory is out. */
static struct ip *addresses_of(const char *names, size_t count)
{
	struct ip *addresses = calloc(count, sizeof *addresses);

	for (size_t i = 0; addresses && i < count; i++, names += strlen(names) + 1)
		(void)ip_parse(names, &addresses[i]);
	return addresses;
}

/* Lines to strings; how many. */
static size_t split(char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')) != NULL; count++)
		*text++ = '\0';
	return count;
}

static bool measure_look_ups(const struct list *list, const char *path)
{
	const char *error;
	char *text, what[100];
	size_t length, count;
	struct ip *addresses;
	struct work work;

	if (!file_read(path, FILE_BYTES_MAX, &text, &length, &error)) {
		fprintf(stderr, "%s: %s\n", path, error);
		return false;
	}
	count = split(text);
	addresses = list->holds_addresses ? addresses_of(text, count) : NULL;
	work = (struct work){ .list = list, .names = text, .addresses = addresses };
	(void)snprintf(what, sizeof what, "look-up, one of %zu %s", count, addresses ? "addresses" : "names");
	time_calls(what, count, addresses ? look_up_address : look_up, &work);
	printf("found: %zu\n", work.found);
	free(addresses);
	free(text);
	return true;
}

int main(int argc, char **argv)
{
	struct policy *policy = argc > 2 ? measure_loading(argv[1]) : NULL;
	const struct list *list = policy ? policy_find_list(policy, argv[2]) : NULL;
	bool good = list != NULL;

	if (!list)
		fputs("usage: t/bench/lists POLICY LIST NAMES...\n", stderr);
	for (int i = 3; i < argc && good; i++)
		good = measure_look_ups(list, argv[i]);
	policy_free(&policy);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
