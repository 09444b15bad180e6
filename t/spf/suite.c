/* SPDX-License-Identifier: BSD-2-Clause */
/* Evaluates the cases that the scripts here hand over, one a line, and prints their results. */
#include "../unit/spf_zone.h"

#include <stdio.h>

#define LINE_BYTES 400000
#define FIELDS_MAX 7

static struct zone zone;

/* "6162" or "-" to bytes, in place. */
static size_t unhex(char *text)
{
	size_t length = 0;
	unsigned value;

	for (char *at = text; sscanf(at, "%2x", &value) == 1; at += 2)
		text[length++] = (char)value;
	text[length] = '\0';
	return length;
}

static void add_record(char **fields)
{
	size_t name_length = unhex(fields[1]);

	if (strcmp(fields[3], "TIMEOUT") == 0) {
		zone_put_error(&zone, fields[1], strcmp(fields[2], "ANY") == 0 ? "" : fields[2], DNS_TIMEOUT);
		return;
	}
	zone_add_bytes(&zone, fields[1], name_length, fields[2], fields[3], unhex(fields[3]));
}

/*
 * CASE name client ehlo local-part domain; a missing domain is '-'.  Prints the result with answers that come late, that
 * with answers which are there at once, the rounds, the reason, and the questions.
 */
static void run_case(char **fields)
{
	struct spf_input input = { .identity = SPF_MAIL_FROM };
	struct spf_outcome late, at_once;
	struct arena arena;
	size_t rounds;

	arena_init(&arena, NULL, 0, 65536);
	if (!ip_parse(fields[2], &input.client))
		abort();
	(void)unhex(fields[3]);
	input.ehlo = fields[3];
	input.local_part_length = unhex(fields[4]);
	input.local_part = fields[4];
	input.domain = strcmp(fields[5], "-") == 0 ? NULL : fields[5];
	(void)unhex(fields[5]);
	zone.late = true;
	zone_check(&zone, &input, &arena, &late);
	rounds = zone.rounds;
	zone.late = false;
	zone_check(&zone, &input, &arena, &at_once);
	printf("%s %s %s %zu %s", fields[1], spf_result_word(late.result), spf_result_word(at_once.result), rounds,
	       late.reason->word);
	for (size_t i = 0; i < zone.question_count; i++)
		printf(" %s/%s", zone.questions[i].name, dns_type_word(zone.questions[i].type));
	printf("\n");
	arena_clear(&arena);
}

int main(void)
{
	static char line[LINE_BYTES];
	char *fields[FIELDS_MAX];

	zone_init(&zone);
	while (fgets(line, sizeof line, stdin)) {
		size_t count = 0;

		for (char *at = line, *field; count < FIELDS_MAX && (field = strsep(&at, " \n"));)
			fields[count++] = field;
		if (strcmp(fields[0], "ZONE") == 0) {
			zone_clear(&zone);
			zone_init(&zone);
		} else if (strcmp(fields[0], "RR") == 0 && count > 3) {
			add_record(fields);
		} else if (strcmp(fields[0], "CASE") == 0 && count > 5) {
			run_case(fields);
		} else {
			return 1;
		}
	}
	zone_clear(&zone);
	return 0;
}
