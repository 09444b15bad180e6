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

/*
 * The library's objects of one evaluation.  They are made here and not by SPF_server_new_dns() and SPF_request_new():
 * the former ends the process when the host's name has 64 characters, and compiles texts that nobody reads.
 */
struct spf_library {
	SPF_dns_server_t dns;
	SPF_server_t server;
	SPF_request_t request;
	SPF_dns_rr_t *spare;			/* what look_up() gives when memory is out: it must give something */
	const struct dns_record *addresses;	/* the answer to QUESTION */
	size_t address_count;
	enum ip_family family;			/* those that it is told of; IP_NONE: all */
	char record[RECORD_BYTES];		/* what it is asked, */
	SPF_result_t result;			/* and what it says */
};

/* SPF_error() of the library must not return, and by itself ends the process: it comes back to ask_library() instead. */
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

/* A v4-mapped address is an IPv4 address, although it stands in an AAAA record. */
static bool is_told(const struct spf_library *library, const struct ip *address)
{
	return library->family == IP_NONE || library->family == address->family;
}

/* The library's only way to DNS: QUESTION has the addresses, nothing else exists (type 99, "SPF", neither). */
static SPF_dns_rr_t *look_up(SPF_dns_server_t *dns, const char *name, ns_type type, int should_cache)
{
	struct spf_library *library = dns->hook;
	bool known = strcmp(name, QUESTION) == 0 && (type == ns_t_a || type == ns_t_aaaa);
	SPF_dns_rr_t *rr = SPF_dns_rr_new_init(dns, QUESTION, type, 0, known ? NETDB_SUCCESS : HOST_NOT_FOUND);
	bool complete = rr != NULL;

	(void)should_cache;
	if (!rr) {
		rr = library->spare;
		library->spare = NULL;
	}
	for (size_t i = 0; known && complete && i < library->address_count; i++)
		if (is_told(library, &library->addresses[i].address))
			complete = add_address(rr, &library->addresses[i].address);
	/* A temporary error gives a result that means nothing else. */
	if (known && !complete)
		rr->herrno = TRY_AGAIN;
	return rr;
}

static void open_library(struct spf_library *library, const struct ip *client)
{
	static char receiver[] = QUESTION;

	memset(library, 0, sizeof *library);
	library->dns.lookup = look_up;
	library->dns.name = "answers";
	library->dns.hook = library;
	library->server.resolver = &library->dns;
	library->server.rec_dom = receiver;
	library->server.max_dns_mech = SPF_MAX_DNS_MECH;
	library->request.spf_server = &library->server;
	library->request.cur_dom = QUESTION;
	library->request.client_ver = client->family == IP_V6 ? AF_INET6 : AF_INET;
	memcpy(&library->request.ipv4, client->bytes, 4);
	memcpy(&library->request.ipv6, client->bytes, 16);
}

static void close_library(struct spf_library *library)
{
	if (library->spare)
		SPF_dns_rr_free(library->spare);
}

/* Not by SPF_request_query_fallback(), which passes every loopback client. */
static void interpret(struct spf_library *library)
{
	SPF_response_t *response = SPF_response_new(&library->request);
	SPF_record_t *record = NULL;

	if (!response)
		return;
	if (SPF_record_compile(&library->server, response, &record, library->record) == SPF_E_SUCCESS) {
		response->spf_record_exp = record;
		(void)SPF_record_interpret(record, &library->request, response, 0);
		library->result = SPF_response_result(response);
	}
	if (record)
		SPF_record_free(record);
	SPF_response_free(response);
}

static void ask_library(struct spf_library *library)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	jmp_buf here;

	(void)pthread_once(&once, set_handlers);
	library->result = SPF_RESULT_INVALID;
	if (!library->spare)
		library->spare = SPF_dns_rr_new();
	if (!library->spare)
		return;
	/* When the library gives up, what it has allocated is lost. */
	if (setjmp(here) == 0) {
		way_out = &here;
		interpret(library);
	}
	way_out = NULL;
}

enum spf_match spf_library_match(struct spf_eval *eval, const struct dns_record *addresses, size_t count,
				 unsigned prefix_bits)
{
	struct spf_library *library = eval->library;

	library->addresses = addresses;
	library->address_count = count;
	library->family = prefix_bits > 0 ? eval->input->client.family : IP_NONE;
	/* The library rejects /0.  It is what exists: says, whose answer may be of any family. */
	if (prefix_bits == 0)
		(void)snprintf(library->record, sizeof library->record, "v=spf1 exists:" QUESTION);
	else
		(void)snprintf(library->record, sizeof library->record, "v=spf1 a:" QUESTION "%s%u",
			       eval->input->client.family == IP_V6 ? "//" : "/", prefix_bits);
	ask_library(library);
	if (library->result == SPF_RESULT_PASS)
		return SPF_MATCH;
	if (library->result == SPF_RESULT_NEUTRAL)
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

/*
 * A name that could not be confirmed for an error of DNS counts as none (RFC 7208 5.5).  But nobody is to be refused for good
 * by such an error: a failure that it might have prevented is a temperror.
 */
static enum spf_result with_errors(struct spf_eval *eval, enum spf_result result)
{
	bool fails = result == SPF_FAIL || result == SPF_SOFTFAIL || result == SPF_PERMERROR;

	if (!eval->passed_over || !fails)
		return result;
	eval->reason = eval->passed_over;
	eval->record_domain = eval->passed_over_domain;
	eval->at = eval->passed_over_at;
	eval->at_length = eval->passed_over_length;
	return SPF_TEMPERROR;
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
		outcome->result = with_errors(eval, spf_evaluate(eval, &domain, 0));
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
	struct spf_library library;
	struct spf_eval eval = { .input = input, .lookup = lookup, .arena = arena, .outcome = outcome_r,
				 .library = &library };
	struct spf_step *steps = NULL;
	const char *domain;

	*outcome_r = nothing;
	eval.steps_end = &steps;
	open_library(&library, &input->client);
	if (set_sender(&eval, &domain))
		evaluate(&eval, domain);
	else
		eval.no_memory = true;
	close_library(&library);
	if (eval.no_memory || outcome_r->result == SPF_PENDING) {
		arena_reset(arena, mark);
		*outcome_r = nothing;
		return !eval.no_memory;
	}
	outcome_r->steps = steps;
	return true;
}
