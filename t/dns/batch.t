#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sessions: who waits for what, what is asked once, what is kept, and what happens when there is too much."""
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../lib')

from dns_ask import PROGRAM, Ask
from dns_responder import NXDOMAIN, SERVFAIL, Responder, address, record, soa
from tap import done, note, ok, same

GOOD = 'NOERROR 300 net 192.0.2.1'


def good(q):
    return q.address()


def counts(lines):
    return {line.split(' ')[0]: int(line.split(' ')[1]) for line in lines}


def run(*arguments):
    """The program's status and what it says, without a command."""
    result = subprocess.run([PROGRAM, *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return result.returncode, result.stderr.decode()


def until(condition, seconds=20):
    """Waits for something that must come; the limit only ends a test that has failed anyway."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def check_waiting():
    gate = threading.Event()

    def rule(q):
        return {'now.test': q.address(), 'never.test': None}.get(q.name, [gate, q.address()])
    with Responder(rule) as responder, Ask(responder.server, timeout_ms=3000) as asker:
        asker.ask(('now.test', 'A'), ('soon.test', 'A'), ('never.test', 'A'))
        same(asker.tell('next', 20000), ['true'], 'one answer has come')
        same(asker.tell('show')[0], 'now.test A NOERROR 300 net 192.0.2.1', 'that of the first')
        gate.set()
        same(asker.tell('next', 20000), ['true'], 'another one')
        same(asker.tell('show')[1:], ['soon.test A NOERROR 300 net 192.0.2.1', 'never.test A waiting'], 'one is open')
        same(asker.tell('next', 0), ['false'], 'a deadline that has passed')
        same(asker.tell('next', 50), ['false'], 'a deadline that passes')
        asker.ask(('NOW.test', 'A'))
        same(len(asker.tell('show')), 3, 'the same question is not there twice')
        same(asker.tell('find', '\\078ow.TEST.', 'A'), ['now.test A ' + GOOD], 'however it is written')
        same(asker.tell('find', 'now.test', 'MX'), [], 'a question that was not asked')
        asker.tell('new')
        asker.ask(('now.test', 'A'))
        same(asker.tell('next', 0), ['true'], 'what is kept is there at once')
        same(asker.tell('next', 0), ['true'], 'and nothing is open')
        asker.ask(('soon.test', 'A'), ('never.test', 'A'))
        same(asker.tell('next', 0), ['true'], 'news beside an open question')
        same(asker.tell('next', 0), ['false'], 'are told once')
        same(asker.tell('show')[1:], ['soon.test A NOERROR 300 cache 192.0.2.1', 'never.test A waiting'],
             'the open question waits with the one who asked first')
        ok(asker.wait(), 'it ends')
        same(asker.tell('show')[2], 'never.test A TIMEOUT 0 net', 'without answer')
        same(responder.asked('never.test'), 3, 'after three attempts for both')


def check_drop():
    def rule(q):
        return [0.2, q.address()]
    with Responder(rule) as responder, Ask(responder.server, timeout_ms=5000) as asker:
        asker.ask(('a.test', 'A', 1), ('b.test', 'A', 2), ('c.test', 'A', 1), ('d.test', 'A', 3), ('e..', 'A', 2))
        asker.tell('drop', 2)
        same(asker.tell('show'), ['a.test A waiting', 'c.test A waiting'], 'questions are dropped by their tag')
        ok(asker.wait(), 'the others are answered')
        same(asker.tell('show'), ['a.test A NOERROR 300 net 192.0.2.1', 'c.test A NOERROR 300 net 192.0.2.1'],
             'and only they')
        asker.ask(('b.test', 'A', 2))
        ok(asker.wait(), 'a dropped one can be asked again')
        same(asker.tell('show')[2].split(' ')[:3], ['b.test', 'A', 'NOERROR'], 'and is answered')
        same(responder.asked('b.test'), 1, 'by the answer to the first time')
        asker.tell('drop', 0)
        same(asker.tell('show'), [], 'all are dropped')
        same(asker.tell('next', 0), ['true'], 'nothing is open')
        asker.ask(('gone.test', 'A'))
        asker.tell('new')
        ok(until(lambda: asker.answers(('gone.test', 'A'), milliseconds=0) == ['NOERROR 300 cache 192.0.2.1']),
           'the answer for a session that has gone is kept')


def check_crowd():
    with Responder(lambda q: [0.1, q.address()]) as responder, Ask(responder.server, timeout_ms=5000) as asker:
        same(counts(asker.tell('crowd', 1000, 'a.test', 'A', 60000)), {'NOERROR': 1000}, 'a thousand sessions wait')
        same(responder.asked(), 1, 'for one question')
    with Responder(lambda q: None) as responder, Ask(responder.server, timeout_ms=500) as asker:
        same(counts(asker.tell('crowd', 1000, 'a.test', 'A', 60000)), {'TIMEOUT': 1000}, 'or for none')
        same(responder.asked(), 3, 'after three attempts')


def check_kept():
    def rule(q):
        if q.name == 'zero.test':
            return q.address(ttl=0)
        if q.name == 'nx.test':
            return q.reply(rcode=NXDOMAIN, authority=[record('test', 'SOA', 900, soa(60))])
        if q.name == 'nx0.test':
            return q.reply(rcode=NXDOMAIN, authority=[record('test', 'SOA', 900, soa(0))])
        if q.name == 'error.test':
            return q.reply(rcode=SERVFAIL) if responder.asked('error.test') == 1 else q.address()
        return q.reply(record(None, 'A', 0x80000000 | 300, address('192.0.2.1')))
    with Responder(rule) as responder, Ask(responder.server) as asker:
        same([asker.answers(('nx.test', 'A')) for _ in range(2)], [['NXDOMAIN 60 net'], ['NXDOMAIN 60 cache']],
             'no such name: kept')
        for name in 'zero.test', 'nx0.test', 'top-bit.test':
            for _ in range(2):
                asker.answers((name, 'A'))
            same(responder.asked(name), 2, f'TTL 0: {name} is asked again')
        same([asker.answers(('error.test', 'A')) for _ in range(2)], [['SERVFAIL 0 net'], ['SERVFAIL 0 cache']],
             'an error is kept')
        ok(until(lambda: asker.answers(('error.test', 'A'))[0].startswith('NOERROR')), 'but not for long')
        same(responder.asked('error.test'), 2, 'and asked for once in that time')


def check_flood():
    """More questions than can be under way: those that are too many are not asked, and all end."""
    with Responder(lambda q: None) as responder, Ask(responder.server, timeout_ms=1000) as asker:
        found = counts(asker.tell('burst', 15000, 'flood.test', 60000))
        note(found)
        same(sum(found.values()), 15000, 'each of 15000 questions has an end')
        ok(found['TIMEOUT'] >= 2048 and found['limit'] > 0, 'without answer, or not asked')
        ok(responder.asked() <= 3 * found['TIMEOUT'], 'no more is sent than three attempts each')
        same(len([line for line in asker.log() if 'are not asked' in line]), 1, 'which is logged once')
    with Responder(good) as responder, Ask(responder.server, cache=100) as asker:
        found = counts(asker.tell('burst', 8000, 'many.test', 60000))
        same(found, {'NOERROR': 8000}, '8000 questions at once that have answers')


def check_tape():
    with tempfile.NamedTemporaryFile('w', suffix='.tape') as tape:
        tape.write('a.test A NOERROR 300 192.0.2.1\nb.test A TIMEOUT\n')
        tape.flush()
        with Ask(options=['-f', tape.name]) as asker:
            same(asker.answers(('A.Test.', 'A'), ('b.test', 'A'), ('c.test', 'A'), ('d..', 'A')),
                 ['NOERROR 300 tape 192.0.2.1', 'TIMEOUT 0 tape', 'unknown 0 tape', 'unusable 0 net'], 'from a tape')
            ok(not asker.is_down(), 'a tape is never down')
        tape.write('c.test A NOERROR 300 192.0.2\n* * NODATA\n')
        tape.flush()
        same(run('-f', tape.name),
             (1, f"{tape.name}:3:22: error: '192.0.2' is no address of IPv4; expected one like 192.0.2.1\n"
                 f"{tape.name}:4:3: error: '*' stands for all types only in the line '* * NXDOMAIN'\n"), 'a bad tape')
    same(run('-f', tape.name), (1, f'{tape.name}: error: no such file or directory\n'), 'no tape')


def check_settings():
    for arguments, error in ((['localhost'], 'a name server is no address'),
                             (['-t', '0'], 'DNS has no time to answer')):
        status, text = run(*arguments)
        ok(status == 2 and error in text, f'{" ".join(arguments)}: {error}')


check_waiting()
check_drop()
check_crowd()
check_kept()
check_flood()
check_tape()
check_settings()
done()
