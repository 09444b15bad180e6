/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF when memory is out, at each allocation in turn, and when libspf2 gives up.  The linker puts the functions here
 * before those of the same name (--wrap).
 */
#include "spf_zone.h"
#include "tap.h"

#include <netinet/in.h>
#include <arpa/nameser.h>
#include <netdb.h>
#define HAVE_DECL_NS_T_SPF 0
#include <spf2/spf.h>

#include <limits.h>

static unsigned allowed = UINT_MAX;	/* allocations until one fails */
static bool give_up;			/* the library calls its error handler */

/* Is it this one's turn to fail? */
static bool out_of_memory(void)
{
	if (allowed == UINT_MAX)
		return false;
	return allowed-- == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
SPF_dns_rr_t *__real_SPF_dns_rr_new(void);
SPF_dns_rr_t *__wrap_SPF_dns_rr_new(void);
SPF_dns_rr_t *__real_SPF_dns_rr_new_init(SPF_dns_server_t *dns, const char *name, ns_type type, int ttl, int error);
SPF_dns_rr_t *__wrap_SPF_dns_rr_new_init(SPF_dns_server_t *dns, const char *name, ns_type type, int ttl, int error);
SPF_errcode_t __real_SPF_dns_rr_buf_realloc(SPF_dns_rr_t *rr, int index, size_t length);
SPF_errcode_t __wrap_SPF_dns_rr_buf_realloc(SPF_dns_rr_t *rr, int index, size_t length);
SPF_response_t *__real_SPF_response_new(SPF_request_t *request);
SPF_response_t *__wrap_SPF_response_new(SPF_request_t *request);

void *__wrap_malloc(size_t size)
{
	return out_of_memory() ? NULL : __real_malloc(size);
}

SPF_dns_rr_t *__wrap_SPF_dns_rr_new(void)
{
	return out_of_memory() ? NULL : __real_SPF_dns_rr_new();
}

SPF_dns_rr_t *__wrap_SPF_dns_rr_new_init(SPF_dns_server_t *dns, const char *name, ns_type type, int ttl, int error)
{
	return out_of_memory() ? NULL : __real_SPF_dns_rr_new_init(dns, name, type, ttl, error);
}

SPF_errcode_t __wrap_SPF_dns_rr_buf_realloc(SPF_dns_rr_t *rr, int index, size_t length)
{
	return out_of_memory() ? SPF_E_NO_MEMORY : __real_SPF_dns_rr_buf_realloc(rr, index, length);
}

SPF_response_t *__wrap_SPF_response_new(SPF_request_t *request)
{
	if (give_up)
		SPF_error("as it does when a pointer is NULL");
	return out_of_memory() ? NULL : __real_SPF_response_new(request);
}

static struct zone zone;

/* In an arena of small blocks, so that nearly everything is an allocation. */
static bool evaluate(enum spf_result *result_r)
{
	struct spf_input input = { .identity = SPF_MAIL_FROM, .local_part = "joe", .local_part_length = 3,
				   .domain = "example.org", .client = { { 192, 0, 2, 7 }, IP_V4 } };
	struct spf_lookup lookup = { .find = zone_find, .data = &zone };
	struct spf_outcome outcome;
	struct arena arena;
	bool done;

	arena_init(&arena, NULL, 0, 16);
	done = spf_check(&input, &lookup, &arena, &outcome);
	*result_r = outcome.result;
	arena_clear(&arena);
	return done;
}

int main(void)
{
	enum spf_result result;
	unsigned failures = 0;

	zone_init(&zone);
	zone_put(&zone, "example.org", "TXT", "v=spf1 a ip4:192.0.2.1 mx include:x.example exists:%{p}.z redirect=y.example");
	zone_put(&zone, "example.org", "A", "192.0.2.9");
	zone_put(&zone, "example.org", "MX", "example.org");
	zone_put(&zone, "x.example", "TXT", "v=spf1 ip4:192.0.2.8/31 -all");
	zone_put(&zone, "y.example", "TXT", "v=spf1 ~all");
	zone_put(&zone, "7.2.0.192.in-addr.arpa", "PTR", "example.org");
	zone.late = false;
	ok(evaluate(&result) && result == SPF_SOFTFAIL, "with memory enough: %s", spf_result_word(result));
	for (; failures < 10000; failures++) {
		bool done;

		allowed = failures;
		done = evaluate(&result);
		allowed = UINT_MAX;
		if (done)
			break;
		if (result != SPF_PENDING)
			ok(0, "allocation %u fails and leaves a result", failures);
	}
	allowed = UINT_MAX;
	ok(failures > 50 && result == SPF_SOFTFAIL, "each of %u allocations fails once", failures);
	give_up = true;
	ok(!evaluate(&result), "the library gives up, and the process goes on");
	give_up = false;
	ok(evaluate(&result) && result == SPF_SOFTFAIL, "afterwards all is well");
	zone_clear(&zone);
	return tap_done();
}
