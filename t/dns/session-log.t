#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What DNS said in a session, in its record: enough to judge it again, and with record_all by a stricter policy."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../lib')

import dns_lab
import session_log
from daemon import Daemon
from session_log import explain, judged, policy_with_log, records
from tap import done, note, ok, same, skip_all

if dns_lab.missing():
    skip_all(dns_lab.missing())

ZONE = '''
9.113.0.203.in-addr.arpa PTR mail.shop.example
mail.shop.example A 203.0.113.9
mail.shop.example TXT "v=spf1 a -all"
shop.example MX 10 mail.shop.example
shop.example TXT "v=spf1 include:spf.shop.example -all"
spf.shop.example TXT "v=spf1 exists:%{l}.%{ir}.allow.shop.example ip4:203.0.113.0/28 ~all"
10.113.0.203.in-addr.arpa PTR forged.shop.example
forged.shop.example A 192.0.2.1
null.example MX 0 .
slow.example MX TIMEOUT
broken.example SERVFAIL
''' + ''.join(f'long.example TXT "v=spf1 {"ip4:192.0.2.1 " * 15}-all {i}"\n' for i in range(80))
POLICY = '''version: 1
server: {{ log: stderr }}
dns: {{ servers: '127.0.0.1:{port}', deadline: {deadline}, timeout: {deadline} }}
listeners: [{{ name: mx, match: any, mode: {mode}, {keys} }}]
'''
CLIENTS = ('203.0.113.9', '203.0.113.10', '203.0.113.11')
SENDERS = ('<joe@shop.example>', '<joe@null.example>', '<joe@nowhere.example>', '<>', '<joe@broken.example>')
GREETINGS = ('mail.shop.example', 'forged.shop.example', 'desktop')
folder = tempfile.TemporaryDirectory()


def policy(path, port, keys, mode='observe', deadline='5s', record_all=False):
    text = POLICY.format(port=port, keys=keys, mode=mode, deadline=deadline)
    return policy_with_log(path, options=f'record_all: {str(record_all).lower()}', text=text)


def play(daemon, sessions):
    for client, greetings in sessions:
        with daemon.session() as s:
            s.connect(client)
            for name, senders in greetings:
                s.helo(name)
                for sender in senders:
                    s.mail(sender)


def recorded(daemon, path, count):
    daemon.wait_for(lambda: os.path.exists(path) and len(session_log.lines(path)) >= count)
    return records(path)


def agree(found, policy_path, label):
    wrong = [difference for record in found for difference in session_log.differences(record, policy_path)]
    if not ok(not wrong, label):
        note('\n'.join(map(str, wrong[:5])))


ALL = [(client, [(name, SENDERS)]) for client in CLIENTS for name in GREETINGS]
OFF = ('checks: { ehlo_resolves: off, ehlo_matches_client: off, iprev: off, mail_from_dns: off, spf_helo: off, '
       'spf_mail_from: off }')

with dns_lab.NameServer(ZONE) as server:
    # --- what was asked, and what was said ---
    path = folder.name + '/standard.jsonl'
    with Daemon(policy(path, server.port, 'profile: standard')) as daemon:
        play(daemon, [('203.0.113.9', [('mail.shop.example', ['<joe@shop.example>'])])])
        record, = recorded(daemon, path, 1)
        said = {(d['q'], d['type']): (d['status'], d['answers'], d['source']) for d in record['dns']}
        for question, answer in (
                (('9.113.0.203.in-addr.arpa', 'PTR'), ('NOERROR', ['mail.shop.example.'], 'net')),
                (('shop.example', 'MX'), ('NOERROR', ['10 mail.shop.example.'], 'net')),
                (('mail.shop.example', 'A'), ('NOERROR', ['203.0.113.9'], 'net')),
                (('mail.shop.example', 'AAAA'), ('NODATA', [], 'net')),
                (('spf.shop.example', 'TXT'), ('NOERROR',
                                               ['"v=spf1 exists:%{l}.%{ir}.allow.shop.example ip4:203.0.113.0/28 ~all"'],
                                               'net')),
                (('joe.9.113.0.203.allow.shop.example', 'A'), ('NXDOMAIN', [], 'net'))):
            same(said.get(question), answer, ' '.join(question))
        same(len(said), len(record['dns']), 'each question once')
        results = {c['check']: c['result'] for c in record['checks']}
        same((results['iprev'], results['spf_mail_from'], results['mail_from_dns']), ('pass',) * 3, 'results')
        same(explain(daemon.policy, record['id'])[0]['checks'][-1]['dns'][0]['source'], 'tape',
             'explain --id asks nobody')

    # --- judged again ---
    path = folder.name + '/all.jsonl'
    with Daemon(policy(path, server.port, 'profile: strict', 'enforce', '2s')) as daemon:
        play(daemon, ALL)
        found = recorded(daemon, path, len(ALL))
        kinds = {v['check'] for r in found for v in r['verdicts']}
        ok({'iprev', 'mail_from_dns', 'ehlo_fqdn', None} <= kinds, 'sessions refused by various checks')
    server.stop()	# whoever asks now gets nothing
    again = os.path.join(folder.name, 'again.yaml')
    with open(again, 'w', encoding='utf-8') as file:
        file.write(policy(path, server.port, 'profile: strict', 'enforce', '2s'))
    agree(found, again, f'{len(found)} sessions, judged again without a name server: the same verdicts')
    server.start()

    # --- record_all ---
    strict = os.path.join(folder.name, 'strict.yaml')
    live = folder.name + '/live.jsonl'
    with Daemon(policy(live, server.port, 'profile: strict, exempt: [{if: client in 192.0.2.0/24}]')) as daemon:
        play(daemon, ALL)
        lived = recorded(daemon, live, len(ALL))
    for name, record_all in (('asked', True), ('unasked', False)):
        path = f'{folder.name}/{name}.jsonl'
        lax = OFF + ', exempt: [{if: client in 203.0.113.8/29, reason: all of them}]'
        with Daemon(policy(path, server.port, lax, record_all=record_all)) as daemon:
            play(daemon, ALL)
            found = recorded(daemon, path, len(ALL))
        if not record_all:
            ok(not any(r.get('dns') for r in found), 'without record_all nothing is asked for checks that are off')
            continue
        ok(all(c['check'] not in ('iprev', 'spf_helo') for r in found for c in r['checks']),
           'record_all: a check that is off has no result')
        with open(strict, 'w', encoding='utf-8') as file:
            file.write(policy(path, server.port, 'profile: strict'))
        wrong = []
        for then, record in zip(lived, found):
            for verdict in then['verdicts']:
                now, said = explain(strict, f"{record['id']}.{verdict['tx'] + 1}")
                expected = {k: v for k, v in verdict.items() if k != 'tx'}
                now = now and judged(now)
                if str(now).replace(record['id'], '') != str(expected).replace(then['id'], ''):
                    wrong.append((record['tx'][verdict['tx']], expected, now or said))
        if not ok(not wrong, 'by a stricter policy: what it would have said then'):
            note('\n'.join(map(str, wrong[:4])))
    path = folder.name + '/enforced.jsonl'
    with Daemon(policy(path, server.port, OFF, 'enforce', record_all=True)) as daemon:
        play(daemon, ALL[:1])
        same([r.get('dns') for r in recorded(daemon, path, 1)], [None], 'in mode enforce nothing more is asked')

    # --- time-outs are answers ---
    path = folder.name + '/slow.jsonl'
    with Daemon(policy(path, server.port, 'profile: standard', 'enforce', '300ms')) as daemon:
        play(daemon, [('203.0.113.9', [('mail.shop.example', ['<a@slow.example>', '<a@shop.example>'])])])
        record, = recorded(daemon, path, 1)
        same([d['status'] for d in record['dns'] if (d['q'], d['type']) == ('slow.example', 'MX')], ['TIMEOUT'],
             'a question without answer')
        same(record['verdicts'][0]['action'], 'tempfail', 'has put off its transaction')
        agree([record], daemon.policy, 'and does so again')

    # --- bounds ---
    path = folder.name + '/long.jsonl'
    with Daemon(policy(path, server.port, 'profile: standard', 'enforce')) as daemon:
        play(daemon, [('203.0.113.9', [('mail.shop.example', ['<a@long.example>'] +
                                        [f'<a@n{i}.example>' for i in range(40)])])])
        record, = recorded(daemon, path, 1)
        size = sum(len(d['q']) + sum(map(len, d['answers'])) for d in record['dns'])
        ok(len(record['dns']) <= 64 and size <= 16384 and record['truncated'] > 0,
           f"{len(record['dns'])} answers, {size} bytes: within 64 and 16 KiB, {record['truncated']} are cut")
        explanation, _ = explain(daemon.policy, record['id'] + '.41')
        ok('unknown' in {c['result'] for c in explanation['checks']}, 'what needs them is unknown')
done()
