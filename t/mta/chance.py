# SPDX-License-Identifier: BSD-2-Clause
"""What the tests with sessions by chance share: the policy, the clients' addresses and names, and the comparison of what a log tells."""
import collections
import concurrent.futures
import json
import random

import mangled
import tap
from chance_client import Client, Drawn
from program import records_of, run, write
from rebuilt import Comparison, Truth

NETWORK = '203.0.0.0/16'
RULES = '''    checks: { ehlo_syntax: { fail: log } }
    rules:
      - { name: r, if: "ehlo == 'milter-reject.example' or sender_domain == 'milter-reject.example'", then: reject }
      - { name: d, if: "ehlo == 'milter-defer.example' or sender_domain == 'milter-defer.example'", then: tempfail }
      - { name: s, if: "ehlo == 'milter-shut.example' or sender_domain == 'milter-shut.example'", then: tempfail, reply: '421 4.7.0 milter goes away' }
      - { name: q, if: "sender_domain == 'mx.example'", then: quarantine }
'''
POLICY = f'''version: 1
server: {{ log: stderr, log_level: info }}
listeners:
  - name: connect
    match: {{ daemon_name: connect }}
    profile: none
    mode: enforce
    reply_at: connect
    exempt_authenticated: false
    checks: {{ iprev: {{ no_ptr: reject }} }}
  - name: ehlo
    match: {{ daemon_name: ehlo }}
    profile: none
    mode: enforce
    reply_at: ehlo
    exempt_authenticated: false
{RULES}  - {{ name: rcpt, match: {{ daemon_name: rcpt }}, profile: none, mode: enforce, reply_at: rcpt, rules: [{{ name: r, if: "ehlo == 'milter-reject.example'", then: reject }}] }}
  - name: mx
    match: any
    profile: none
    mode: enforce
{RULES}'''
# Listeners at which the milter's words are not those that the client is told.
NOT_PLAIN = ('connect', 'ehlo')


def address(number):
    return f'203.0.{number // 250}.{number % 250 + 1}'


def names(number):
    """The confirmed name, the reverse name and the word for it, as an MTA finds them in the zone."""
    name = f'mail{number}.client.example'
    return {1: (None, None, 'FAIL'), 2: (None, f'gone{number}.client.example', 'FORGED'), 3: (None, name, 'FORGED')}.get(number % 6, (name, name, 'OK'))


def zone(count):
    """The text of a zone with the names of so many clients, of which a DNS list, bl.example, has every tenth."""
    lines = []
    for number in range(1, count + 1):
        reverse = '.'.join(reversed(address(number).split('.'))) + '.in-addr.arpa'
        confirmed, name, _ = names(number)
        if name:
            lines.append(f'{reverse} PTR {name}')
        if name and not name.startswith('gone'):
            lines.append(f"{name} A {address(number) if confirmed else '203.0.255.1'}")
        if number % 10 == 5:
            lines.append(f"{reverse.removesuffix('in-addr.arpa')}bl.example A 127.0.0.2")
    return '\n'.join(lines)


def play(number, seed, services):
    """One session at a service that chance chooses; services[NAME] is its port and what it can."""
    draw = random.Random(f'{seed}.{number}')
    service = draw.choice(sorted(services))
    port, features = services[service]
    drawn = Drawn(f'{seed}.{number}', Client(port, address(number), 'wrapped' in features), features, number)
    drawn.service, drawn.names, drawn.answers_plainly = service, names(number), service not in NOT_PLAIN
    return drawn.play()


def play_all(count, seed, services):
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        return list(pool.map(lambda number: play(number, seed, services), range(1, count + 1)))


def shorter(fault):
    return f'{fault[:400]}...' if len(fault) > 400 else fault


def compare(log, sessions, realm='', delivered=None, all_logged=lambda drawn: True):
    """Tests that the log, a path, tells of these sessions, of each once, and nothing that is not so."""
    output = run('sessions', '--quiet', log).stdout
    lines = json.loads(output.splitlines()[-1])['log_lines']
    if not tap.ok(lines['missed'] == 0, f"each of {lines['lines']} lines is understood"):
        tap.note('\n'.join(lines['samples']))
    records = of_clients(output)
    truths = truths_of(sessions, realm)
    seen = collections.Counter(record.get('client_address') for record in records)
    strange = [record for record in records if record.get('client_address') not in truths]
    if not tap.ok(not strange, f'{len(records)} records, each of a client that there was'):
        tap.note('\n'.join(map(str, strange[:3])))
    odd = [(seen[a], t.drawn.number, t.drawn.service) for a, t in truths.items() if seen[a] > 1 or (seen[a] == 0 and all_logged(t.drawn))]
    if not tap.ok(not odd, 'none is missing, none is there twice'):
        tap.note(f'records, session, service: {odd[:10]}')
    compare_facts(records, sessions, realm, delivered, 'of them')
    return records


def of_clients(output):
    return [record for record in records_of(output) if record.get('client_address') != '127.0.0.1']


def truths_of(sessions, realm):
    return {truth.address(): truth for truth in (Truth(drawn, realm) for drawn in sessions)}


def compare_facts(records, sessions, realm, delivered, label):
    truths = truths_of(sessions, realm)
    compared, wrong = 0, []
    for record in records:
        truth = truths.get(record.get('client_address'))
        if truth:
            comparison = Comparison(record, truth, delivered)
            compared += comparison.compared
            wrong += [(truth, fault) for fault in comparison.faults]
    if not tap.ok(not wrong, f'{compared} facts {label} are so'):
        for truth, fault in wrong[:8]:
            tap.note(shorter(f'session {truth.drawn.number} at {truth.drawn.service}: {fault}'))
            tap.note('\n'.join(map(repr, truth.client.exchanges)))


def compare_arrangements(log, seed):
    """It tells the same in several files, named in another order, and beside what another host writes into the same file."""
    with open(log, 'rb') as file:
        lines = file.read().splitlines()
    draw = random.Random(f'{seed}.arrangements')
    other = mangled.other_host(lines)

    def told(*parts):
        paths = [write(f'part{number}', b''.join(line + b'\n' for line in part)) for number, part in enumerate(parts)]
        return sorted(json.dumps(record) for record in records_of(run('sessions', '--quiet', *paths).stdout))

    alone = told(lines)
    first, second, third = mangled.rotated(lines, draw)
    tap.ok(told(third, first, second) == alone, 'the same in three files')
    tap.ok(told(mangled.merged(lines, other, draw)) == sorted(alone + told(other)), 'the same beside another host with the same numbers of processes')


def compare_mangled(log, sessions, seed, ways, realm='', delivered=None):
    """What is left of the log tells nothing that is not so either.  ways[NAME]: of which sessions it tells that much."""
    with open(log, 'rb') as file:
        lines = file.read().splitlines()
    # Of a proxy whose client is not told of any more there is no more to compare.
    known = set(truths_of(sessions, realm)) | {drawn.client.source for drawn in sessions}
    for way, tells in ways.items():
        left = getattr(mangled, way)(lines, random.Random(f'{seed}.{way}'))
        output = run('sessions', '--quiet', write(f'{way}.log', b''.join(line + b'\n' for line in left))).stdout
        records = of_clients(output)
        missed = json.loads(output.splitlines()[-1])['log_lines']['missed']
        strange = [record for record in records if 'client_address' in record and record['client_address'] not in known]
        if not tap.ok(missed == 0 and not strange, f'{way}: {len(records)} records, each of a client that there was'):
            tap.note(f'{missed} lines missed, records of others: {strange[:3]}')
        compare_facts(records, [drawn for drawn in sessions if tells(drawn)], realm, delivered, f'of the log that is {way}')
