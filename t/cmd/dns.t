#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""explain over tapes: the sample zones, what each answer leads to, and what is asked at all."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import PROGRAM, folder, write
from tap import done, note, ok, same

SHARED = os.environ.get('SHARED', '../shared')
STATUSES = ('SERVFAIL', 'TIMEOUT', 'NXDOMAIN', 'NODATA', 'REFUSED')
POLICY = '''version: 1
server: { authserv_id: mx.example.org }
listeners:
  - name: mx
    match: any
    profile: none
    mode: enforce
    checks:
      ehlo_fqdn: { fail: FQDN }
      ehlo_resolves: { fail: log, temperror: log }
      ehlo_matches_client: { fail: log, temperror: log }
      iprev: { no_ptr: log, fail: log, temperror: tempfail }
      mail_from_dns: { fail: reject, null_mx: reject, blocked: reject, temperror: tempfail, blocked_ips: [BLOCKED] }
      spf_helo: { fail: log, softfail: log, neutral: log, permerror: log, temperror: log }
      spf_mail_from: { fail: reject, softfail: log, neutral: log, permerror: reject, temperror: tempfail }
RULES'''


def tape(zone, complete=True):
    """Lines 'OWNER TYPE RDATA' or 'OWNER TYPE STATUS' as a tape; complete: what is not there does not exist."""
    lines = ['* * NXDOMAIN'] if complete else []
    for line in zone:
        owner, kind, data = line.split(None, 2)
        lines.append(f'{owner} {kind} {data}' if data in STATUSES else f'{owner} {kind} NOERROR 300 {data}')
    return write('tape', '\n'.join(lines) + '\n')


def explain(zone, *options, blocked='', fqdn='log', rules='', complete=True):
    policy = write('policy.yaml', POLICY.replace('BLOCKED', blocked).replace('FQDN', fqdn).replace('RULES', rules))
    result = subprocess.run([PROGRAM, 'explain', '-c', policy, '--json', '--dns', 'tape:' + tape(zone, complete),
                             *options], capture_output=True, check=False)
    if result.returncode != 0:
        note(result.stderr.decode())
    return json.loads(result.stdout)


def check(answer, name):
    return next(c for c in answer['checks'] if c['check'] == name)


def results(answer, *names):
    return [check(answer, name)['result'] for name in names]


CLIENT = ('--client', '203.0.113.7', '--ehlo', 'gw.shop.example', '--mail-from', '<info@shop.example>')
GOOD = ['7.113.0.203.in-addr.arpa PTR gw.shop.example', 'gw.shop.example A 203.0.113.7', 'shop.example MX 10 gw.shop.example',
        'shop.example TXT "v=spf1 ip4:203.0.113.0/24 -all"', 'gw.shop.example TXT "v=spf1 a -all"']

# All is well.
good = explain(GOOD, *CLIENT)
same(results(good, 'ehlo_resolves', 'ehlo_matches_client', 'iprev', 'mail_from_dns', 'spf_helo', 'spf_mail_from'),
     ['pass'] * 6, 'a good client passes everything')
same(good['facts']['client_name'], 'gw.shop.example', 'its confirmed name')
same(good['facts']['client_ptr'], ['gw.shop.example'], 'its PTR names')
same([(q['q'], q['type'], q['status'], q['answers'], q['source']) for q in check(good, 'iprev')['dns']],
     [('7.113.0.203.in-addr.arpa', 'PTR', 'NOERROR', ['gw.shop.example.'], 'tape'),
      ('gw.shop.example', 'A', 'NOERROR', ['203.0.113.7'], 'tape')], 'the questions of iprev')
same(list(check(good, 'iprev')['dns'][0]), ['q', 'type', 'status', 'ttl', 'answers', 'us', 'source'], 'their keys')
same([(q['type'], q['answers']) for q in check(good, 'spf_mail_from')['dns']],
     [('TXT', ['"v=spf1 ip4:203.0.113.0/24 -all"'])], 'those of SPF')
ok(any(e['fact'] == 'spf' and 'ip4:203.0.113.0/24' in e['value'] for e in check(good, 'spf_mail_from')['evidence']),
   'and its steps')

# What is not there, and what is not recorded.
same(results(explain([], *CLIENT), 'iprev', 'mail_from_dns', 'spf_mail_from'), ['no_ptr', 'fail', 'none'],
     'a complete tape: the rest does not exist')
same(results(explain([], *CLIENT, complete=False), 'iprev', 'mail_from_dns', 'spf_mail_from'), ['unknown'] * 3,
     'else it is not recorded')
same(check(explain([], *CLIENT, complete=False), 'iprev')['reason'], 'dns_not_recorded', 'and says so')
same(explain([], *CLIENT, complete=False)['verdict']['action'], 'accept', 'what is unknown never rejects')

# SPF by its results.
for record, result, action in (('"v=spf1 -all"', 'fail', 'reject'), ('"v=spf1 ~all"', 'softfail', 'accept'),
                               ('"v=spf1 ?all"', 'neutral', 'accept'), ('"v=spf1 nonsense"', 'permerror', 'reject'),
                               ('"other text"', 'none', 'accept')):
    answer = explain(GOOD[:3] + ['shop.example TXT ' + record], *CLIENT)
    same((check(answer, 'spf_mail_from')['result'], answer['verdict']['action']), (result, action), record)
answer = explain(GOOD[:3] + ['shop.example TXT SERVFAIL'], *CLIENT)
same((check(answer, 'spf_mail_from')['result'], answer['verdict']['reply'][:9]), ('temperror', '451 4.7.2'), 'SERVFAIL')
fail = explain(GOOD[:3] + ['shop.example TXT "v=spf1 -all"'], *CLIENT)
same(fail['verdict']['reply'], '550 5.7.23 SPF validation failed, fail: 203.0.113.7 for shop.example (-)',
     'the reply names result, client and domain')
answer = explain(GOOD[:4] + ['gw.shop.example TXT "v=spf1 -all"'], *CLIENT[:4], '--mail-from', '<>')
same((check(answer, 'spf_mail_from')['result'], answer['verdict']['action']), ('fail', 'accept'),
     'the null sender is postmaster of the greeting, and never refused')
same(check(answer, 'spf_mail_from')['action'], 'tag', 'its action is at most tag')
answer = explain(GOOD, '--client', '203.0.113.7', '--ehlo', '[203.0.113.7]', '--mail-from', '<joe@[203.0.113.7]>')
same(results(answer, 'spf_helo', 'spf_mail_from', 'ehlo_resolves', 'mail_from_dns'), ['none'] * 4, 'literals')

# What another reject makes needless.
desktop = ('--client', '203.0.113.7', '--ehlo', 'desktop', '--mail-from', '<info@shop.example>')
skipped = explain([], *desktop, fqdn='reject')
same([(c['result'], c['reason']) for c in skipped['checks'][1:]], [('skipped', 'decided')] * 6, 'a reject decides')
same(skipped['verdict']['check'], 'ehlo_fqdn', 'which is the verdict')
same(results(explain([], *desktop, '--all', fqdn='reject'), 'iprev'), ['no_ptr'], '--all evaluates it all the same')

# Names of the client in rules; exemptions that hang on DNS.
RULES = '''    rules:
      - { name: dsl, if: "client_ptr in $dynamic and iprev != pass", then: reject }
      - { name: named, if: "client_name == 'gw.shop.example'", then: tempfail }
    exempt:
      - { if: "client_name ends_with '.friend.example'", reason: a friend }
lists: { dynamic: { domains: ['.dsl.example'] } }
'''
answer = explain(['7.113.0.203.in-addr.arpa PTR h7.dsl.example', '7.113.0.203.in-addr.arpa PTR gw.dsl.example'], *CLIENT,
                 rules=RULES)
same(answer['verdict']['rule'], 'dsl', 'client_ptr means any of its names, confirmed or not')
same(explain(GOOD, *CLIENT, rules=RULES)['verdict']['rule'], 'named', 'client_name is confirmed')
answer = explain(['7.113.0.203.in-addr.arpa PTR gw.friend.example', 'gw.friend.example A 203.0.113.7'], *CLIENT, rules=RULES)
same((answer['verdict']['action'], answer['exempt'][0]['reason']), ('accept', 'a friend'), 'an exemption by client_name')
answer = explain(['7.113.0.203.in-addr.arpa PTR SERVFAIL'], *desktop, fqdn='reject', rules=RULES)
same(answer['verdict']['reply'][:9], '451 4.4.3', 'undecided: what would be a reject becomes a tempfail')

# Wrong tapes.
policy = os.path.join(folder.name, 'policy.yaml')
for name, text in (('missing', None), ('bad', 'a.example A NOERROR 1 not-an-address\n')):
    path = write(name, text) if text else os.path.join(folder.name, 'no-such-file')
    result = subprocess.run([PROGRAM, 'explain', '-c', policy, '--dns', 'tape:' + path], capture_output=True, check=False)
    ok(result.returncode == 65 and path.encode() in result.stderr, f'{name}: 65, and the place')

# The sample zones.
path = os.path.join(SHARED, 'samples', 'dns-cases.yaml')
try:
    import yaml
    with open(path, encoding='utf-8') as file:
        cases = yaml.safe_load(file)
except (ImportError, FileNotFoundError) as error:
    cases = []
    ok(True, f'# SKIP the sample zones: {error}')
for case in cases:
    answer = explain(case['zone'], '--client', case['client'], '--ehlo', case['helo'], '--mail-from', case['mail_from'],
                     blocked=', '.join("'%s'" % b for b in case['blocked_ips']))
    expected = [case['expect']['iprev'].replace('permerror', 'no_ptr'), case['expect']['mail_from_dns']]
    same(results(answer, 'iprev', 'mail_from_dns'), expected, case['id'])
done()
