#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What explain says of a session is what the daemon answers it, random zones and sessions through: with the same DNS, one engine."""
import json
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import PROGRAM, Daemon, policy
from dns_responder import NXDOMAIN, REFUSED, SERVFAIL, Responder, address, encode_name, record
from milter_client import POSTFIX
from tap import done, note, ok

NAMES = ['a.shop.example', 'b.shop.example', 'shop.example', 'a.friend.example', 'h.dsl.example']
SPF = [b'v=spf1 a mx -all', b'v=spf1 include:b.shop.example ~all', b'v=spf1 ptr ?all', b'v=spf1 exists:h.dsl.example -all']
REVERSE = '9.113.0.203.in-addr.arpa'
KINDS = ('A', 'AAAA', 'MX', 'TXT')
POLICY = policy('''
profile: strict
reply_at: REPLY_AT
exempt_authenticated: AUTHENTICATED
checks: { ehlo_resolves: { fail: tempfail } }
rules:
  - { name: dsl, if: "client_ptr ends_with '.dsl.example' and iprev != pass", then: reject, reply: '550 5.7.1 {client_name} is dynamic' }
  - { name: odd, if: "ehlo == 'odd.example'", then: reject, reply: '550 5.7.1 {client_name} is odd' }
exempt: [{ if: "client_name ends_with '.friend.example'", skip: [iprev, mail_from_dns] }, { if: "sender == 'friend@shop.example'" }]
''', dns=True)
random.seed(7208)
zone = {}


def draw_records(kind):
    if kind == 'TXT':
        return [bytes([len(text)]) + text for text in random.sample(SPF, random.randrange(2))]
    if kind == 'MX':
        return [b'\0\n' + encode_name(name) for name in random.sample(NAMES, random.randrange(3))] or \
               [b'\0\0\0'][:random.randrange(2)]
    addresses = ['203.0.113.9', '203.0.113.8', '127.0.0.1'] if kind == 'A' else ['2001:db8::9']
    return [address(text) for text in random.sample(addresses, random.randrange(len(addresses) + 1))]


def draw_zone():
    """(name, type): a response code, or the data of records."""
    zone.clear()
    zone[REVERSE, 'PTR'] = [encode_name(name) for name in random.sample(NAMES, random.randrange(4))]
    for name in NAMES:
        broken = random.choice([0] * 8 + [SERVFAIL, REFUSED, NXDOMAIN])
        for kind in KINDS:
            zone[name, kind] = broken or draw_records(kind)


def respond(question):
    found = zone.get((question.name.lower(), question.kind), NXDOMAIN)
    if isinstance(found, int):
        return question.reply(rcode=found)
    return question.reply(*(record(None, question.kind, 300, data) for data in found))


def explain(path, ehlo, sender):
    options = ['--ehlo', ehlo] if ehlo else []
    output = subprocess.run([PROGRAM, 'explain', '-c', path, '--json', '--dns', 'live', '--client', '203.0.113.9', '--port', '25',
                             '--mta', 'postfix', '--mail-from', sender, *options], check=True, capture_output=True).stdout
    verdict = json.loads(output)['verdict']
    return verdict['reply'] or verdict['action'], verdict['stage']


def play(daemon, ehlo, sender):
    """The first answer that is not to go on, and at which step; else the last one."""
    with daemon.session(macros=dict(POSTFIX)) as s:
        steps = [('connect', s.connect), ('ehlo', lambda: s.helo(ehlo)), ('mail', lambda: s.mail(sender))]
        for stage, step in steps if ehlo else [steps[0], steps[2]]:
            answer = step()
            if answer[0] == 'y':
                return re.sub(r'\b[0-9A-Z]{16}\b', '-', answer[2:]), stage
    return 'accept', 'mail'


with Responder(respond) as dns:
    for reply_at in ('mail', 'ehlo'):
        text = POLICY.replace('REPLY_AT', reply_at).replace('AUTHENTICATED', str(reply_at == 'mail').lower())
        text = text.replace('version: 1', f"version: 1\ndns: {{ servers: ['{dns.server}'], cache: 0, deadline: 19s, timeout: 19s }}")
        with Daemon(text) as daemon:
            answers, odd = set(), []
            for _ in range(60):
                draw_zone()
                ehlo = random.choice([*NAMES, 'odd.example', 'desktop', '[203.0.113.9]', None])
                sender = random.choice(['<>', '<joe@shop.example>', '<joe@h.dsl.example>', '<friend@shop.example>'])
                told, explained = play(daemon, ehlo, sender), explain(daemon.policy, ehlo, sender)
                answers.add(told[0])
                if told != explained:
                    odd.append((ehlo, sender, dict(zone), told, explained))
            ok(not odd, f'reply_at {reply_at}: 60 sessions are answered as explained')
            for row in odd[:3]:
                note(row)
            ok(len(answers) > 8, 'in many ways')
done()
