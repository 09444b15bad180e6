/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The function spf_check(), and the fence around libspf2.
 *
 * Debian's libspf2 overruns its stack on records of a certain shape, rejects /0 and records whose compiled form has
 * more than 511 bytes, and misreads spaces, macros and errors of syntax.  So no byte that others chose reaches it:
 * records, macros, look-ups, limits and the order of evaluation are ours.  It is asked one thing only, for one
 * mechanism at a time: does the client match these addresses under this prefix length?  The record with that question
 * is one of those that we write here, the addresses come to it through a DNS layer of ours, which knows one name.
 */
#include "spf/spf.h"

#include "base/name.h"
#include "spf/spf_eval.h"

/* spf2/spf_dns.h defines ns_t_spf as a macro: the resolver's headers, which have it in an enum, come first. */
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <netdb.h>
#define HAVE_DECL_NS_T_SPF 0
#include <spf2/spf.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct reason no_domain = { "no_domain", "there is no domain to ask for", "RFC 7208 2.4" };
static const struct reason no_client = { "no_client_address", "the client has no IP address", "RFC 7208 4.1" };
static const struct reason pending = { "pending", "an answer of DNS is not there yet", NULL };

/* --- the fence --- */

#define QUESTION "q.invalid"	/* RFC 6761 6.4: no name of anybody */
#define RECORD_BYTES 40

struct spf_library {
	SPF_dns_server_t dns;
	SPF_server_t *server;
	SPF_request_t *request;
	SPF_dns_rr_t *spare;			/* what look_up() gives when memory is out: it must give something */
	const struct dns_record *addresses;	/* the answer to QUESTION */
	size_t address_count;
	bool failed;
};

/* SPF_error() of the library must not return, and by itself ends the process: it comes back to guarded() instead. */
static _Thread_local jmp_buf *way_out;

static void on_error(const char *file, int line, const char *message) __attribute__((noreturn));

static void on_error(const char *file, int line, const char *message)
{
	(void)file;
	(void)line;
	(void)message;
	if (way_out)
		longjmp(*way_out, 1);
	abort();	/* somebody else uses the library */
}

static void on_message(const char *file, int line, const char *message)
{
	(void)file;
	(void)line;
	(void)message;
}

static void set_handlers(void)
{
	SPF_error_handler = on_error;
	SPF_warning_handler = on_message;
	SPF_info_handler = on_message;
	SPF_debug_handler = on_message;
}

/* False: the library gave up inside call, and what it had allocated is lost. */
static bool guarded(void (*call)(struct spf_library *library, void *argument), struct spf_library *library,
		    void *argument)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	jmp_buf here;

	(void)pthread_once(&once, set_handlers);
	if (setjmp(here)) {
		way_out = NULL;
		return false;
	}
	way_out = &here;
	call(library, argument);
	way_out = NULL;
	return true;
}

static bool add_address(SPF_dns_rr_t *rr, const struct ip *ip)
{
	if (SPF_dns_rr_buf_realloc(rr, rr->num_rr, sizeof(SPF_dns_rr_data_t)) != SPF_E_SUCCESS)
		return false;
	if (ip->family == IP_V6)
		memcpy(&rr->rr[rr->num_rr]->aaaa, ip->bytes, 16);
	else
		memcpy(&rr->rr[rr->num_rr]->a, ip->bytes, 4);
	rr->num_rr++;
	return true;
}

/* The library's only way to DNS: QUESTION has the addresses, nothing else exists (type 99, "SPF", neither). */
static SPF_dns_rr_t *look_up(SPF_dns_server_t *dns, const char *name, ns_type type, int should_cache)
{
	struct spf_library *library = dns->hook;
	bool known = strcmp(name, QUESTION) == 0 && (type == ns_t_a || type == ns_t_aaaa);
	SPF_dns_rr_t *rr = SPF_dns_rr_new_init(dns, QUESTION, type, 0, known ? NETDB_SUCCESS : HOST_NOT_FOUND);

	(void)should_cache;
	if (!rr) {
		library->failed = true;
		rr = library->spare;
		library->spare = NULL;
		return rr;
	}
	for (size_t i = 0; known && i < library->address_count; i++)
		if (!add_address(rr, &library->addresses[i].address))
			library->failed = true;
	return rr;
}

static void open_library(struct spf_library *library, void *argument)
{
	const struct ip *client = argument;
	SPF_response_t *response = NULL;
	struct in_addr v4;
	struct in6_addr v6;

	library->spare = SPF_dns_rr_new();
	library->server = SPF_server_new_dns(&library->dns, 0);
	if (!library->server)
		return;
	/* The default one is a long macro string, expanded for each mechanism that does not match. */
	(void)SPF_server_set_explanation(library->server, "-", &response);
	if (response)
		SPF_response_free(response);
	library->request = SPF_request_new(library->server);
	if (!library->request)
		return;
	if (client->family == IP_V6) {
		memcpy(&v6, client->bytes, sizeof v6);
		(void)SPF_request_set_ipv6(library->request, v6);
	} else {
		memcpy(&v4, client->bytes, sizeof v4);
		(void)SPF_request_set_ipv4(library->request, v4);
	}
	library->failed = SPF_request_set_env_from(library->request, "a@" QUESTION) != 0 ||
			  SPF_request_set_helo_dom(library->request, QUESTION) != SPF_E_SUCCESS;
	library->request->cur_dom = QUESTION;
}

static void close_library(struct spf_library *library)
{
	if (!library)
		return;
	if (library->spare)
		SPF_dns_rr_free(library->spare);
	if (library->request)
		SPF_request_free(library->request);
	if (library->server)
		SPF_server_free(library->server);
}

struct question {
	char record[RECORD_BYTES];
	SPF_result_t result;
};

/* Not by SPF_request_query_fallback(), which passes every loopback client. */
static void ask_library(struct spf_library *library, void *argument)
{
	struct question *question = argument;
	SPF_response_t *response = SPF_response_new(library->request);
	SPF_record_t *record = NULL;

	if (!response)
		return;
	if (SPF_record_compile(library->server, response, &record, question->record) == SPF_E_SUCCESS) {
		response->spf_record_exp = record;
		(void)SPF_record_interpret(record, library->request, response, 0);
		question->result = SPF_response_result(response);
	}
	if (record)
		SPF_record_free(record);
	SPF_response_free(response);
}

static struct spf_library *new_library(struct spf_eval *eval)
{
	struct spf_library *library = arena_alloc(eval->arena, sizeof *library);
	struct ip client = eval->input->client;

	if (!library)
		return NULL;
	library->dns.lookup = look_up;
	library->dns.name = "answers";
	library->dns.hook = library;
	if (!guarded(open_library, library, &client) || !library->spare || !library->request || library->failed) {
		close_library(library);
		return NULL;
	}
	return library;
}

enum spf_match spf_library_match(struct spf_eval *eval, const struct dns_record *addresses, size_t count,
				 unsigned prefix_bits)
{
	struct question question = { .result = SPF_RESULT_INVALID };
	struct spf_library *library = eval->library ? eval->library : new_library(eval);

	eval->library = library;
	eval->no_memory = eval->no_memory || !library;
	if (!library)
		return SPF_STOP;
	library->addresses = addresses;
	library->address_count = count;
	/* The library rejects /0.  It is what exists: says, whose answer may be of any family. */
	if (prefix_bits == 0)
		(void)snprintf(question.record, sizeof question.record, "v=spf1 exists:" QUESTION);
	else
		(void)snprintf(question.record, sizeof question.record, "v=spf1 a:" QUESTION "%s%u",
			       eval->input->client.family == IP_V6 ? "//" : "/", prefix_bits);
	if (!guarded(ask_library, library, &question) || library->failed)
		question.result = SPF_RESULT_INVALID;
	if (question.result == SPF_RESULT_PASS)
		return SPF_MATCH;
	if (question.result == SPF_RESULT_NEUTRAL)
		return SPF_NO_MATCH;
	/* To these records that is all it can say, unless memory is out. */
	eval->no_memory = true;
	return SPF_STOP;
}

static char version[40];

static void find_version(void)
{
	int major = 0, minor = 0, patch = 0;

	SPF_get_lib_version(&major, &minor, &patch);
	(void)snprintf(version, sizeof version, "libspf2 %d.%d.%d", major, minor, patch);
}

const char *spf_library_version(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, find_version);
	return version;
}

/* --- spf_check() --- */

const char *spf_result_word(enum spf_result result)
{
	static const char *const words[] = {
		[SPF_PENDING] = "pending",
		[SPF_UNKNOWN] = "unknown",
		[SPF_NONE] = "none",
		[SPF_NEUTRAL] = "neutral",
		[SPF_PASS] = "pass",
		[SPF_FAIL] = "fail",
		[SPF_SOFTFAIL] = "softfail",
		[SPF_TEMPERROR] = "temperror",
		[SPF_PERMERROR] = "permerror",
	};

	return words[result];
}

/* RFC 7208 2.3: "" where the client gave no domain, but an address or what is no name at all. */
static const char *ehlo_domain(const char *ehlo)
{
	struct ehlo_name name;

	if (!ehlo)
		return "";
	ehlo_name_parse(ehlo, &name);
	return name.kind == EHLO_FQDN ? ehlo : "";
}

static size_t without_dot(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && name[length - 1] == '.' ? length - 1 : length;
}

/* RFC 7208 2.3, 2.4, 4.3: the domain, and the sender of which it is the domain. */
static bool set_sender(struct spf_eval *eval, const char **domain_r)
{
	const struct spf_input *input = eval->input;
	bool own = input->identity == SPF_MAIL_FROM && input->domain;
	const char *local = own && input->local_part_length > 0 ? input->local_part : "postmaster";
	size_t local_length = own && input->local_part_length > 0 ? input->local_part_length : strlen(local);
	const char *domain = own ? input->domain : ehlo_domain(input->ehlo);
	size_t domain_length = strlen(domain);
	char *sender = arena_alloc(eval->arena, local_length + 1 + domain_length + 1);

	if (!sender)
		return false;
	eval->ehlo = input->ehlo ? input->ehlo : "";
	eval->ehlo_length = without_dot(eval->ehlo);
	domain_length = without_dot(domain);
	memcpy(sender, local, local_length);
	sender[local_length] = '@';
	memcpy(sender + local_length + 1, domain, domain_length);
	eval->sender = sender;
	eval->sender_length = local_length + 1 + domain_length;
	eval->local_part_length = local_length;
	*domain_r = sender + local_length + 1;
	return true;
}

static void evaluate(struct spf_eval *eval, const char *domain_text)
{
	struct spf_outcome *outcome = eval->outcome;
	struct spf_name domain;

	outcome->domain = spf_printable(eval, domain_text, strlen(domain_text));
	outcome->result = SPF_NONE;
	eval->record_domain = outcome->domain;
	eval->at = "";
	eval->reason = &no_domain;
	if (eval->input->client.family == IP_NONE) {
		eval->reason = &no_client;
	} else if (domain_text[0] != '\0') {
		(void)spf_name_set(&domain, domain_text, strlen(domain_text));
		outcome->result = spf_evaluate(eval, &domain, 0);
	}
	outcome->reason = eval->reason;
	outcome->record_domain = eval->record_domain;
	outcome->mechanism = spf_printable(eval, eval->at, eval->at_length);
	outcome->term_count = eval->terms;
	outcome->void_count = eval->voids;
}

bool spf_check(const struct spf_input *input, const struct spf_lookup *lookup, struct arena *arena,
	       struct spf_outcome *outcome_r)
{
	static const struct spf_outcome nothing = { .result = SPF_PENDING, .reason = &pending, .domain = "",
						    .mechanism = "", .record_domain = "" };
	struct arena_mark mark = arena_mark(arena);
	struct spf_eval eval = { .input = input, .lookup = lookup, .arena = arena, .outcome = outcome_r };
	struct spf_step *steps = NULL;
	const char *domain;

	*outcome_r = nothing;
	eval.steps_end = &steps;
	if (set_sender(&eval, &domain))
		evaluate(&eval, domain);
	else
		eval.no_memory = true;
	close_library(eval.library);
	if (eval.no_memory || outcome_r->result == SPF_PENDING) {
		arena_reset(arena, mark);
		*outcome_r = nothing;
		return !eval.no_memory;
	}
	outcome_r->steps = steps;
	return true;
}
