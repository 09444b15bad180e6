#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The same questions give the same explanation live and from a tape, byte for byte but for times, sources and TTLs."""
import difflib
import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from dns_responder import NXDOMAIN, REFUSED, SERVFAIL, Responder, address, encode_name, record, soa
from program import PROGRAM, write
from tap import done, note, ok

ERRORS = {'SERVFAIL': SERVFAIL, 'REFUSED': REFUSED, 'NXDOMAIN': NXDOMAIN}


class Zone:
    """Lines 'OWNER TYPE RDATA', 'OWNER TYPE STATUS' or 'OWNER STATUS'; what is not there does not exist."""

    def __init__(self, lines):
        self.lines = [tuple(line.split(None, 2)) for line in lines]

    def find(self, name, kind):
        """A status, or the data of the records."""
        words = [line for line in self.lines if line[0] == name]
        for line in words:
            if len(line) == 2 or line[1] == kind and line[2] in (*ERRORS, 'TIMEOUT', 'NODATA'):
                return line[-1]
        exists = words or any(line[0].endswith('.' + name) for line in self.lines)
        return [line[2] for line in words if line[1] == kind] or ('NODATA' if exists else 'NXDOMAIN')

    def answer(self, question):
        """As a name server."""
        name, chain = question.name.lower(), []
        while isinstance(alias := self.find(name, 'CNAME'), list) and len(chain) < 9:
            chain.append(record(name, 'CNAME', 300, encode_name(alias[0])))
            name = alias[0]
        found = self.find(name, question.kind)
        if found == 'TIMEOUT':
            return None
        authority = [record('example', 'SOA', 60, soa(60))] if found in ('NODATA', 'NXDOMAIN') else []
        if isinstance(found, str):
            return question.reply(*chain, rcode=ERRORS.get(found, 0), authority=authority)
        return question.reply(*chain, *(record(name, question.kind, 300, encode(question.kind, data)) for data in found))

    def tape(self):
        lines = ['* * NXDOMAIN']
        for owner, *rest in self.lines:
            if len(rest) == 1:
                lines += [f'{owner} {kind} {rest[0]}' for kind in ('A', 'AAAA', 'MX', 'PTR', 'TXT')]
            else:
                status = rest[1] in (*ERRORS, 'TIMEOUT', 'NODATA')
                lines.append(f'{owner} {rest[0]} {rest[1]}' if status else f'{owner} {rest[0]} NOERROR 300 {rest[1]}')
        return '\n'.join(lines) + '\n'


def encode(kind, data):
    if kind in ('A', 'AAAA'):
        return address(data)
    if kind == 'MX':
        preference, host = data.split()
        return int(preference).to_bytes(2, 'big') + encode_name(host)
    if kind == 'TXT':
        text = data.strip('"').encode()
        return bytes([len(text)]) + text
    return encode_name(data)


POLICY = '''version: 1
dns: { servers: ['SERVER'], deadline: DEADLINE, timeout: TIMEOUT }
lists: { friends: { domains: [.friend.example] }, dynamic: { domains: [.dsl.example] } }
listeners:
  - name: mx
    match: any
    profile: PROFILE
    mode: enforce
    checks: { ehlo_resolves: { fail: tempfail }, mail_from_dns: { fail: reject, blocked_ips: [$undeliverable, 64.94.110.11] } }
    rules:
      - { name: dsl, if: "client_ptr in $dynamic and iprev != pass", then: reject, reply: '550 5.7.1 {client_name} is dynamic' }
      - { name: odd, if: "ehlo == 'odd.example'", then: reject, reply: '550 5.7.1 {client_name} is odd' }
    exempt: [{ if: client_name in $friends, skip: [iprev, mail_from_dns] }]
'''


def explain(policy, dns, session):
    result = subprocess.run([PROGRAM, 'explain', '-c', policy, '--json', '--dns', dns, *session], capture_output=True, check=False)
    if result.returncode != 0:
        note(result.stderr.decode())
        sys.exit('explain has failed')
    return json.loads(result.stdout)


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in ('us', 'source', 'ttl', 'policy_sha256')}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def compare(number, zone, session, profile='strict', deadline='19s', timeout='4s'):
    """Both explanations, as lines, with their keys in the order in which they came."""
    zone = Zone(zone)
    with Responder(zone.answer) as server:
        text = POLICY.replace('SERVER', server.server).replace('PROFILE', profile)
        policy = write(f'policy{number}', text.replace('DEADLINE', deadline).replace('TIMEOUT', timeout))
        live = explain(policy, 'live', session)
    tape = explain(policy, 'tape:' + write(f'tape{number}', zone.tape()), session)
    return [json.dumps(without_times(answer), indent=1).splitlines() for answer in (live, tape)]


def agree(texts, label):
    if not ok(texts[0] == texts[1], label):
        note('\n'.join(difflib.unified_diff(*texts, 'live', 'tape', n=4, lineterm='')))


def session(client='203.0.113.7', ehlo='gw.shop.example', sender='<info@shop.example>', *options):
    return ['--client', client, '--ehlo', ehlo, '--mail-from', sender, *options]


R = '7.113.0.203.in-addr.arpa'
GOOD = [f'{R} PTR gw.shop.example', 'gw.shop.example A 203.0.113.7', 'shop.example MX 10 gw.shop.example',
        'shop.example TXT "v=spf1 a:gw.shop.example -all"', 'gw.shop.example TXT "v=spf1 a -all"']
CASES = {
    'all is well': (GOOD, session()),
    'IPv6': (['7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR gw.shop.example',
              'gw.shop.example AAAA 2001:db8::7'], session('2001:db8::7')),
    'nothing exists': ([], session()),
    'two names, the second one confirmed': ([f'{R} PTR a.shop.example', *GOOD, 'a.shop.example A 203.0.113.8'], session()),
    'two confirmed names': ([f'{R} PTR a.friend.example', *GOOD, 'a.friend.example A 203.0.113.7'], session()),
    'the first name fails': ([f'{R} PTR a.friend.example', *GOOD, 'a.friend.example SERVFAIL'], session()),
    'the reverse zone is delegated by CNAME': ([f'{R} CNAME 7.0-15.113.0.203.in-addr.arpa', '7.0-15.113.0.203.in-addr.arpa PTR '
                                                'gw.shop.example', *GOOD[1:]], session()),
    'an alias loop': ([f'{R} PTR loop.example', 'loop.example CNAME loop2.example', 'loop2.example CNAME loop.example'], session()),
    'dynamic': ([f'{R} PTR h7.dsl.example', *GOOD[1:]], session()),
    'an exempt friend without sender domain': ([f'{R} PTR gw.friend.example', 'gw.friend.example A 203.0.113.7'], session()),
    'decided, but for the name in the reply': (GOOD, session(ehlo='odd.example')),
    'decided': (GOOD, session(ehlo='desktop')),
    'decided, all is judged': (GOOD, session('203.0.113.7', 'desktop', '<info@shop.example>', '--all')),
    'null sender': (GOOD, session(sender='<>')),
    'literal': (GOOD, session(sender='<joe@[203.0.113.7]>')),
    'null MX': ([*GOOD[:2], 'shop.example MX 0 .'], session()),
    'blocked': ([*GOOD[:2], 'shop.example A 64.94.110.11'], session()),
    'MX without address': ([*GOOD[:2], 'shop.example MX 10 mx.shop.example', 'shop.example MX 20 gone.example'], session()),
    'the MX is refused': ([*GOOD[:2], 'shop.example MX REFUSED', 'shop.example A 203.0.113.7'], session()),
    'SPF that includes, redirects and fails': ([*GOOD[:3], 'shop.example TXT "v=spf1 include:_spf.example exists:%{i}.x.example '
                                                'mx ptr:other.example redirect=_all.example"', '_spf.example TXT "v=spf1 '
                                                'ip4:192.0.2.0/24 a:a.example ~all"', '_all.example TXT "v=spf1 -all"'], session()),
    'SPF with an error in an include': ([*GOOD[:3], 'shop.example TXT "v=spf1 include:_spf.example -all"', '_spf.example TXT SERVFAIL'],
                                        session()),
    'SPF with too many terms': ([*GOOD[:3], 'shop.example TXT "v=spf1 ' + 'a:a.example ' * 11 + '-all"'], session()),
    'a name server that keeps silent': ([f'{R} PTR TIMEOUT', 'gw.shop.example TIMEOUT', 'shop.example TIMEOUT'], session()),
    'MX hosts of which one is silent': ([*GOOD[:2], 'shop.example MX 10 a.shop.example', 'shop.example MX 20 b.shop.example',
                                         'a.shop.example A TIMEOUT'], session()),
}
random.seed(8601)
NAMES = ['gw.shop.example', 'a.shop.example', 'shop.example', 'a.friend.example', 'h.dsl.example']
RECORDS = {'A': ['203.0.113.7', '203.0.113.8', '64.94.110.11'], 'AAAA': ['2001:db8::7'], 'MX': [f'10 {n}' for n in NAMES] + ['0 .'],
           'TXT': ['"v=spf1 a mx -all"', '"v=spf1 include:a.shop.example ~all"', '"v=spf1 ptr ?all"', '"v=spf1 exists:h.dsl.example -all"']}


def random_case():
    lines = [f'{R} PTR {name}' for name in random.sample(NAMES, random.randrange(4))]
    for name in NAMES:
        if random.random() < 0.1:
            lines.append(f'{name} {random.choice(["SERVFAIL", "REFUSED"])}')
            continue
        for kind, data in RECORDS.items():
            lines += [f'{name} {kind} {d}' for d in random.sample(data, random.randrange(2 if kind == 'TXT' else len(data) + 1))]
    return lines, session('203.0.113.7', random.choice([*NAMES, 'odd.example']), random.choice(['<>', '<joe@shop.example>', '<joe@h.dsl.example>']))


for i in range(40):
    CASES[f'random zone {i}'] = random_case()
with ThreadPoolExecutor(4) as pool:
    jobs = {label: pool.submit(compare, i, *case) for i, (label, case) in enumerate(CASES.items())}
    for label, job in jobs.items():
        agree(job.result(), label)
    # Questions that outlive the deadline are time-outs, and are shown as such.
    late = compare('late', CASES['a name server that keeps silent'][0], session(ehlo='[203.0.113.7]'), deadline='500ms',
                   timeout='500ms')
    agree(late, 'nothing came before the deadline')
    ok(any('"status": "TIMEOUT"' in line for line in late[0]), 'which is in the evidence')
done()
