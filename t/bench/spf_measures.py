# SPDX-License-Identifier: BSD-2-Clause
"""The parts of t/bench/run that are about SPF: the evaluation by itself, and the daemon beside a name server that is away."""
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from daemon import Daemon
from dns_responder import NXDOMAIN, Responder, record
from measuring import command, spread

ROUND_TRIP_MS = 20
DEPTHS = (0, 1, 2, 3, 5, 10)
POLICY = '''version: 1
server: { log: stderr }
dns: { servers: ["SERVER"] }
listeners:
  - { name: mx, match: any, profile: none, mode: enforce, checks: { spf_mail_from: { permerror: reject, fail: reject } } }
'''


def evaluation(bench):
    command(['make', '-s', 't/bench/spf'], bench.path('build'))
    said = command([bench.path('build/t/bench/spf')], bench.folder)
    print('SPF, every answer there')
    for line in said.splitlines():
        print('  ' + line)
    parsing, *warm = [float(value) for value in re.findall(r': ([\d.]+) \(', said)]
    bench.goal('records parsed a second', 1e6 / parsing, at_least=1000000)
    bench.goal('three includes, us', max(warm[:2]), below=50)


# Hosts of its own, and a provider whose list is in several records.  The part of a name behind its first dot is %s.
WIDE = {'0': 'v=spf1 a:host.%s include:a.%s include:b.%s include:c.%s -all', 'c': 'v=spf1 ip4:203.0.113.9 ~all',
        'a': 'v=spf1 include:a1.%s include:a2.%s include:a3.%s ~all', 'b': 'v=spf1 ip4:192.0.2.0/24 ~all'}


def record_of(name):
    """In dN..., NUMBER includes the next number below N, where everybody passes."""
    first, rest = name.split('.', 1)
    if rest.startswith('wide'):
        return WIDE.get(first, 'v=spf1 ip4:198.51.100.0/24 ~all').replace('%s', rest)
    return 'v=spf1 +all' if rest.startswith(f'd{first}.') else f'v=spf1 include:{int(first) + 1}.{rest} -all'


def far_away(question):
    text = record_of(question.name).encode()
    if question.kind == 'TXT':
        return [ROUND_TRIP_MS / 1000, question.reply(record(None, 'TXT', 300, bytes([len(text)]) + text))]
    return [ROUND_TRIP_MS / 1000, question.reply(rcode=NXDOMAIN)]


def time_of_mail(program, domain):
    with program.session() as session:
        session.connect('203.0.113.9')
        session.helo('desktop')
        begun = time.monotonic()
        answer = session.mail(f'<joe@{domain}>')
        if answer != 'a':
            sys.exit(f'{domain}: {answer}')
        return (time.monotonic() - begun) * 1000


def cold(bench):
    """The record of the sender's domain, and then one round trip more for each include below it."""
    print(f'SPF of MAIL FROM, name server {ROUND_TRIP_MS} ms away, cold cache; and asked again')
    with Responder(far_away) as responder, Daemon(POLICY.replace('SERVER', responder.server), quiet=True,
                                                  program=bench.path('build/ehlo-milter')) as program:
        for depth in DEPTHS:
            measure_zone(bench, program, f'd{depth}', depth)
        measure_zone(bench, program, 'wide', 2)


def measure_zone(bench, program, zone, depth):
    domains = [f'0.{zone}.{run}.test' for run in range(bench.rounds)]
    first = [time_of_mail(program, domain) for domain in domains]
    again = [time_of_mail(program, domain) for domain in domains]
    what = f'{depth} deep' + (', and wide' if zone == 'wide' else '')
    print(f'  {what}: {spread(first, 1)} ms; {spread(again, 2)} ms')
    bench.goal(f'{what}, round trips of {depth + 1}', min(first) / ROUND_TRIP_MS, below=round(1.1 * (depth + 1), 1))


PARTS = {'spf': evaluation, 'spf-cold': cold}
