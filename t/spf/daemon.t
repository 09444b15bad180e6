#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hostile zones beside the daemon: each session is answered rightly, after a bounded number of questions."""
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../lib')

import crash_inputs
from daemon import Daemon
from dns_responder import Responder, Zone
from tap import done, note, ok, same

CLIENT = '203.0.113.9'
# Every result is told by a header of the message.
POLICY = '''version: 1
server: { log: stderr, authserv_id: mx.example.org }
dns: { servers: ['SERVER'], deadline: DEADLINE, timeout: DEADLINE }
listeners:
  - name: mx
    match: any
    profile: none
    mode: enforce
    checks:
      spf_helo: { fail: tag }
      spf_mail_from: { fail: tag, header: received_spf }
'''
# RFC 7208 4.6.4: eleven records, ten hosts for each of ten terms, the client's ten names; and what is asked ahead.
QUESTIONS_MAX = 11 + 10 * 11 + 11 + 40


# --- the name server ---

def late(seconds, *lines):
    return lambda q: [seconds, Zone({q.name: lines})(q)]


def never(_):
    return None


def spf(text):
    return ('TXT', b'v=spf1 ' + text.encode('latin-1'))


# --- sessions ---

def serve(responder, deadline='5s'):
    return Daemon(POLICY.replace('SERVER', responder.server).replace('DEADLINE', deadline))


def play(daemon, domain, ehlo='host', client=CLIENT):
    """The answers of one session with a message, and the headers that it was given."""
    with daemon.session() as s:
        answers = [s.connect(client), s.helo(ehlo), s.mail(f'<a@{domain}>')]
        changes, last = s.end_of_message()
    return [*answers, last], ' '.join(re.sub(r'\s+', ' ', change) for change in changes)


def results(headers):
    """Of spf_helo and spf_mail_from."""
    helo = re.search(r' spf=(\w+) (?:reason="[^"]*" )?smtp\.helo=', headers)
    received = re.search(r'Received-SPF: (\w+) ', headers)
    return helo and helo[1], received and received[1]


def result(daemon, domain, **options):
    answers, headers = play(daemon, domain, **options)
    same(answers, ['c'] * 4, f'{domain[-60:]}: the session is answered')
    return results(headers)[1], headers


def distinct(responder):
    """Without what was asked again."""
    return {(q.name.lower(), q.kind) for q in list(responder.questions)}


# --- what kills the library ---

def check_crash_inputs(inputs, domains_of_each=20):
    """As the record of many domains, in many sessions at a time."""
    names, expected = {}, {}
    for number, given in enumerate(inputs):
        for copy in range(domains_of_each):
            domain = f'd{copy}.c{number}.test'
            names[domain] = [('TXT', given.records[crash_inputs.DOMAIN])]
            expected[domain] = given.result
    explanation = next(i.records[crash_inputs.EXPLANATION] for i in inputs if crash_inputs.EXPLANATION in i.records)
    names[crash_inputs.EXPLANATION] = [('TXT', explanation)]
    with Responder(Zone(names)) as responder, serve(responder) as daemon, ThreadPoolExecutor(8) as pool:
        found = dict(zip(expected, pool.map(lambda domain: play(daemon, domain, ehlo=domain), expected)))
        same({tuple(answers) for answers, _ in found.values()}, {('c',) * 4}, 'every session is answered')
        wrong = {domain: headers for domain, (_, headers) in found.items()
                 if results(headers) != (expected[domain],) * 2}
        same(wrong, {}, f'{len(expected)} domains, as HELO name and in MAIL FROM: the right results')
        same({name for name, _ in distinct(responder)}, set(expected),
             'each record is asked for, and no explanation')
        ok(daemon.process.poll() is None, 'the daemon lives')


# --- zones that are too much ---

def many_hosts(domain, kind, count):
    """domain has so many MX or PTR records; the hosts have another address than the client."""
    hosts = [f'h{i}.{domain}' for i in range(count)]
    return {domain: [spf('mx -all')] + [(kind, host) for host in hosts],
            **{host: [('A', '192.0.2.99')] for host in hosts}}


def chain(domain, length, last):
    """domain includes the next, and so on; the record behind the last include is given."""
    names = [domain] + [f'i{i}.{domain}' for i in range(1, length + 1)]
    return {**{a: [spf(f'include:{b} -all')] for a, b in zip(names, names[1:])}, names[-1]: [spf(last)]}


def worst_tree(domain):
    """Ten mx terms of ten hosts each: what the limits let through."""
    zone = {domain: [spf(' '.join(f'mx:m{i}.{domain}' for i in range(10)) + ' -all')]}
    for i in range(10):
        zone.update(many_hosts(f'm{i}.{domain}', 'MX', 10))
    return zone


def too_many_terms(domain):
    """An include of an include and so on, with a dozen mx terms behind each."""
    zone = {}
    for i in range(12):
        name = f'i{i}.{domain}' if i else domain
        mx = [f'm{j}.{name}' for j in range(12)]
        zone[name] = [spf(f'include:i{i + 1}.{domain} ' + ' '.join('mx:' + m for m in mx))]
        for m in mx:
            zone.update(many_hosts(m, 'MX', 10))
    return zone


LONG = b'v=spf1 +all' + b' exists:%{s}AAAAAAAAAAAAAAAAAAAA.example' * 2000
ONE_BY_ONE = [bytes([c]) for c in b'v=spf1 ip4:203.0.113.9 -all']
PTR = '9.113.0.203.in-addr.arpa'

# What it is, its zone for a domain of its own, the result, a part of the header, and the most questions.
CASES = [
    ('a text of 64 KiB', lambda d: {d: [('TXT', LONG[:65000])]}, 'permerror', 'more than 2048 octets', 1),
    ('one of 2048 octets', lambda d: {d: [('TXT', (b'v=spf1 -all' + b' ip4:192.0.2.1' * 200)[:2048])]},
     'permerror', 'no address of its kind', 1),
    ('a text of many strings', lambda d: {d: [('TXT', ONE_BY_ONE + [b''] * 200)]}, 'pass', '', 1),
    ('many texts', lambda d: {d: [('TXT', b'verify=%d' % i) for i in range(200)] + [spf('-all')]}, 'fail', '', 1),
    # More records than the reader of answers takes: what there is stays unknown.
    ('a thousand texts', lambda d: {d: [('TXT', b'%d' % i) for i in range(1000)] + [spf('+all')]}, 'temperror',
     'DNS answered with a failure', 1),
    ('no text at all', lambda d: {d: [('TXT', [])]}, 'temperror', 'DNS answered with a failure', 1),
    ('no UTF-8', lambda d: {d: [spf('a:\xff\xfe\x80.example -all')]}, 'permerror', 'a byte that is not ASCII', 1),
    ('a NUL', lambda d: {d: [spf('+all \0')]}, 'permerror', '', 1),
    ('a line end', lambda d: {d: [spf('+all a:x\r\nX-Header:y')]}, 'permerror', '', 1),
    ('two hundred MX', lambda d: many_hosts(d, 'MX', 200), 'permerror', 'more than ten MX', 2),
    ('a thousand MX', lambda d: many_hosts(d, 'MX', 1000), 'temperror', 'DNS answered with a failure', 2),
    ('ten MX', lambda d: many_hosts(d, 'MX', 10), 'fail', '', 12),
    ('a thousand addresses',
     lambda d: {d: [spf('a -all')] + [('A', f'192.0.{i // 250}.{i % 250}') for i in range(1000)]}, 'temperror',
     'DNS answered with a failure', 2),
    ('two hundred names of the client',
     lambda d: {d: [spf(f'ptr:{d} -all')], **{k: v for k, v in many_hosts(PTR, 'PTR', 200).items()}}, 'fail', '', 12),
    ('an include of itself', lambda d: {d: [spf(f'include:{d} -all')]}, 'permerror', 'more than ten terms', 1),
    ('a redirect to itself', lambda d: {d: [spf('redirect=%{d}')]}, 'permerror', 'more than ten terms', 1),
    ('a loop of two', lambda d: {d: [spf(f'a include:x.{d} -all')], 'x.' + d: [spf(f'redirect={d}')]}, 'permerror', '',
     3),
    ('a name that grows', lambda d: {**{f'{"a." * i}{d}': [spf('include:a.%{d} -all')] for i in range(50)}},
     'permerror', 'more than ten terms', 11),
    ('includes ten deep', lambda d: chain(d, 10, f'ip4:{CLIENT} -all'), 'pass', '', 11),
    ('a hundred deep', lambda d: chain(d, 100, '+all'), 'permerror', 'more than ten terms', 11),
    ('an include of nothing', lambda d: {d: [spf(f'include:x.{d} +all')]}, 'permerror', 'publishes no SPF record', 2),
    ('three void look-ups', lambda d: {d: [spf(f'a:x.{d} a:y.{d} exists:z.{d} +all')]}, 'permerror',
     'more than two terms', 4),
    ('a thousand terms', lambda d: {d: [spf(' '.join(f'a:{i}' for i in range(300)))]}, 'permerror', '', 1),
    ('ten times ten hosts', worst_tree, 'fail', '', 111),
    ('a tree over the limits', too_many_terms, 'permerror', 'more than ten terms', QUESTIONS_MAX),
]


def check_cases():
    zones = {}
    for number, (label, zone, *_) in enumerate(CASES):
        zones[f'n{number}.test'] = zone(f'n{number}.test')
    with Responder(None) as responder, serve(responder) as daemon:
        for (label, _, wanted, part, most), (domain, zone) in zip(CASES, zones.items()):
            responder.rule = Zone(zone)
            responder.questions.clear()
            found, headers = result(daemon, domain)
            good = ok(found == wanted and part in headers, f'{label}: {wanted} {part}')
            count = len(distinct(responder))
            good = ok(0 < count <= most, f'{label}: {count} questions, at most {most}') and good
            if not good:
                note(headers)
                note(sorted(distinct(responder))[:200])


# --- zones that are slow ---

def check_slow():
    """The deadline ends the wait, whatever the zone does; what is answered in time counts."""
    zone = {'never.test': never, 'half.test': [spf('include:never.test ip4:203.0.113.9 -all')],
            'behind.test': [spf('ip4:203.0.113.9 include:never.test -all')],
            'drip.test': late(0.2, spf('include:1.drip.test -all'))}
    for i in range(1, 10):
        zone[f'{i}.drip.test'] = late(0.2, spf(f'include:{i + 1}.drip.test -all'))
    zone['10.drip.test'] = late(0.2, spf('+all'))
    with Responder(Zone(zone)) as responder, serve(responder, '1s') as daemon:
        same(result(daemon, 'never.test')[0], 'temperror', 'a zone that does not answer')
        same(result(daemon, 'half.test')[0], 'temperror', 'an include that is not answered')
        same(result(daemon, 'behind.test')[0], 'pass', 'one that is not needed')
        # Eleven records of 200 ms each are more than a second.
        before = daemon.status()['dns']['deadlines_exceeded']
        same(result(daemon, 'drip.test')[0], 'temperror', 'a zone that answers each question just in time')
        same(daemon.status()['dns']['deadlines_exceeded'], before + 1, 'which is counted')
    zone['drip.test'] = late(0.05, *(spf(f'include:{i}.fast.test -all') for i in (1,)))
    zone.update({f'{i}.fast.test': late(0.05, spf(f'include:{i + 1}.fast.test -all')) for i in range(1, 6)})
    zone['6.fast.test'] = late(0.05, spf('+all'))
    with Responder(Zone(zone)) as responder, serve(responder, '20s') as daemon:
        same(result(daemon, 'drip.test')[0], 'pass', 'a slow one, and a deadline that is late enough')


check_crash_inputs(crash_inputs.make())
check_cases()
check_slow()
done()
