#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Never a guess: facts are taken out of records at random. What is certain of what is left must be what the whole record says;
a refusal that is possible and an acceptance that is undecidable may turn out either way.
"""
import copy
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
POLICY = '''version: 1
lists:
  own: { networks: [192.0.2.0/24] }
  zone: { dns_zone: { zone: bl.example.org } }
listeners:
  - name: early
    match: { daemon_port: 2525 }
    profile: none
    reply_at: ehlo
    exempt_authenticated: false
    checks: { ehlo_fqdn: reject }
    exempt:
      - { if: sender_domain == 'friend.example' }
  - name: submission
    match: { daemon_port: 587, client: $own }
    profile: submission
    checks: { ehlo_verb: tempfail }
  - name: mx
    match: any
    profile: none
    exempt:
      - { if: client in $own, skip: [ehlo_fqdn, word] }
      - { if: sender_domain == 'friend.example' and tls, skip: [ehlo_syntax] }
      - { if: client_name ends_with '.friend.example', skip: [word] }
      - { if: client in $zone, skip: [held] }
    checks: { greeting: reject, ehlo_syntax: { fail: reject, softfail: tempfail }, ehlo_fqdn: reject, iprev: { no_ptr: reject, fail: tempfail } }
    rules:
      - { name: word, if: ehlo contains 'bad' and not null_sender, then: reject }
      - { name: checked, if: ehlo_fqdn != pass and iprev != pass, then: tempfail }
      - { name: dated, if: ehlo == 'a.example', then: reject, since: 2026-11-20, until: 2026-11-25 }
      - { name: held, if: ehlo == 'b.example' or verb == HELO, then: quarantine }
      - { name: listed, if: client in $zone and ehlo == 'c.example', then: reject }
'''
# What another policy changes of it: conditions, exemptions, checks, actions, lists.
NEW = (POLICY.replace("contains 'bad'", "contains 'b_a'").replace("== 'friend.example' and tls", "== 'e.example'").replace('checks: { ehlo_verb: tempfail }',
       'checks: { ehlo_verb: reject, ehlo_syntax: { fail: reject } }').replace('greeting: reject, ', '').replace('[192.0.2.0/24]', '[192.0.2.0/25, 203.0.113.0/24]').replace("verb == HELO, then: quarantine",
       "verb == EHLO, then: tempfail").replace('softfail: tempfail', 'softfail: log').replace('reply_at: ehlo', 'reply_at: mail').replace('since: 2026-11-20', 'since: 2026-11-15'))
FACTS = ['client_address', 'client_name', 'client_resolve', 'sasl_username', 'tls', 'helo', 'tx', 'start', 'server_port', 'dns']
COUNT = 5000
draw = random.Random(2)
folder = tempfile.TemporaryDirectory()
with open(folder.name + '/policy.yaml', 'w', encoding='ascii') as file:
    file.write(POLICY)


def some_dns():
    status = draw.choice(['NXDOMAIN', 'NOERROR', 'TIMEOUT', 'SERVFAIL'])
    listed = {'q': '9.113.0.203.bl.example.org', 'type': 'A', 'status': status}
    if status == 'NOERROR':
        listed.update(ttl=60, answers=['127.0.0.2'])
    ptr = draw.choice([{'status': 'NXDOMAIN'}, {'status': 'TIMEOUT'}, {'status': 'NOERROR', 'ttl': 1, 'answers': ['x.friend.example.']}])
    found = [listed, {'q': '9.113.0.203.in-addr.arpa', 'type': 'PTR', **ptr},
             {'q': 'x.friend.example', 'type': 'A', 'status': 'NOERROR', 'ttl': 1, 'answers': [draw.choice(['203.0.113.9', '192.0.2.7'])]}]
    for address in ('7.2.0.192', '1.0.0.127'):
        found += [{'q': address + '.bl.example.org', 'type': 'A', 'status': 'NXDOMAIN'},
                  {'q': address + '.in-addr.arpa', 'type': 'PTR', 'status': 'NXDOMAIN'}]
    return found


def some_record():
    """One of which everything is known."""
    name, resolve = draw.choice([('mail.friend.example', 'OK'), (None, 'FAIL'), (None, 'FORGED')])
    return {
        'source': 'postfix-log', 'start': f'2026-11-{draw.randint(10, 30)}T05:16:02Z',
        'server_port': draw.choice([25, 25, 25, 587, 2525]), 'daemon_name': 'x', 'server_address': '192.0.2.1',
        'client_address': draw.choice(['203.0.113.9', '203.0.113.9', '192.0.2.7', '127.0.0.1', None]), 'client_port': 1,
        'client_name': name, 'reverse_client_name': name, 'client_resolve': resolve, 'mta': 'postfix',
        'sasl_username': draw.choice([None, None, None, 'joe']), 'tls': draw.choice([None, {'version': 'TLSv1.3'}]),
        'helo': draw.choice([[], [{'verb': draw.choice(['EHLO', 'HELO']), 'name': draw.choice(
            ['desktop', 'a.example', 'b.example', 'c.example', 'bad.example', 'b_a d', '192.0.2.7', '[192.0.2.7]', ''])}]]),
        'tx': draw.choice([[], [{'sender': draw.choice(['', 'j@friend.example', 'j@e.example'])}]]),
        'verdicts': [], 'dns': some_dns(),
    }


def less(record):
    """The same with some facts taken out."""
    record = copy.deepcopy(record)
    for key in draw.sample(FACTS, draw.choice([1, 1, 1, 2, 3, 6])):
        way = draw.randint(0, 1)
        if key == 'helo' and record.get('helo') and way:
            del record['helo'][0][draw.choice(['verb', 'name'])]
        elif key == 'tx' and record.get('tx') and way:
            del record['tx'][0]['sender']
        elif key == 'dns' and way:
            record['dns'] = [entry for entry in record['dns'] if draw.randint(0, 1)]
        elif key != 'dns':
            record.pop(key, None)
    return record


def judged(records, *words):
    text = ''.join(json.dumps(record) + '\n' for record in records)
    result = subprocess.run([PROGRAM, 'evaluate', '-c', folder.name + '/policy.yaml', *words], input=text.encode(), capture_output=True,
                            check=True, timeout=300)
    return [json.loads(line)['judged']['tx'][0] for line in result.stdout.splitlines()]


def judge(records):
    return [found['after'] for found in judged(records)]


def refuses(found):
    return found['answer'] in ('reject', 'tempfail')


records = [some_record() for _ in range(COUNT)]
parts = [less(record) for record in records]
wrong = narrowed = certain = 0
for record, part, whole, left in zip(records, parts, judge(records), judge(parts)):
    if whole['certainty'] != 'certain':
        wrong += 1
        note(f'not certain with all facts: {whole} {json.dumps(record)}')
    elif left['certainty'] == 'certain':
        certain += 1
        # What is certain to be refused may be refused by another check, and with another code.
        if refuses(left) != refuses(whole) or (not refuses(left) and left['answer'] != whole['answer']):
            wrong += 1
            note(f'{left} of {json.dumps(part)}\nbut {whole} of {json.dumps(record)}')
    else:
        narrowed += 1
ok(wrong == 0, f'{COUNT} records with facts taken out: what is certain is true')
ok(certain > COUNT / 10 and narrowed > COUNT / 10, f'of them {certain} were certain, and {narrowed} were not')

# From one policy to another: what changes of the whole record is never called something else of a part of it.
with open(folder.name + '/new.yaml', 'w', encoding='ascii') as file:
    file.write(NEW)
ALLOWED = {'newly_rejected': {'newly_rejected', 'maybe_newly_rejected'},
           'newly_accepted': {'newly_accepted', 'maybe_newly_accepted', 'maybe_newly_rejected'}}
wrong = narrowed = 0
with_new = ('--new', folder.name + '/new.yaml')
for record, part, whole, left in zip(records, parts, judged(records, *with_new), judged(parts, *with_new)):
    allowed = ALLOWED.get(whole['change'])
    if allowed and left['change'] not in allowed:
        wrong += 1
        note(f'{left} of {json.dumps(part)}\nbut {whole} of {json.dumps(record)}')
    narrowed += bool(allowed) and left['change'] != whole['change']
ok(wrong == 0 and narrowed > COUNT / 100, f'and so are changes of policy, {narrowed} of them only possible')
same = [found['change'] for found in judged(parts, '--new', folder.name + '/policy.yaml')]
ok(set(same) == {'same'}, 'a policy changes nothing from itself')

# replay keeps judgements that come again; evaluate, which has replies to give, makes each anew.
SIMPLE = '''version: 1
listeners:
  - { name: early, match: { daemon_port: 2525 }, profile: none, reply_at: ehlo, exempt_authenticated: false, checks: { ehlo_fqdn: reject } }
  - name: mx
    match: any
    profile: PROFILE
    exempt:
      - { if: authenticated or null_sender, skip: [ehlo_fqdn] }
    rules:
      - { name: plain, if: not tls and ehlo_fqdn != pass, then: tempfail }
'''
for profile in ('standard', 'strict'):
    with open(folder.name + '/simple.yaml', 'w', encoding='ascii') as file:
        file.write(SIMPLE.replace('PROFILE', profile))
    with open(folder.name + '/log', 'w', encoding='ascii') as file:
        for number, part in enumerate(parts):
            if part.get('helo') and draw.randint(0, 1):
                part['helo'][0].pop('name', None)
            part.pop('dns', None)
            file.write(json.dumps({'id': f'N{number:015d}', **part}) + '\n')
    program = [PROGRAM, 'sessions', '--format', 'session', folder.name + '/log']
    found = subprocess.run(program, capture_output=True, check=True, timeout=300).stdout
    program = [PROGRAM, 'evaluate', '-c', folder.name + '/simple.yaml']
    judged = subprocess.run(program, input=found, capture_output=True, check=True, timeout=300).stdout
    anew = subprocess.run([PROGRAM, 'report', '--json'], input=judged, capture_output=True, check=True, timeout=300).stdout
    program = [PROGRAM, 'replay', '--json', '--format', 'session', '-c', folder.name + '/simple.yaml', folder.name + '/log']
    ok(subprocess.run(program, capture_output=True, check=True, timeout=300).stdout == anew, f'kept judgements, profile {profile}')
done()
