/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads metrics as metrics_text.c writes them, and OpenMetrics in general. */
#include "app/figures.h"

#include "app/metrics_table.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_BYTES 400

/* --- reading --- */

/* Behind the closing brace of labels that begin at text; NULL when there is none. */
static char *end_of_labels(char *text)
{
	bool quoted = false;

	for (; *text != '\0'; text++) {
		if (quoted && *text == '\\' && text[1] != '\0')
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (*text == '}' && !quoted)
			return text + 1;
	}
	return NULL;
}

/* "NAME VALUE" or "NAME{LABELS} VALUE"; what may follow is left alone. */
static bool read_line(char *line, struct figure *figure_r)
{
	char *rest = line + strcspn(line, "{ "), *end;

	figure_r->metric = line + sizeof METRIC_PREFIX - 1;
	figure_r->labels = "";
	if (*rest == '{') {
		figure_r->labels = rest + 1;
		*rest = '\0';
		rest = end_of_labels(rest + 1);
		if (!rest || *rest != ' ')
			return false;
		rest[-1] = '\0';
	}
	if (*rest != ' ')
		return false;
	*rest++ = '\0';
	figure_r->value = strtod(rest, &end);
	return end != rest && (*end == '\0' || *end == ' ');
}

static size_t count_lines(const char *text)
{
	size_t count = 1;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

static bool read_lines(struct figures *figures, size_t *line_r)
{
	char *next = figures->text;

	for (*line_r = 1; next; ++*line_r) {
		char *line = next;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strncmp(line, METRIC_PREFIX, sizeof METRIC_PREFIX - 1) != 0)
			continue;
		if (!read_line(line, &figures->list[figures->count]))
			return false;
		figures->count++;
	}
	return true;
}

bool figures_read(char *text, struct figures *figures_r, size_t *line_r, const char **error_r)
{
	*line_r = 0;
	*figures_r = (struct figures){ .text = text };
	*error_r = file_no_memory;
	figures_r->list = calloc(count_lines(text), sizeof *figures_r->list);
	if (figures_r->list) {
		*error_r = "this is no line of OpenMetrics";
		if (read_lines(figures_r, line_r)) {
			*line_r = 0;
			*error_r = "there are no metrics of ehlo-milter in it";
			if (figures_sum(figures_r, "build_info", NULL, NULL) > 0)
				return true;
		}
	}
	figures_clear(figures_r);
	return false;
}

void figures_clear(struct figures *figures)
{
	free(figures->list);
	free(figures->text);
	*figures = (struct figures){ .count = 0 };
}

/* --- asking --- */

/* The one escaping of OpenMetrics; returns the closing quote, or the end. */
static const char *take_value(const char *text, struct buf *out)
{
	for (; *text != '\0' && *text != '"'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		buf_add_char(out, *text);
	}
	return text;
}

bool figure_label(const struct figure *figure, const char *label, struct buf *out)
{
	const char *at = figure->labels;
	size_t length = strlen(label);

	while (*at != '\0') {
		const char *equals = strchr(at, '=');
		bool found = equals && (size_t)(equals - at) == length && strncmp(at, label, length) == 0;

		out->length = 0;
		out->text[0] = '\0';
		if (!equals || equals[1] != '"')
			return false;
		at = take_value(equals + 2, out);
		if (found)
			return true;
		at += strspn(at, "\", ");
	}
	return false;
}

static bool has_label(const struct figure *figure, const char *label, const char *value)
{
	char space[LABEL_BYTES];
	struct buf found;

	buf_init_fixed(&found, space, sizeof space);
	return !label || (figure_label(figure, label, &found) && strcmp(space, value) == 0);
}

double figures_sum2(const struct figures *figures, const char *metric, const char *label, const char *value,
		    const char *label2, const char *value2)
{
	double sum = 0;

	for (size_t i = 0; i < figures->count; i++) {
		const struct figure *figure = &figures->list[i];

		if (strcmp(figure->metric, metric) == 0 && has_label(figure, label, value) &&
		    has_label(figure, label2, value2))
			sum += figure->value;
	}
	return sum;
}

double figures_sum(const struct figures *figures, const char *metric, const char *label, const char *value)
{
	return figures_sum2(figures, metric, label, value, NULL, NULL);
}

double figures_quantile(const struct figures *figures, const char *metric, const char *label, const char *value,
			double share)
{
	double total = figures_sum2(figures, metric, label, value, "le", "+Inf");
	char space[LABEL_BYTES];
	struct buf bound;

	buf_init_fixed(&bound, space, sizeof space);
	for (size_t i = 0; total > 0 && i < figures->count; i++) {
		const struct figure *figure = &figures->list[i];

		if (strcmp(figure->metric, metric) == 0 && has_label(figure, label, value) && figure->value >= share * total &&
		    figure_label(figure, "le", &bound) && strcmp(space, "+Inf") != 0)
			return strtod(space, NULL);
	}
	return -1;
}
