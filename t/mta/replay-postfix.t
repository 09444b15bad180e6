#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Sessions by chance through a real Postfix, and their journal judged again: each verdict of the replay is, byte for byte, what
the client was told, what the log says and what the record holds.

replay-postfix.t: a few hundred; --long: 10,000.
"""
import concurrent.futures
import hashlib
import json
import os
import random
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import dialogue
import dns_lab
import namespace
import postfix_lab
import session_log
import tap
from daemon import Daemon, free_port
from program import records_of, run

COUNT = 10000 if '--long' in sys.argv else 300
CLIENTS = 60

missing = postfix_lab.missing() or dns_lab.missing() or namespace.missing()
if missing:
    tap.skip_all(missing)
namespace.enter({f'203.0.113.{n}' for n in range(1, CLIENTS + 1)}, {})
port = free_port()
folder = tempfile.TemporaryDirectory()
JOURNAL = folder.name + '/sessions.jsonl'
POLICY = '''version: 1
server: { log: stderr, log_level: debug }
lists:
  partner: { networks: [203.0.113.40/30] }
  bad: { domains: [.bad.example] }
listeners:
  - { name: submission, match: { daemon_name: submission }, profile: strict, mode: observe }
  - { name: dot, match: { daemon_name: dot }, profile: strict, mode: enforce, helo_marker: trailing_dot, checks: { ehlo_verb: tempfail } }
  - name: mx
    match: any
    profile: standard
    mode: enforce
    exempt:
      - { if: client in $partner, skip: [iprev, ehlo_fqdn] }
      - { if: sender_domain == 'plain.example' and tls, skip: [spf_mail_from] }
    checks: { ehlo_resolves: { fail: tempfail }, iprev: { no_ptr: tempfail, fail: tag }, spf_mail_from: { softfail: reject } }
    rules:
      - { name: bad, if: ehlo in $bad or sender_domain in $bad, then: reject }
      - { name: unconfirmed, if: iprev != pass and ehlo_resolves != pass and not null_sender, then: tempfail, mode: observe }
'''


def zone():
    """What becomes of a client's reverse name, and of a sender's domain."""
    for n in range(1, CLIENTS + 1):
        name = f'mail{n}.client.example'
        reverse = f'{n}.113.0.203.in-addr.arpa'
        if n % 6 == 1:
            continue
        yield f'{reverse} SERVFAIL' if n % 6 == 2 else f'{reverse} PTR {name}'
        yield f'{name} A 203.0.113.{n if n % 6 != 3 else 99}'
        if n % 6 == 4:
            yield f'{reverse} PTR second{n}.client.example'
    yield from ('plain.example A 192.0.2.1', 'plain.example TXT "v=spf1 -all"', 'mx.example MX 10 in.mx.example', 'in.mx.example A 192.0.2.2',
                'mx.example TXT "v=spf1 ip4:203.0.113.0/27 ~all"', 'null.example MX 0 .', 'broken.example SERVFAIL',
                'blocked.example A 127.0.0.1', 'spf.example A 192.0.2.3', 'spf.example TXT "v=spf1 include:mx.example a:in.mx.example ?all"',
                'loop.example A 192.0.2.4', 'loop.example TXT "v=spf1 include:loop.example -all"', 'x.bad.example A 192.0.2.5')


NAMES = ['desktop', '[203.0.113.9]', '[203.0.113.10]', '203.0.113.9', 'foo_bar.example', 'localhost', 'mx.example.org', 'gone.example',
         'broken.example', 'x.bad.example', 'a"b\\c', 'caf\u00e9.example', '-x-.example', 'x' * 200 + '.example', '[IPv6:2001:db8::1]',
         "o'neil", '<b>&amp;', '%s%n', 'a;b#c', 'MX.Example', '*']
SENDERS = ['', 'joe@plain.example', 'joe@mx.example', 'joe@null.example', 'joe@broken.example', 'joe@blocked.example', 'joe@spf.example',
           'joe@loop.example', 'joe@gone.example', 'joe@x.bad.example', '"a b"@mx.example', 'joe@[192.0.2.1]', "j'o%s@plain.example"]


def play(lab, number):
    """One session; what its client was told at each MAIL."""
    draw = random.Random(number)
    client = draw.randint(1, CLIENTS)
    service = draw.choice(['mx', 'mx', 'mx', 'submission', 'dot'])
    connection = dialogue.Connection(lab.ports[service], f'203.0.113.{client}')
    told = []

    def greet():
        name = draw.choice(NAMES) if draw.random() < 0.5 else f'mail{client}.client.example'
        connection.command(f'{draw.choice(["EHLO", "EHLO", "HELO"])} {name}')
    connection.reply()
    if draw.random() < 0.95:
        greet()
        if draw.random() < 0.1:
            greet()
        if draw.random() < 0.05 and connection.start_tls().startswith('220'):
            greet()
    for _ in range(draw.choice([0, 1, 1, 1, 1, 2, 3])):
        told.append(connection.command(f'MAIL FROM:<{draw.choice(SENDERS)}>'))
        if told[-1].startswith('2') and draw.random() < 0.1:
            connection.command('RCPT TO:<bob@example.org>')
        connection.command('RSET')
    if draw.random() < 0.9:
        connection.command('QUIT')
    connection.close()
    return told


def as_text(rows):
    """Lines "ID.N ACTION REPLY CHECK RULE", sorted."""
    return ''.join(sorted(f'{name} {json.dumps(row)}\n' for name, *row in rows)).encode()


def of_records(records):
    """What they say that the policy would answer, were every mode enforce."""
    for record in records:
        for verdict in record['verdicts']:
            if verdict['tx'] is not None:
                would = verdict['would'] or verdict
                yield f"{record['id']}.{verdict['tx'] + 1}", would['action'], would['reply'], would['check'], would['rule']


def of_replay(judged):
    for record in judged:
        for tx in record['judged']['tx']:
            after = tx['after']
            if tx['tx'] < len(record['tx']):
                yield f"{record['id']}.{tx['tx'] + 1}", after['answer'], after['reply'], after['check'], after['rule']


def of_log(lines):
    """verdict and would of each transaction; what is refused, with its reply."""
    for line in lines:
        words = dict(word.split('=', 1) for word in re.findall(r'(?:\w+="(?:[^"\\]|\\.)*"|\w+=\S*)', line))
        if not words['id'].endswith('.0'):
            yield words['id'], words['verdict'], words.get('would', words['verdict']), words.get('reply', '""')[1:-1]


with dns_lab.NameServer('\n'.join(zone()), port=53), postfix_lab.Postfix(port, clients_have_addresses=True) as lab, \
        Daemon(session_log.policy_with_log(JOURNAL, text=POLICY, options='record_all: true'), socket_spec=f'inet:{port}@127.0.0.1') as daemon:
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        told = [reply for replies in pool.map(lambda number: play(lab, number), range(COUNT)) for reply in replies]
    daemon.wait_for(lambda: os.path.exists(JOURNAL) and len(session_log.lines(JOURNAL)) >= COUNT)
    records = session_log.records(JOURNAL)
    live = as_text(of_records(records))
    logged = list(of_log(daemon.verdicts()))
    output = run('evaluate', '-c', daemon.policy, *session_log.files(JOURNAL)).stdout
    replayed = records_of(output)
    text = run('replay', '--quiet', '-c', daemon.policy, *session_log.files(JOURNAL)).stdout.decode()

tap.same(len(records), COUNT, f'{COUNT} sessions are recorded')
again = as_text(of_replay(replayed))
if not tap.ok(live == again and live.count(b'\n') > COUNT / 2, f'{live.count(bytes([10]))} verdicts: replay equals what was live, byte for byte'):
    tap.note('\n'.join(sorted(map(str, set(live.split(b'\n')) ^ set(again.split(b'\n'))))[:6]))
tap.note(f'SHA-256 of the verdicts: {hashlib.sha256(live).hexdigest()}, replayed: {hashlib.sha256(again).hexdigest()}')
tap.same({tx['after']['certainty'] for record in replayed for tx in record['judged']['tx']}, {'certain'}, 'each is certain')
tap.same({tx['listener'] for record in replayed for tx in record['judged']['tx']}, {'mx', 'submission', 'dot'}, 'of all listeners')
rows = {name: row for name, *row in of_records(records)}
told_then = {f"{r['id']}.{v['tx'] + 1}": v for r in records for v in r['verdicts'] if v['tx'] is not None}


def line_of(name):
    """What the log should say: the reply is that of the verdict, or of what would have been where that is accept."""
    verdict, would = told_then[name], rows[name]
    return verdict['action'], would[0], (verdict['reply'] if verdict['action'] != 'accept' else would[1]) or ''


odd = [(row, line_of(row[0])) for row in logged if line_of(row[0]) != tuple(row[1:])]
if not tap.ok(len(logged) == len(rows) and not odd, f'{len(logged)} lines of the log say the same'):
    tap.note('\n'.join(map(str, odd[:5])))
refused = sorted(reply for reply in told if not reply.startswith('2'))
expected = sorted(verdict['reply'] for verdict in told_then.values() if verdict['action'] in ('reject', 'tempfail'))
if not tap.ok(refused == expected and len(refused) > COUNT / 10, f'{len(refused)} times clients were refused in these very words'):
    tap.note(f'{len(expected)} expected\n' + '\n'.join(map(str, sorted(set(refused) ^ set(expected))[:8])))
kinds = sorted({str(row[2] or row[3]) for row in rows.values()})
tap.ok(len(kinds) > 6, f'by {", ".join(kinds)}')
tap.ok(f'{COUNT} sessions, {len(rows)} transactions' in text, 'and the report counts them all')
tap.done()
