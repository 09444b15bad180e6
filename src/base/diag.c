/* SPDX-License-Identifier: BSD-2-Clause */
/* Collects diagnostics, sorts and prints them. */
#include "base/diag.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1000
#define WORD_MAX 64

void diag_init(struct diag *diag)
{
	*diag = (struct diag){ .entries = NULL };
}

void diag_clear(struct diag *diag)
{
	for (size_t i = 0; i < diag->count; i++)
		free(diag->entries[i].text);
	for (size_t i = 0; i < diag->file_count; i++)
		free(diag->files[i]);
	free(diag->entries);
	free(diag->files);
	diag_init(diag);
}

const char *diag_file(struct diag *diag, const char *name)
{
	char **files;
	char *copy;

	for (size_t i = 0; i < diag->file_count; i++)
		if (strcmp(diag->files[i], name) == 0)
			return diag->files[i];
	files = realloc(diag->files, (diag->file_count + 1) * sizeof *files);
	if (!files)
		return name;
	diag->files = files;
	copy = strdup(name);
	if (!copy)
		return name;
	diag->files[diag->file_count++] = copy;
	return copy;
}

static bool is_repeated(const struct diag *diag, struct place place, const char *text)
{
	for (size_t i = 0; i < diag->count; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		if (entry->place.line == place.line && entry->place.column == place.column &&
		    strcmp(entry->place.file, place.file) == 0 && strcmp(entry->text, text) == 0)
			return true;
	}
	return false;
}

static bool append(struct diag *diag, struct diag_entry entry)
{
	struct diag_entry *entries = diag->entries;

	if (diag->count == diag->capacity) {
		size_t capacity = diag->capacity > 0 ? diag->capacity * 2 : 16;

		entries = realloc(entries, capacity * sizeof *entries);
		if (!entries)
			return false;
		diag->entries = entries;
		diag->capacity = capacity;
	}
	entry.order = diag->count;
	entries[diag->count++] = entry;
	return true;
}

static void add(struct diag *diag, enum severity severity, struct place place, const char *format,
		va_list args)
{
	char text[TEXT_MAX];
	struct diag_entry entry = { .place = place, .severity = severity };

	(void)vsnprintf(text, sizeof text, format, args);
	if (is_repeated(diag, place, text))
		return;
	*(severity == SEVERITY_ERROR ? &diag->error_count : &diag->warning_count) += 1;
	entry.text = strdup(text);
	if (entry.text && append(diag, entry))
		return;
	free(entry.text);
	diag->failed = true;
}

void diag_error(struct diag *diag, struct place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(diag, SEVERITY_ERROR, place, format, args);
	va_end(args);
}

void diag_no_memory(struct diag *diag, const char *file)
{
	diag->no_memory = true;
	diag_error(diag, (struct place){ .file = file }, "out of memory");
}

bool diag_out_of_memory(const struct diag *diag)
{
	return diag->failed || diag->no_memory;
}

void diag_warn(struct diag *diag, struct place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(diag, SEVERITY_WARNING, place, format, args);
	va_end(args);
}

static int compare_unsigned(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

/* place.order is of the entry; the file's rank is the order of its first entry, kept in rank. */
struct ranked {
	struct diag_entry entry;
	size_t rank;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = compare_unsigned(x->rank, y->rank);

	if (order == 0)
		order = compare_unsigned(x->entry.place.line, y->entry.place.line);
	if (order == 0)
		order = compare_unsigned(x->entry.place.column, y->entry.place.column);
	return order != 0 ? order : compare_unsigned(x->entry.order, y->entry.order);
}

void diag_sort(struct diag *diag)
{
	struct ranked *ranked = diag->count > 1 ? calloc(diag->count, sizeof *ranked) : NULL;

	if (!ranked)	/* unsorted is better than lost */
		return;
	for (size_t i = 0; i < diag->count; i++) {
		ranked[i].entry = diag->entries[i];
		ranked[i].rank = i;
		for (size_t j = 0; j < i; j++)
			if (strcmp(ranked[j].entry.place.file, ranked[i].entry.place.file) == 0) {
				ranked[i].rank = ranked[j].rank;
				break;
			}
	}
	qsort(ranked, diag->count, sizeof *ranked, compare_ranked);
	for (size_t i = 0; i < diag->count; i++)
		diag->entries[i] = ranked[i].entry;
	free(ranked);
}

void diag_print(const struct diag *diag, struct buf *out)
{
	for (size_t i = 0; i < diag->count; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		buf_add_escaped(out, entry->place.file, "", 0);
		if (entry->place.line > 0)
			buf_addf(out, ":%u", entry->place.line);
		if (entry->place.line > 0 && entry->place.column > 0)
			buf_addf(out, ":%u", entry->place.column);
		buf_add(out, entry->severity == SEVERITY_ERROR ? ": error: " : ": warning: ");
		buf_add_escaped(out, entry->text, "", 0);
		buf_add_char(out, '\n');
	}
	if (diag->failed)
		buf_add(out, "error: out of memory: a message is missing\n");
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance, by rows; both words are shorter than WORD_MAX. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[width];
}

const char *diag_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t length = strlen(word), best = 2 + length / 4;
	const char *nearest = NULL;

	if (length > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t d = strlen(candidates[i]) <= WORD_MAX ? distance(word, candidates[i]) : best;

		if (d < best) {
			best = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}
