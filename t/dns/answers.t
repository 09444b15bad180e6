#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One server, honest and hostile: each answer has its class, after a bounded time and number of questions."""
import os
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../lib')

from dns_ask import Ask
from dns_responder import (FORMERR, NXDOMAIN, REFUSED, SERVFAIL, DeadPort, Responder, address, encode_name, record,
                           soa)
from tap import PATIENCE_S, done, note, ok, same

SHORT_MS = 400		# where nothing comes in time
LONG_MS = 8000		# where a slow machine must not matter
GOOD = 'NOERROR 300 net 192.0.2.1'


def ptr(*targets):
    return lambda q: q.reply(*[record(None, 'PTR', 300, encode_name(target)) for target in targets])


def aliases(count):
    """The question's name is an alias of 0.alias, that of 1.alias, and so on; the last one has an address."""
    def rule(q):
        names = [q.name] + [f'{i}.alias' for i in range(count)]
        chain = [record(a, 'CNAME', 300, encode_name(b)) for a, b in zip(names, names[1:])]
        return q.reply(*chain, record(names[-1], 'A', 300, address('192.0.2.1')))
    return rule


def over_tcp(answer):
    """Truncated by UDP, whole by TCP."""
    return lambda q: answer(q) if q.transport == 'tcp' else q.truncated()


def addresses(count):
    return lambda q: q.reply(*[record(None, 'A', 300, bytes([10, 0, i >> 8, i & 255])) for i in range(count)])


def text(*strings):
    data = b''.join(bytes([len(string)]) + string for string in strings)
    return lambda q: q.reply(record(None, 'TXT', 300, data))


def first_then(first, second):
    """Another answer to each question after the first one."""
    asked = []

    def rule(q):
        asked.append(q)
        return first(q) if len(asked) == 1 else second(q)
    return rule


def good(q):
    return q.address()


with Ask('127.0.0.1') as probe:
    NEW = probe.is_new()

# label, type, rule, what comes of it; a list of words: what must stand in it
CASES = [
    ('an address', 'A', good, GOOD),
    ('an IPv6 address', 'AAAA', lambda q: q.address('2001:db8::1'), 'NOERROR 300 net 2001:db8::1'),
    ('no such name', 'A', lambda q: q.reply(rcode=NXDOMAIN, authority=[record('test', 'SOA', 900, soa(60))]),
     'NXDOMAIN 60 net'),
    ('no such type', 'MX', lambda q: q.reply(authority=[record('test', 'SOA', 30, soa(60))]), 'NODATA 30 net'),
    ('MX', 'MX', lambda q: q.reply(record(None, 'MX', 9, b'\0\12' + encode_name('mail.test'))),
     'NOERROR 9 net 10:mail.test'),
    ('null MX', 'MX', lambda q: q.reply(record(None, 'MX', 9, b'\0\0\0')), 'NOERROR 9 net 0:.'),
    ('text', 'TXT', text(b'v=spf1 ', b'-all'), 'NOERROR 300 net 11:v=spf1\\x20-all'),
    ('SERVFAIL', 'A', lambda q: q.reply(rcode=SERVFAIL), 'SERVFAIL 0 net'),
    ('REFUSED', 'A', lambda q: q.reply(rcode=REFUSED), 'REFUSED 0 net'),
    ('another rcode', 'A', lambda q: q.reply(rcode=9), 'SERVFAIL 0 net'),
    ('a referral', 'A', lambda q: q.reply(authority=[record('test', 'NS', 900, encode_name('ns.test'))]),
     'SERVFAIL 0 net'),

    # aliases
    ('eight aliases', 'A', aliases(8), GOOD),
    ('nine aliases', 'A', aliases(9), 'SERVFAIL 0 net'),
    ('an alias of itself', 'A', lambda q: q.reply(record(None, 'CNAME', 300, b'\xc0\x0c')), 'SERVFAIL 0 net'),
    ('two aliases in a circle', 'A', lambda q: q.reply(record(None, 'CNAME', 300, encode_name('b.test')),
                                                       record('b.test', 'CNAME', 300, b'\xc0\x0c')),
     'SERVFAIL 0 net'),
    ('an alias into nothing', 'A',
     lambda q: q.reply(record(None, 'CNAME', 300, encode_name('b.test')), rcode=NXDOMAIN), 'NXDOMAIN 5 net'),
    ('records of others', 'A', lambda q: q.reply(record('bank.test', 'A', 300, address('192.0.2.66')),
                                                 record(None, 'A', 300, address('192.0.2.1'))),
     GOOD),
    ('only records of others', 'A', lambda q: q.reply(record('bank.test', 'A', 300, address('192.0.2.66'))),
     'NODATA 5 net'),

    # names
    ('bytes that no host name has', 'PTR',
     ptr([b'a b', b'test'], [b'a"b'], [b'a;b\0', b'x'], [b'a.b', b'test'], [b'a(b'], [b'\xff\x80\r\n']),
     'NOERROR 300 net a\\032b.test! a\\034b! a\\059b\\000.x! a\\046b.test! a\\040b! \\255\\128\\013\\010!'),
    ('100 PTRs', 'PTR', over_tcp(ptr(*[f'mail{i}.test' for i in range(100)])),
     ['NOERROR', 'mail0.test', 'mail99.test']),
    ('100 PTRs of 255 octets', 'PTR',
     over_tcp(ptr(*[f'{i:061}.{"x" * 63}.{"x" * 63}.{"x" * 63}' for i in range(100)])),
     ['NOERROR', '0' * 61 + '.x', 'x' * 63]),
    ('a name of 256 octets', 'PTR', ptr(f'{"x" * 62}.{"x" * 63}.{"x" * 63}.{"x" * 63}'), 'SERVFAIL 0 net'),
    ('a pointer in a circle', 'PTR',
     lambda q: q.reply(record(None, 'PTR', 300, b'\1a' + struct.pack('>H', 0xc000 + q.end + 12))),
     'SERVFAIL 0 net'),
    ('a pointer forward', 'PTR',
     lambda q: q.reply(record(None, 'PTR', 300, struct.pack('>H', 0xc000 + q.end + 14) + b'\0')),
     'SERVFAIL 0 net'),

    # what cannot be read
    ('an address of three bytes', 'A', lambda q: q.reply(record(None, 'A', 300, b'\1\2\3')), 'SERVFAIL 0 net'),
    ('cut off in its data', 'A', lambda q: q.address()[:-1], 'SERVFAIL 0 net'),
    ('cut off behind the question', 'A', lambda q: q.address()[:q.end], 'SERVFAIL 0 net'),
    ('more records than it says', 'A', lambda q: q.address() + b'garbage', GOOD),
    ('257 addresses', 'A', over_tcp(addresses(257)), 'SERVFAIL 0 net'),
    ('4000 addresses', 'A', over_tcp(addresses(4000)), 'SERVFAIL 0 net'),

    # sizes
    ('more than 512 bytes', 'A', addresses(60), ['NOERROR', '10.0.0.0', '10.0.0.59']),
    ('more than EDNS allows', 'A', lambda q: addresses(100)(q) if q.transport == 'tcp' else addresses(100)(q)[:1232],
     'SERVFAIL 0 net'),
    ('truncated, then by TCP', 'A', over_tcp(good), GOOD),
    ('64 KiB by TCP', 'TXT', over_tcp(text(*[b'x' * 255] * 250)), ['NOERROR', ' 63750:x']),
    ('truncated by TCP too', 'A', lambda q: q.truncated(), 'SERVFAIL 0 net'),

    # the wrong ones
    ('a wrong id, then the right one', 'A', lambda q: [q.reply(id=q.id ^ 1), q.address()], GOOD),
    ('a flood of wrong ids', 'A', lambda q: [q.address('192.0.2.66')[:0] + struct.pack('>H', q.id ^ i) +
                                             q.address('192.0.2.66')[2:] for i in range(1, 1000)] + [q.address()],
     GOOD),
    ('another question, then the right one', 'A',
     lambda q: [q.reply(question=encode_name('other.test') + b'\0\1\0\1'), q.address()],
     GOOD),
    ('garbage, then the right one', 'A', lambda q: [b'', b'\0', b'x' * 11, os.urandom(100), q.address()],
     'SERVFAIL 0 net' if NEW else GOOD),
    ('the question itself, then the answer', 'A', lambda q: [q.data[:2] + b'\1\0' + q.data[4:]], 'SERVFAIL 0 net'),
    ('only wrong ids', 'A', lambda q: q.reply(id=q.id ^ 1), 'TIMEOUT 0 net'),
    ('only garbage', 'A', lambda q: b'garbage', 'SERVFAIL 0 net' if NEW else 'TIMEOUT 0 net'),

    # late, or never
    ('never', 'A', lambda q: None, 'TIMEOUT 0 net'),
    ('the first one lost', 'A', first_then(lambda q: None, good), GOOD),
    ('late, but in time', 'A', lambda q: [0.1, q.address()], GOOD),
    ('TCP that closes', 'A', lambda q: None if q.transport == 'tcp' else q.truncated(), 'TIMEOUT 0 net'),

    # EDNS
    ('FORMERR for EDNS', 'A', lambda q: q.reply(rcode=FORMERR) if q.edns else q.address(), GOOD),
    ('FORMERR anyway', 'A', lambda q: q.reply(rcode=FORMERR), 'SERVFAIL 0 net'),
]


def is_expected(found, expected):
    if isinstance(expected, list):
        return all(word in found for word in expected)
    return found == expected


def check_case(label, kind, rule, expected):
    """The answer, with a few questions at most, and nothing logged."""
    timeout_ms = SHORT_MS if 'TIMEOUT' in expected or NEW else LONG_MS
    with Responder(rule) as responder, Ask(responder.server, timeout_ms=timeout_ms) as asker:
        found = asker.answers(('name.test', kind))[0]
        if not ok(is_expected(found, expected), f'{label}: {found[:100]}'):
            note(f'expected {expected}')
            note('\n'.join(asker.log()))
        asked = responder.asked()
        ok(asked <= 8, f'{label}: {asked} questions')
        ok(not [line for line in asker.log() if 'warning' not in line], f'{label}: nothing unforeseen is logged')


def check_questions():
    """What is sent is the name's bytes; what is no name is not sent."""
    with Responder(good) as responder, Ask(responder.server) as asker:
        found = asker.answers(('MiXed.Test.', 'A'), ('mixed.test', 'A'), ('a\\.b.\\255\\000\\"', 'A'), ('b..c', 'A'),
                              ('x' * 64 + '.test', 'A'), ('.', 'A'))
        odd_one = (b'a.b', b'\xff\0"')
        same(found, [GOOD, 'SERVFAIL 0 net' if NEW else GOOD] + ['unusable 0 net'] * 2 + [GOOD],
             'a name is asked once, and what is none is unusable')
        same({tuple(q.labels) for q in responder.questions} | {odd_one}, {(), odd_one, (b'mixed', b'test')},
             'the bytes of the names')
        ok(NEW or odd_one in [tuple(q.labels) for q in responder.questions], 'any bytes are asked for')
        same({(q.edns, q.flags) for q in responder.questions}, {(True, 0x100)}, 'recursion is desired, with EDNS')


def check_ports():
    """RFC 5452: when questions come one after the other, each has a port and an id of its own."""
    with Responder(good) as responder, Ask(responder.server) as asker:
        for i in range(200):
            asker.answers((f'{i}.test', 'A'))
        ports = {q.source[1] for q in responder.questions}
        ids = {q.id for q in responder.questions}
        ok(len(responder.questions) == 200 and len(ports) > 150, f'{len(ports)} ports for 200 questions')
        ok(len(ids) > 190, f'{len(ids)} ids')
        numbers = [q.id for q in responder.questions]
        ok(len({(b - a) % 65536 for a, b in zip(numbers, numbers[1:])}) > 180, 'ids do not count')


def check_plain_server():
    """A server without EDNS is asked without it, after it has said so."""
    with Responder(lambda q: q.reply(rcode=FORMERR) if q.edns else q.address()) as responder:
        with Ask(responder.server, timeout_ms=2000) as asker:
            for i in range(40):
                asker.ask((f'{i}.test', 'A'))
            ok(asker.wait(), 'all are answered')
            same({line.split(' ')[2] for line in asker.tell('show')}, {'NOERROR'}, 'without EDNS')
            before = sum(q.edns for q in responder.questions)
            asker.answers(*[(f'{i}.more.test', 'A') for i in range(40)])
            ok(NEW or sum(q.edns for q in responder.questions) == before, 'it is not asked with EDNS again')


def check_late():
    """An answer that comes too late for the one who asked is there for the next one."""
    with Responder(lambda q: [0.5, q.address()]) as responder, Ask(responder.server, timeout_ms=300) as asker:
        same(asker.answers(('late.test', 'A')), ['TIMEOUT 0 net'], 'too late')
        kept, end = ['NOERROR 300 cache 192.0.2.1'], time.monotonic() + PATIENCE_S
        while (found := asker.answers(('late.test', 'A'))) != kept and time.monotonic() < end:
            time.sleep(0.02)
        same(found, kept, 'but kept')


def check_no_tcp():
    """A truncated answer without TCP: no answer, and the others do not suffer."""
    def rule(q):
        return q.truncated() if q.name.startswith('big') else [0.05, q.address()]
    with Responder(rule, tcp=False) as responder, Ask(responder.server, timeout_ms=2000) as asker:
        found = asker.answers(*[(f'{i}.test', 'A') for i in range(40)], ('big.test', 'A'),
                              *[(f'{i}.more.test', 'A') for i in range(40)])
        same(found.pop(40), 'TIMEOUT 0 net', 'no TCP: no answer')
        same(set(found), {GOOD}, 'for the others there is')


def check_unreachable():
    """A port where nobody listens."""
    with DeadPort() as dead, Ask(dead.server, timeout_ms=SHORT_MS) as asker:
        same(asker.answers(('a.test', 'A')), ['TIMEOUT 0 net'], 'nobody listens')


for case in CASES:
    check_case(*case)
check_questions()
check_ports()
check_plain_server()
check_late()
check_no_tcp()
check_unreachable()
done()
