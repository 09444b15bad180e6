/* SPDX-License-Identifier: BSD-2-Clause */
/* The comparisons of an expression: what each type of fact can be compared with. */
#include "core/expr_parser.h"

#include "base/name.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *type_name(const struct fact *fact)
{
	switch (fact->type) {
	case FACT_TEXT:		return "a text";
	case FACT_NAME:		return "a name";
	case FACT_NAMES:	return "a set of names";
	case FACT_WORD:		return "one of a few words";
	case FACT_NUMBER:	return "a number";
	case FACT_ADDRESS:	return "an address";
	case FACT_BOOL:		return "true or false";
	}
	return "";
}

static bool is_name(const struct fact *fact)
{
	return fact->type == FACT_NAME || fact->type == FACT_NAMES;
}

/* "fqdn, unqualified or bare_ip" for messages. */
static void join_words(const char *const *words, char *text_r, size_t bytes)
{
	size_t length = 0;

	text_r[0] = '\0';
	for (size_t i = 0; words[i] && length < bytes; i++) {
		const char *before = i == 0 ? "" : words[i + 1] ? ", " : " or ";

		length += (size_t)snprintf(text_r + length, bytes - length, "%s%s", before, words[i]);
	}
}

static struct expr *compare_word(struct parser *p, const struct fact *fact, bool negate)
{
	char words[120];
	struct expr *expr;

	for (size_t i = 0; fact->words[i]; i++) {
		if (strlen(fact->words[i]) != p->token.length ||
		    strncasecmp(fact->words[i], p->token.text, p->token.length) != 0)
			continue;
		expr = expr_leaf(p, fact, EXPR_TEXT_EQUAL, negate);
		if (expr)
			expr->text = fact->words[i];
		return expr;
	}
	join_words(fact->words, words, sizeof words);
	return expr_fail(p, p->token.offset, "'%.*s' is no value of %s; expected %s",
		       (int)p->token.length, p->token.text, fact->name, words);
}

static bool is_ascii(const char *text)
{
	while (*text != '\0' && (unsigned char)*text < 0x80)
		text++;
	return *text == '\0';
}

/* An internationalised name as its A-labels, which it is sent and looked up by; what is none stays as it is. */
static const char *in_a_labels(struct parser *p, const char *text, enum expr_kind kind)
{
	bool below = kind == EXPR_TEXT_ENDS && text[0] == '.';
	char domain[1 + NAME_TEXT_BYTES] = ".";
	const char *copy;

	if ((kind != EXPR_TEXT_EQUAL && !below) || is_ascii(text) ||
	    !domain_normalise(text + below, strlen(text + below), domain + below))
		return text;
	copy = arena_strdup(p->arena, domain);
	if (!copy)
		expr_fail(p, p->token.offset, "out of memory");
	return copy;
}

static struct expr *compare_text(struct parser *p, const struct fact *fact, enum expr_kind kind, bool negate)
{
	struct expr *expr;

	if (p->token.kind != TOKEN_STRING)
		return expr_fail(p, p->token.offset, "%s is %s; expected text in quotes", fact->name,
			       type_name(fact));
	expr = expr_leaf(p, fact, kind, negate);
	if (!expr)
		return NULL;
	expr->text = expr_token_text(p);
	if (expr->text && is_name(fact))
		expr->text = in_a_labels(p, expr->text, kind);
	return expr->text ? expr : NULL;
}

static struct expr *compare_number(struct parser *p, const struct fact *fact, bool negate)
{
	struct expr *expr;
	unsigned long number = 0;

	if (p->token.kind != TOKEN_NUMBER)
		return expr_fail(p, p->token.offset, "%s is a number; expected one", fact->name);
	for (size_t i = 0; i < p->token.length && number <= 65535; i++)
		number = number * 10 + (unsigned long)(p->token.text[i] - '0');
	if (number > 65535)
		return expr_fail(p, p->token.offset, "%s is a port; expected 0 to 65535", fact->name);
	expr = expr_leaf(p, fact, EXPR_NUMBER_EQUAL, negate);
	if (expr)
		expr->number = (unsigned)number;
	return expr;
}

static bool read_network(struct parser *p, struct network *network_r)
{
	const char *error = "";
	const char *text = p->token.kind == TOKEN_ADDRESS ? expr_token_text(p) : NULL;

	return text && network_parse(text, network_r, &error);
}

static struct expr *compare_address(struct parser *p, const struct fact *fact, bool negate)
{
	struct network network;
	struct expr *expr;

	if (!read_network(p, &network))
		return expr_fail(p, p->token.offset, "%s is an address; expected one", fact->name);
	if (network.prefix_bits != (network.ip.family == IP_V4 ? 32U : 128U))
		return expr_fail(p, p->token.offset, "a network is compared by 'in', not by '==' or '!='");
	expr = expr_leaf(p, fact, EXPR_ADDRESS_IN_NETWORK, negate);
	if (expr)
		expr->network = network;
	return expr;
}

static struct expr *compare_flag(struct parser *p, const struct fact *fact, bool negate)
{
	if (!expr_is_word(p, "true") && !expr_is_word(p, "false"))
		return expr_fail(p, p->token.offset, "%s is true or false; expected one of these, or nothing",
			       fact->name);
	return expr_leaf(p, fact, EXPR_FLAG, negate != expr_is_word(p, "false"));
}

/* After == or !=. */
static struct expr *compare(struct parser *p, const struct fact *fact, bool negate)
{
	switch (fact->type) {
	case FACT_TEXT:
	case FACT_NAME:
	case FACT_NAMES:	return compare_text(p, fact, EXPR_TEXT_EQUAL, negate);
	case FACT_WORD:		return compare_word(p, fact, negate);
	case FACT_NUMBER:	return compare_number(p, fact, negate);
	case FACT_ADDRESS:	return compare_address(p, fact, negate);
	case FACT_BOOL:		return compare_flag(p, fact, negate);
	}
	return NULL;
}

static struct expr *in_list(struct parser *p, const struct fact *fact)
{
	const char *name = expr_token_text(p);
	const struct list *list = name ? p->scope->find_list(p->scope->lists, name) : NULL;
	struct expr *expr;

	if (!list)
		return expr_fail(p, p->token.offset, "unknown list '$%.*s'; expected one of 'lists' or "
			       "$loopback, $private, $undeliverable, $self",
			       (int)p->token.length, p->token.text);
	if (fact->type == FACT_ADDRESS && !list->holds_addresses)
		return expr_fail(p, p->token.offset, "%s is an address, list '$%s' holds names", fact->name, name);
	if (is_name(fact) && !list->holds_names)
		return expr_fail(p, p->token.offset, "%s is a name, list '$%s' holds networks", fact->name, name);
	expr = expr_leaf(p, fact, fact->type == FACT_ADDRESS ? EXPR_ADDRESS_IN_LIST : EXPR_TEXT_IN_LIST, false);
	if (expr)
		expr->list = list;
	return expr;
}

/* After in. */
static struct expr *compare_in(struct parser *p, const struct fact *fact)
{
	struct network network;
	struct expr *expr;

	if (fact->type != FACT_ADDRESS && !is_name(fact))
		return expr_fail(p, p->token.offset, "%s is %s; 'in' is for names and addresses", fact->name,
			       type_name(fact));
	if (p->token.kind == TOKEN_LIST)
		return in_list(p, fact);
	if (is_name(fact))
		return expr_fail(p, p->token.offset, "%s is a name; expected a list of names ($NAME) after 'in'",
			       fact->name);
	if (!read_network(p, &network))
		return expr_fail(p, p->token.offset, "%s is an address; expected a network or a list ($NAME) "
			       "after 'in'", fact->name);
	expr = expr_leaf(p, fact, EXPR_ADDRESS_IN_NETWORK, false);
	if (expr)
		expr->network = network;
	return expr;
}

static struct expr *compare_pattern(struct parser *p, const struct fact *fact)
{
	struct expr *expr = compare_text(p, fact, EXPR_TEXT_MATCHES, false);
	struct pattern_error error;

	if (!expr)
		return NULL;
	expr->pattern = pattern_new(expr->text, &error);
	if (!expr->pattern)
		return expr_fail(p, p->token.offset + 1 + error.offset, "bad pattern: %s", error.text);
	expr->next_pattern = p->patterns;
	p->patterns = expr;
	return expr;
}

static struct expr *compare_part(struct parser *p, const struct fact *fact, enum expr_kind kind)
{
	if (fact->type != FACT_TEXT && !is_name(fact) && fact->type != FACT_WORD)
		return expr_fail(p, p->token.offset, "%s is %s; this operator is for text", fact->name,
			       type_name(fact));
	if (kind == EXPR_TEXT_MATCHES)
		return compare_pattern(p, fact);
	return compare_text(p, fact, kind, false);
}

struct expr *expr_comparison(struct parser *p, const struct fact *fact)
{
	static const struct {
		const char *word;
		enum expr_kind kind;
	} operators[] = {
		{ "matches", EXPR_TEXT_MATCHES },
		{ "starts_with", EXPR_TEXT_STARTS },
		{ "ends_with", EXPR_TEXT_ENDS },
		{ "contains", EXPR_TEXT_CONTAINS },
	};
	struct expr *expr = NULL;

	if (p->token.kind == TOKEN_EQUAL || p->token.kind == TOKEN_UNEQUAL) {
		bool negate = p->token.kind == TOKEN_UNEQUAL;

		expr_advance(p);
		expr = compare(p, fact, negate);
		expr_advance(p);
		return expr;
	}
	if (expr_is_word(p, "in")) {
		expr_advance(p);
		expr = compare_in(p, fact);
		expr_advance(p);
		return expr;
	}
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
		if (!expr_is_word(p, operators[i].word))
			continue;
		expr_advance(p);
		expr = compare_part(p, fact, operators[i].kind);
		expr_advance(p);
		return expr;
	}
	if (fact->type == FACT_BOOL)
		return expr_leaf(p, fact, EXPR_FLAG, false);
	return expr_fail(p, p->token.offset, "%s is %s; expected == != in matches starts_with ends_with or "
		       "contains after it", fact->name, type_name(fact));
}

/* May the result be asked for?  Its own ones, and the four that every check has but unknown. */
static bool check_can_be(const struct check *check, enum result result)
{
	return result == RESULT_NONE || result == RESULT_PASS || result == RESULT_SKIPPED ||
	       check_outcome(check, result) != NULL;
}

static void results_of(const struct check *check, char *text_r, size_t bytes)
{
	const char *words[RESULT_COUNT + 1] = { "pass", "none", "skipped" };
	size_t count = 3;

	for (size_t i = 0; i < check->outcome_count; i++)
		words[count++] = result_word(check->outcomes[i].result);
	words[count] = NULL;
	join_words(words, text_r, bytes);
}

struct expr *expr_check_result(struct parser *p, const struct check *check, bool negate)
{
	const char *word = p->token.kind == TOKEN_WORD ? expr_token_text(p) : NULL;
	enum result result = RESULT_UNKNOWN;
	struct expr *expr;
	char words[120];

	if (word && strcmp(word, "unknown") == 0)
		return expr_fail(p, p->token.offset, "'unknown' cannot be asked for: what is not known decides "
			       "nothing");
	if (!word || !result_from_word(word, &result) || !check_can_be(check, result)) {
		results_of(check, words, sizeof words);
		return expr_fail(p, p->token.offset, "'%.*s' is no result of %s; expected %s",
			       (int)p->token.length, p->token.text, check->name, words);
	}
	/* RFC 7208 8.6: whoever asks for an error of DNS must not refuse for good by it. */
	if (result == RESULT_TEMPERROR && p->scope->refuses && negate == p->negated)
		return expr_fail(p, p->token.offset, "a rule that rejects cannot ask for temperror: the error may be "
			       "ours and pass; expected 'then: tempfail'");
	expr = expr_node(p, EXPR_CHECK_IS);
	if (!expr)
		return NULL;
	expr->check = check->id;
	expr->result = result;
	expr->negate = negate;
	expr->under_not = p->negated;
	expr->stage = check->stage;
	return expr;
}
