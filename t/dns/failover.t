#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Several servers: a bad one costs little, a dead one is not asked again and again, and is found when it returns."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../lib')

from dns_ask import Ask
from dns_responder import REFUSED, SERVFAIL, DeadPort, Responder
from tap import PATIENCE_S, done, note, ok, same

# A quarter of it is the time of the second attempt: what ends in a test has not waited for that.
FOR_EVER_MS = 3600000
GOOD = 'NOERROR 300 net 192.0.2.1'
TWENTY = [(f'{i}.test', 'A') for i in range(20)]


def good(q):
    return q.address()


def silent(_):
    return None


def servfail(q):
    return q.reply(rcode=SERVFAIL)


def refused(q):
    return q.reply(rcode=REFUSED)


class Switch:
    """A rule that can be changed."""

    def __init__(self, rule):
        self.rule = rule

    def __call__(self, q):
        return self.rule(q)


def log_lines(asker, word):
    return [line for line in asker.log() if word in line]


def check_next_at_once():
    for label, rule in ('SERVFAIL', servfail), ('REFUSED', refused):
        with Responder(rule) as first, Responder(good) as second:
            with Ask(first.server, second.server, timeout_ms=FOR_EVER_MS) as asker:
                same(asker.answers(('a.test', 'A')), [GOOD], f'{label} of the first: the second is asked at once')
                same((first.asked(), second.asked()), (1, 1), 'each once')
    with DeadPort() as first, Responder(good) as second:
        check_dead_first(first, second)
    with Responder(good) as first, DeadPort() as second:
        with Ask(first.server, second.server, timeout_ms=FOR_EVER_MS) as asker:
            same(asker.answers(*TWENTY), [GOOD] * 20, 'the second is dead: nobody notices')
            same(asker.log(), [], 'nothing is logged')


def check_dead_first(first, second):
    with Ask(first.server, second.server, timeout_ms=FOR_EVER_MS) as asker:
        same(asker.answers(*TWENTY), [GOOD] * 20,
             'nobody listens at the first: the second is asked at once')
        same(len(log_lines(asker, 'does not answer')), 1, 'which is logged once')


def check_all_refuse():
    with Responder(servfail) as first, Responder(refused) as second, Responder(servfail) as third:
        with Ask(first.server, second.server, third.server, timeout_ms=FOR_EVER_MS) as asker:
            same(asker.answers(('a.test', 'A')), ['SERVFAIL 0 net'], 'all refuse: the end, at once')
            same((first.asked(), second.asked(), third.asked()), (1, 1, 1), 'each was asked once')
    with Responder(refused) as first, Responder(refused) as second:
        with Ask(first.server, second.server, timeout_ms=FOR_EVER_MS) as asker:
            same(asker.answers(('a.test', 'A')), ['REFUSED 0 net'], 'all say REFUSED')
    with Responder(servfail) as first, Responder(silent) as second:
        with Ask(first.server, second.server, timeout_ms=300) as asker:
            same(asker.answers(('a.test', 'A')), ['SERVFAIL 0 net'], 'one refuses, one is silent')
    with Responder(silent) as first, Responder(silent) as second:
        with Ask(first.server, second.server, timeout_ms=300) as asker:
            same(asker.answers(('a.test', 'A')), ['TIMEOUT 0 net'], 'all are silent')
            ok(first.asked() + second.asked() == 3, 'three attempts')
    with DeadPort() as first, DeadPort() as second, Ask(first.server, second.server, timeout_ms=300) as asker:
        same(asker.answers(('a.test', 'A')), ['TIMEOUT 0 net'], 'nobody listens anywhere')


def check_silent_first():
    """A server that swallows questions."""
    switch = Switch(silent)
    with Responder(switch) as first, Responder(good) as second:
        with Ask(first.server, second.server, timeout_ms=2000) as asker:
            for i in range(4):
                same(asker.answers((f'{i}.test', 'A')), [GOOD], f'question {i}: the second server answers')
            same(len(log_lines(asker, 'does not answer')), 1, 'that the first is silent is logged')
            before = first.asked()
            same(asker.answers(*[(f'{i}.more.test', 'A') for i in range(100)]), [GOOD] * 100, '100 more')
            ok(first.asked() - before < 20, f'of which the silent one saw {first.asked() - before}')
            switch.rule = good
            end, i = time.monotonic() + PATIENCE_S, 0
            while not log_lines(asker, 'answers again') and time.monotonic() < end:
                asker.answers((f'{i}.again.test', 'A'))
                i += 1
            same(len(log_lines(asker, 'answers again')), 1, 'it is found again')
            before, end = first.asked(), time.monotonic() + PATIENCE_S
            same(asker.answers(*[(f'{i}.back.test', 'A') for i in range(20)]), [GOOD] * 20, 'and answers')
            # On a busy machine the second may be asked too, and be the one that answers.
            while first.asked() - before < 20 and time.monotonic() < end:
                time.sleep(0.01)
            ok(first.asked() - before >= 20, 'it is asked before the second one')


def check_slow_zone():
    """A zone without answer is not the server's fault."""
    def rule(q):
        return None if q.name.endswith('slow.test') else q.address()
    with Responder(rule) as first, Responder(rule) as second:
        with Ask(first.server, second.server, timeout_ms=2000) as asker:
            for i in range(3):
                asker.tell('new')
                asker.ask((f'{i}.slow.test', 'A'), (f'{i}.other.slow.test', 'A'))
                asker.ask(*[(f'{i}.{k}.good.test', 'A') for k in range(4)])
                # Others are answered while that one waits, so its silence proves nothing.
                while len(waiting(asker)) > 2:
                    asker.tell('next', 20000)
                asker.ask(*[(f'{i}.{k}.more.test', 'A') for k in range(4)])
                asker.wait()
            same(log_lines(asker, 'does not answer'), [], 'no server counts as silent')
            ok(not asker.is_down(), 'nor is DNS down')


def waiting(asker):
    return [line for line in asker.tell('show') if line.endswith(' waiting')]


def questions(prefix, count):
    """Of zones that have nothing to do with each other."""
    return [(f'www.{prefix}{i}.test', 'A') for i in range(count)]


def check_down():
    with Responder(good) as responder:
        port = responder.port
        asker = Ask(responder.server, timeout_ms=300)
        asker.answers(*questions('before', 40))
        ok(not asker.is_down(), 'DNS is there')
    with asker:
        with DeadPort(port):
            found = asker.answers(*questions('during', 60))
            same(set(found), {'TIMEOUT 0 net'}, 'the server is gone: no answer')
            ok(asker.is_down(), 'DNS is down')
            asker.answers(*questions('later', 60))
            same(len(log_lines(asker, 'DNS is down')), 1, 'which is logged once')
        with Responder(good, port=port):
            count = 0
            while asker.is_down() and count < 2000:
                asker.answers(*questions(f'after{count}-', 4))
                count += 4
            ok(not asker.is_down(), f'it is back, and {count} questions have shown it')
            same(len(log_lines(asker, 'DNS is back')), 1, 'which is logged once')
            same(len(log_lines(asker, 'DNS is down')), 1, 'and not that it is down')


def check_broken_zones():
    """Many names of a few broken zones do not bring DNS down."""
    with Responder(lambda q: servfail(q) if 'broken' in q.name else good(q)) as responder:
        with Ask(responder.server) as asker:
            asker.answers(*[(f'{i}.broken{i % 7}.test', 'A') for i in range(400)])
            ok(not asker.is_down(), '400 names of 7 zones')
            asker.answers(*questions('good', 30))
            asker.answers(*questions('broken', 20))
            ok(not asker.is_down(), '20 broken zones among 30 good ones')
            asker.answers(*questions('more-broken', 40))
            ok(asker.is_down(), 'nothing but broken zones')
            note(asker.log()[-1])


check_next_at_once()
check_all_refuse()
check_silent_first()
check_slow_zone()
check_down()
check_broken_zones()
done()
