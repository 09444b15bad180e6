#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
R2: DNS that loses, delays, truncates, fails and forges by chance: no session is refused for good but for what an honest answer
has said, and each has its answer.

The times that are shown are the daemon's own, of its metrics: name server and clients share this interpreter, and hold each
other up.

  t/dns/lossy.t [--long]    with --long 10,000 sessions for each kind of trouble
"""
import collections
import os
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../lib')

from daemon import Daemon
from dns_responder import NXDOMAIN, SERVFAIL, Responder, Zone
from load import Load, slowest
from metrics import scrape, total
from tap import done, note, ok, same

RATE = 40			# sessions per second
COUNT = 10000 if '--long' in sys.argv else 140
SHORT = 'deadline: 1s, timeout: 300ms'
LONG = 'deadline: 20s, timeout: 20s'		# as long as it can be: a machine that stalls does not take so long
MTA_WAITS_S = 30		# Postfix, by default
SEED = 20260301
POLICY = '''version: 1
server: {{ log: stderr, metrics: "unix:{metrics}" }}
dns: {{ servers: ["{server}"], {times} }}
listeners:
  - name: mx
    match: any
    profile: strict
    mode: enforce
    exempt:
      - {{ if: client_name ends_with ".partner.example", skip: [ehlo_fqdn] }}
    checks: {{ spf_mail_from: {{ fail: reject }} }}
'''
# What a session is like, by its number; which honest answer may have it refused (its name, its type; None: none may).
KINDS = (
    ('a good client', None),
    ('a partner who greets with a single label', None),
    ('a client without PTR', ('{reverse}', 'PTR')),
    ('a stranger who greets with a single label', ('{reverse}', 'PTR')),
    ('a sender whose domain does not exist', ('sender{number}.example', 'MX')),
    ('a sender whose SPF record forbids it', ('sender{number}.example', 'TXT')),
)
GOOD, PARTNER, NAMELESS, STRANGER, NO_DOMAIN, FORBIDDEN = range(len(KINDS))


def kind_of(number):
    return number % len(KINDS)


def address(number):
    return f'10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}'


def reverse(number):
    return '.'.join(reversed(address(number).split('.'))) + '.in-addr.arpa'


def client(number):
    return f"host{number}.{'partner' if kind_of(number) == PARTNER else 'client'}.example"


def describe(number):
    """No two sessions share a name, so that no cache can answer for the server; beyond COUNT they come again."""
    number %= COUNT
    greeting = 'desktop' if kind_of(number) in (PARTNER, STRANGER) else client(number)
    return address(number), greeting, f'<joe@sender{number}.example>'


def zone():
    names = {'mx.shop.example': [('A', '192.0.2.25')]}
    for number in range(COUNT):
        kind = kind_of(number)
        names[client(number)] = [('A', address(number))]
        if kind != NAMELESS:
            names[reverse(number)] = [('PTR', client(number))]
        if kind != NO_DOMAIN:
            names[f'sender{number}.example'] = [
                ('MX', 'mx.shop.example'), ('TXT', b'v=spf1 -all' if kind == FORBIDDEN else b'v=spf1 ip4:10.0.0.0/8 -all')]
    return Zone(names)


class Trouble:
    """A rule for the Responder: what becomes of a question depends on it and on how often it was asked before, on nothing else."""

    def __init__(self, zone, troubles):
        self.zone, self.troubles = zone, troubles
        self.asked = collections.Counter()
        self.honest = set()			# (name, type) that have been answered as they are
        self.spoiled = 0

    def __call__(self, question):
        key = (question.name.lower(), question.kind)
        self.asked[key] += 1
        chance = random.Random(f'{SEED} {key} {question.transport} {self.asked[key]}')
        answer = self.zone(question)
        trouble = chance.choice(self.troubles) if chance.random() < 0.3 else None
        if trouble:
            self.spoiled += 1
            answer = trouble(question, answer, chance)
        if trouble in (None, delayed, flooded):
            self.honest.add(key)
        return answer


def lost(_question, _answer, _chance):
    return None


def delayed(_question, answer, chance):
    return [chance.choice((0.1, 0.5, 0.9, 2)), answer]


def truncated(question, _answer, _chance):
    """By TCP it may be honest."""
    return question.truncated()


def failed(question, _answer, _chance):
    return question.reply(rcode=SERVFAIL)


def cut(_question, answer, chance):
    return answer[:chance.randrange(12, len(answer))]


def flooded(question, answer, chance):
    """Forgeries that do not know the id, and would have everybody refused."""
    wrong = [question.id ^ chance.randrange(1, 65536) for _ in range(30)]
    return [question.reply(rcode=NXDOMAIN, id=number) for number in wrong] + [answer]


def is_for_good(answer):
    return answer is not None and (answer.startswith('y 5') or answer == 'r')


def is_justified(result, rule):
    """An honest answer has been given that says what the session is refused for."""
    number = result.number % COUNT
    reason = KINDS[kind_of(number)][1]
    return reason and (reason[0].format(reverse=reverse(number), number=number), reason[1]) in rule.honest


def play(rule, times):
    """The sessions, and the daemon's metrics."""
    with tempfile.TemporaryDirectory() as folder, Responder(rule) as server:
        text = POLICY.format(metrics=folder + '/metrics', server=server.server, times=times)
        with Daemon(text) as daemon:
            with Load(daemon.path, RATE, describe) as load:
                while len(load.results) < COUNT:
                    time.sleep(0.1)
            return load.results, scrape(folder + '/metrics')


def show(label, results, figures, rule):
    answers = collections.Counter((result.answer or 'none')[:5] for result in results)
    within = {bound: total(figures, 'step_duration_seconds_bucket', step='mail', le=bound) for bound in ('1.0', '2.5', '5.0', '+Inf')}
    note(f'{label}: {len(results)} sessions {dict(answers)}, {rule.spoiled} of {sum(rule.asked.values())} questions spoiled')
    note(f'MAIL ({SHORT}): ' + ', '.join(f'{count:.0f} within {bound} s' for bound, count in within.items()) +
         f'; {total(figures, "dns_deadlines_exceeded_total"):.0f} commands out of time')


def codes(results):
    """By kind: how those are refused that are refused for good."""
    found = {}
    for result in results:
        found.setdefault(kind_of(result.number % COUNT), set()).add(' '.join(result.answer.split()[:3]) if is_for_good(result.answer) else '')
    return found


def silent(question, answered):
    return [answered, zone(question)]


def flooding(question, answered):
    """For longer than the deadline, and for as long as MAIL has no answer."""
    wrong = flooded(question, None, random.Random(SEED))[:-1]
    return [*wrong, 0.001] * 5000 + [answered, zone(question)]


def judge_without_answers(label, rule):
    """The deadline ends the wait, whatever the thread of DNS has to do."""
    answered = threading.Event()
    with Responder(lambda question: rule(question, answered)) as server, tempfile.TemporaryDirectory() as folder, \
            Daemon(POLICY.format(metrics=folder + '/metrics', server=server.server, times='deadline: 1s, timeout: 1s')) as daemon:
        with daemon.session() as session:
            client, greeting, sender = describe(STRANGER)
            session.connect(client)
            session.helo(greeting)
            answer = session.mail(sender)
            answered.set()
    ok(answer.startswith('y 4'), f'{label}: MAIL is answered before them, and put off: {answer}')


zone = zone()
clean = Trouble(zone, ())
clean.troubles = (lambda question, answer, chance: answer,)
EXPECTED = codes(play(clean, LONG)[0])
for kind, (label, reason) in enumerate(KINDS):
    ok(len(EXPECTED[kind]) == 1 and (EXPECTED[kind] == {''}) == (reason is None), f'DNS without fault: {label}: {EXPECTED[kind]}')
for label, *troubles in (('answers that are lost', lost), ('answers that are late', delayed),
                         ('answers that do not fit', truncated), ('SERVFAIL', failed), ('half answers', cut),
                         ('floods of forgeries', flooded), ('all of it', lost, delayed, truncated, failed, cut, flooded)):
    rule = Trouble(zone, troubles)
    results, figures = play(rule, SHORT)
    show(label, results, figures, rule)
    ok(rule.spoiled > COUNT, f'{label}: several questions for each session are spoiled')
    same([r.number for r in results if r.answer is None], [], f'{label}: each session has an answer')
    ok(max(slowest(results, step) for step in ('connect', 'ehlo', 'mail')) < MTA_WAITS_S, f'{label}: before the MTA gives up')
    same([(r.number, r.answer) for r in results if is_for_good(r.answer) and not is_justified(r, rule)], [],
         f'{label}: none is refused for good without a reason')
    found = codes(results)
    same({kind: found[kind] - EXPECTED[kind] - {''} for kind in found}, {kind: set() for kind in found},
         f'{label}: nor for another one than without fault')
judge_without_answers('answers that are held back', silent)
judge_without_answers('forgeries without end', flooding)
done()
