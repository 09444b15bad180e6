#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
dns-outage-never-5xx: the name server goes away under load, once closed and once silent, and comes back.  Every session
is answered, no session is refused for good for want of an answer, and afterwards all is as before.

  t/dns/outage.t [--long]    with --long each outage lasts 60 seconds
"""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

import dns_lab
import tap
from daemon import Daemon
from load import Load, slowest

RATE = 40			# sessions per second
DEADLINE_S = 1
OUTAGE_S = 60 if '--long' in sys.argv else 6
NORMAL_S = 2			# before, between and after
RECOVERY_S = 60			# only ends a test that has failed anyway
CLIENTS = RATE * (2 * OUTAGE_S + 3 * RECOVERY_S)
POLICY = f'''version: 1
server: {{ log: stderr }}
dns: {{ servers: ["127.0.0.1:%d"], deadline: {DEADLINE_S}s, timeout: 600ms }}
listeners:
  - name: mx
    match: any
    profile: strict
    mode: enforce
    exempt:
      - {{ if: client_name ends_with ".partner.example", skip: [ehlo_fqdn] }}
'''
ACCEPT, REFUSE = ('a', 'c'), ('y 5',)
# What a session is like, by its number, and its answer while DNS works.
KINDS = (
    ('a good client', ACCEPT),
    ('a client without PTR', REFUSE),
    ('a partner who greets with a single label', ACCEPT),
    ('a stranger who greets with a single label', REFUSE),
)


def address(number):
    return f'10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}'


def name(number):
    return f"host{number}.{'partner' if number % len(KINDS) == 2 else 'client'}.example"


def describe(number):
    """No two sessions share a name, so that no cache can answer for the server."""
    greeting = name(number) if number % len(KINDS) < 2 else 'desktop'
    return address(number), greeting, f'<joe@sender{number}.example>'


def zone():
    lines = ['mx.shop.example A 192.0.2.25']
    for number in range(CLIENTS):
        lines += [f'{name(number)} A {address(number)}', f'sender{number}.example MX 10 mx.shop.example']
        if number % len(KINDS) != 1:
            reverse = '.'.join(reversed(address(number).split('.')))
            lines.append(f'{reverse}.in-addr.arpa PTR {name(number)}')
    return '\n'.join(lines) + '\n'


def as_before(result):
    return result.answer is not None and result.answer.startswith(KINDS[result.number % len(KINDS)][1])


def wait_until_normal(load):
    """Until each of the last sessions is answered as before; True when that came."""
    begun = time.monotonic()
    while time.monotonic() < begun + RECOVERY_S:
        last = [result for result in load.results[:] if result.ended][-RATE:]
        if time.monotonic() > begun + NORMAL_S and all(r.due > begun and as_before(r) for r in last):
            return True
        time.sleep(0.1)
    return False


def outage(load, label, begin, end):
    """One outage: when the server was away for certain, when it was let come back, and when it answered again."""
    begin()
    away = time.monotonic()
    time.sleep(OUTAGE_S)
    back = time.monotonic()
    end()
    answers = time.monotonic()
    tap.ok(wait_until_normal(load), f'{label}: afterwards all is as before')
    return label, away, back, answers


def show_times(label, results):
    steps = ', '.join(f"{step} {slowest(results, step) * 1000:.0f} ms"
                      for step in ('negotiate', 'connect', 'ehlo', 'mail'))
    tap.note(f'{label}: {len(results)} sessions; slowest {steps} (deadline {DEADLINE_S * 1000} ms)')


def judge_outage(results, label, away, back, answers):
    """Of the sessions that lie within it DNS could tell nothing."""
    within = [r for r in results if r.due > away and r.ended < back]
    show_times(label, within)
    for number, (kind, _) in enumerate(KINDS):
        mine = [r for r in within if r.number % len(KINDS) == number]
        tap.ok(mine and not any(refused_for_good(r) for r in mine), f'{label}: {kind} is never refused for good')
    late = [r.ended for r in results if r.due > away and not as_before(r)]
    tap.note(f'{label}: the last answer for want of DNS came {max(late, default=answers) - answers:.2f} s after the '
             'server answered again')


def refused_for_good(result):
    return result.answer is not None and (result.answer.startswith('y 5') or result.answer == 'r')


if dns_lab.missing():
    tap.skip_all(dns_lab.missing())
with dns_lab.NameServer(zone()) as server, Daemon(POLICY % server.port) as daemon:
    with Load(daemon.path, RATE, describe) as load:
        tap.ok(wait_until_normal(load), 'sessions are answered by what DNS says')
        outages = [outage(load, 'server gone', server.stop, server.start),
                   outage(load, 'server silent', server.silence, server.resume)]
    tap.ok(not [r for r in load.results if r.answer is None], f'each of {len(load.results)} sessions got an answer')
    tap.ok(not [r for r in load.results if KINDS[r.number % len(KINDS)][1] == ACCEPT and refused_for_good(r)],
           'who has no fault is never refused for good, at whatever moment')
    show_times('before', [r for r in load.results if r.ended < outages[0][1]])
    for number, times in enumerate(outages):
        end = outages[number + 1][1] if number + 1 < len(outages) else time.monotonic()
        judge_outage([r for r in load.results if r.ended < end], *times)
    tap.same([line.split(': ')[2] for line in daemon.log() if ': DNS is ' in line],
             ['DNS is down', 'DNS is back'] * len(outages), 'each change is told once')
tap.done()
