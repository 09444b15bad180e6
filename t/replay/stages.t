#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logs of all kinds: what replay says of them it says, byte for byte, also of the records, and of parts."""
import glob
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import run, write
from tap import done, note, ok, same

SAMPLES = HERE + '/../logs/samples'
SHARED = os.environ.get('SHARED', '../shared') + '/samples'
OLD = write('old.yaml', b'''version: 1
listeners:
  - { name: sub, match: { daemon_port: [465, 587] }, profile: submission }
  - { name: mx, match: any, profile: standard, exempt_loopback: false }
''')
# Each fact of a session has a part in it.
NEW = write('new.yaml', b'''version: 1
listeners:
  - name: sub
    match: { service: submission }
    profile: submission
  - name: mx
    match: any
    profile: strict
    exempt_loopback: false
    exempt_authenticated: false
    exempt:
      - { if: sender_domain == 'example.org' and tls, skip: [ehlo_fqdn] }
    rules:
      - { name: plain, if: not tls, then: reject, reply: "550 5.7.1 {ehlo} {client} {client_name} {sender_domain}" }
      - { name: known, if: authenticated and ehlo_kind != fqdn, then: tempfail }
      - { name: old, if: tls_version == 'TLSv1.2' or auth_user == 'bob', then: quarantine }
''')
# No condition of it tells apart the sessions of one kind, of which replay judges one and evaluate each.
KINDS = write('kinds.yaml', b'''version: 1
listeners:
  - name: mx
    match: any
    profile: strict
    checks: { ehlo_literal: quarantine, ehlo_matches_client: tag }
    exempt:
      - { if: null_sender, skip: [ehlo_resolves] }
      - { if: verb == HELO and not tls, skip: [ehlo_own_name] }
    rules:
      - { name: unlike, if: ehlo_matches_client == fail and not authenticated, then: quarantine }
      - { name: helo, if: verb == HELO and ehlo_fqdn == fail, then: tempfail }
''')


def ways(arguments, policy):
    """Pairs that are to be the same: the report as JSON, of judged records and of parts, and that of the logs; records."""
    whole = run('replay', '--json', '--quiet', *policy, *arguments).stdout
    records = run('sessions', '--quiet', *arguments).stdout
    judged = run('evaluate', *policy, data=records).stdout
    lines = judged.splitlines(keepends=True)
    cuts = [lines[:len(lines) // 3], lines[len(lines) // 3:]]
    parts = [write(f'part{i}', run('report', '--partial', data=b''.join(cut)).stdout) for i, cut in enumerate(cuts) if cut]
    ok(whole, 'there is a report')
    yield run('report', '--json', data=judged).stdout, whole
    yield run('report', '--merge', '--json', *reversed(parts)).stdout, whole
    yield run('sessions', '--quiet', '-', data=records).stdout.splitlines()[:-1], records.splitlines()[:-1]
    ok(b'"error"' not in judged, f'all of {len(lines)} records are read')


def options_of(log):
    words = os.path.splitext(log)[0] + '.args'
    if not os.path.exists(words):
        return []
    with open(words, encoding='ascii') as file:
        return file.read().split()


def compare(label, arguments, policy):
    good = all(found == expected for found, expected in ways(arguments, policy))
    ok(good, label)


LOGS = [name for name in sorted(glob.glob(SAMPLES + '/*')) if not name.endswith(('.expect', '.args'))]
for log in LOGS:
    compare(os.path.basename(log), ['--year', '2026', *options_of(log), log], ['-c', OLD, '--new', NEW])
together = [log for log in LOGS if not options_of(log)]
together += [f'{SHARED}/{name}' for name in ('postfix/mail.log', 'postfix/tricks.log', 'sendmail/experiments.log', 'sendmail/loglevel-15.log',
                                             'sendmail/traffic.X') if os.path.exists(f'{SHARED}/{name}')]
note(f'{len(together)} logs at once')
compare('one policy', ['--year', '2026', *together], ['-c', NEW])
compare('one policy that looks at kinds of sessions', ['--year', '2026', *together], ['-c', KINDS])
compare('and against another', ['--year', '2026', *together], ['-c', OLD, '--new', KINDS])

# Of a transaction may be known less than of its session, and that is not lost.
LESS = {'id': 'LESS', 'source': 'postfix-log', 'client_address': '192.0.2.9', 'client_name': 'mail.example.org', 'client_resolve': 'OK',
        'helo': [{'verb': 'EHLO', 'name': 'plain'}], 'sasl_username': 'joe', 'tls': {'version': 'TLSv1.3'},
        'tx': [{'sender': 'a@example.org', 'missing': ['sasl_username', 'tls_version']}, {'sender': 'a@example.org'}]}
less = write('less', json.dumps(LESS).encode() + b'\n')
found = [json.loads(line) for line in run('evaluate', '-c', OLD, less).stdout.splitlines()][0]
same(found['tx'], LESS['tx'], 'a transaction of which less is known')
same([(tx['after']['answer'], tx['after']['certainty']) for tx in found['judged']['tx']],
     [('reject', 'possible'), ('accept', 'certain')], 'is judged by what is known of it')
compare('on each way', [less], ['-c', OLD])
totals = json.loads(run('replay', '--json', '-c', OLD, less).stdout)['totals']
same([totals[word] for word in ('tls', 'authenticated')], [1, 1], 'and the session has it')
LESS['tx'] = [{'sender': 'a@example.org', 'sasl_username': None, 'tls_version': None}]
LESS['verdicts'] = [{'tx': 0, 'action': 'accept'}]
report = json.loads(run('replay', '--json', '-c', OLD, write('before', json.dumps(LESS).encode() + b'\n')).stdout)
same([sample['evidence'] for sample in report['samples']], [['name_confirmed']], 'a login and TLS that came later speak for no mail before them')
del LESS['sasl_username'], LESS['tls']
LESS['tx'] += [{'sender': 'a@example.org', 'sasl_username': 'joe', 'tls_version': 'TLSv1.3'}]
totals = json.loads(run('replay', '--json', '-c', OLD, write('one', json.dumps(LESS).encode() + b'\n')).stdout)['totals']
same([totals[word] for word in ('tls', 'authenticated')], [1, 1], 'a session of which only a transaction tells them')
done()
