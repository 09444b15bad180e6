#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""explain: what rules looked at, which modes hold, alarms, and that the suggested exemption lets just that pass."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import PROGRAM, folder, write
from tap import done, note, ok, same

POLICY = r'''version: 1
lists:
  blocked: { domains: [.bulk.example], patterns: ['^dsl', '^(a+)+$'] }
  zone: { dns_zone: { zone: bl.example.org, answers: [127.0.0.2-127.0.0.11] } }
  partner: { networks: [198.51.100.0/24] }
listeners:
  - name: mx
    match: any
    mode: enforce
    exempt:
      - { if: client in $partner, skip: [listed] }
    rules:
      - { name: blocklisted, if: ehlo in $blocked, then: reject }
      - { name: listed, if: client in $zone or sender_domain in $zone, then: tempfail, mode: observe }
      - { name: some, if: client_ptr in $blocked, then: reject, enforce_percent: 1, reply: 550 5.7.1 Some }
      - { name: old, if: ehlo in $blocked, then: reject, until: 2024-01-01 }
'''
TAPE = '''9.113.0.203.in-addr.arpa PTR NOERROR 300 dsl-9.shop.example.
9.113.0.203.bl.example.org A NOERROR 60 127.0.0.2
8.113.0.203.bl.example.org A NOERROR 60 127.255.255.254
* * NXDOMAIN
'''
policy, tape = write('policy.yaml', POLICY), write('dns.tape', TAPE)


def explain(*options, policy=policy):
    command = [PROGRAM, 'explain', '-c', policy, '--all', '--dns', 'tape:' + tape, *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if not ok(result.returncode == 0, 'explain ' + ' '.join(options)):
        note(result.stderr)
    return result.stdout


def below(text, name):
    """The lines below a check or rule, their indentation taken off."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f'  {name} '))
    found = [lines[start].strip()]
    for line in lines[start + 1:]:
        if not line.startswith(' ' * 22):
            break
        found.append(line.strip())
    return [line.replace(folder.name + '/', '') for line in found]


SESSION = ('--client', '203.0.113.9', '--ehlo', 'a.bulk.example', '--mail-from', 'joe@shop.example')
text = explain(*SESSION)
same(below(text, 'blocklisted'), [
    'blocklisted         true      if ehlo in $blocked',
    "ehlo='a.bulk.example'",
    'ehlo: .bulk.example in $blocked, policy.yaml:3',
    'action reject, mode enforce',
    'reply 550 5.7.1 Refused by local policy (-)'], 'a rule, its fact, and the entry that decided')
same(below(text, 'listed'), [
    'listed              true      if client in $zone or sender_domain in $zone',
    "client=203.0.113.9 sender_domain='shop.example'",
    'client: 127.0.0.2 for 9.113.0.203.bl.example.org in $zone, policy.yaml:4',
    'asked A 9.113.0.203.bl.example.org: NOERROR 127.0.0.2',
    'action tempfail, mode observe',
    'reply 450 4.7.1 Refused by local policy (-)'], 'a rule that asks DNS')
same(below(text, 'some'), [
    'some                true      if client_ptr in $blocked',
    "client_ptr='dsl-9.shop.example'",
    'client_ptr: ^dsl in $blocked, policy.yaml:3',
    'asked PTR 9.113.0.203.in-addr.arpa: NOERROR dsl-9.shop.example.',
    'action reject, mode observe (enforce_percent 1)',
    'reply 550 5.7.1 Some'], 'a rule for a share of the clients')
same(below(text, 'old'), ['old                 skipped   if ehlo in $blocked (outside its dates)'], 'a rule that has ended')
ok('alarm' not in text, 'no alarm')

text = explain('--client', '203.0.113.8', '--ehlo', 'a' * 60 + '.example', '--mail-from', 'joe@shop.example')
same(below(text, 'listed')[0], 'listed              unknown   if client in $zone or sender_domain in $zone',
     'an error of a DNS list')
ok('alarm: DNS list bl.example.org answered 127.255.255.254' in text, 'alarms')
text = explain('--client', '203.0.113.7', '--ehlo', 'a' * 60 + '-', '--mail-from', 'joe@shop.example')
ok("alarm: pattern '^(a+)+$' was stopped by its limits" in text, 'so does a pattern at its limits')
text = explain('--client', '198.51.100.1', '--ehlo', 'mail.example')
same(below(text, 'listed'), ['listed              skipped   if client in $zone or sender_domain in $zone (exempt)'],
     'a rule that is exempt')


def paste(text, policy):
    """Puts the suggested exemption into the policy."""
    lines = text[text.index('  exempt:\n'):].splitlines()[1:]
    head, tail = policy.split('    exempt:\n')
    return write('pasted.yaml', head + '    exempt:\n' + ''.join(f'  {line}\n' for line in lines) + tail)


def verdicts(policy, *options):
    answer = json.loads(explain('--json', *options, policy=policy))
    return answer['verdict']['action'], (answer['would'] or answer['verdict'])['action']


# Enforced: what is only observed stands in nobody's way.
text = explain(*SESSION)
ok('      skip: [mail_from_dns, blocklisted]\n' in text, 'skip: all that refuse, not the first alone')
same(verdicts(policy, *SESSION), ('reject', 'reject'), 'before')
pasted = paste(text, POLICY)
same(verdicts(pasted, *SESSION)[0], 'accept', 'the suggested exemption lets the session pass')
same(verdicts(pasted, '--client', '203.0.113.10', *SESSION[2:])[0], 'reject', 'and no other client')
same(verdicts(pasted, *SESSION[:2], '--ehlo', 'desktop')[1], 'reject', 'nor what else that client does')

# Observed: all of it.
observed = POLICY.replace('mode: enforce', 'mode: observe')
text = explain(*SESSION, policy=write('observed.yaml', observed))
ok('      skip: [mail_from_dns, blocklisted, listed, some]\n' in text, 'in mode observe: all that would refuse')
same(verdicts(paste(text, observed), *SESSION), ('accept', 'accept'), 'which lets it pass in either mode')
done()
