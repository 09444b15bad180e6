#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Any bytes as name, sender or macro: one answer, one well-formed line, a reply within its limit."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import random
import re

from daemon import Daemon, policy
from milter_client import POSTFIX, SENDMAIL
from tap import done, note, ok

VALUE = r'(?:""|[!-~]*)'
LINE = re.compile(
    r'ehlo-milter: (?:NOQUEUE|[!-~]+): verdict=(?:accept|tempfail|reject)(?: would=(?:accept|tempfail|reject))?'
    r' listener=mx(?: listener_unsure=true)?(?: client=[0-9a-f.:]+)?'
    rf'(?: client_name={VALUE})?(?: ehlo={VALUE})?(?: verb=(?:EHLO|HELO))?(?: from=<[!-~]*>)?'
    r'(?: check=[a-z_]+ result=[a-z]+| rule=[a-z_]+)?(?: reply="(?:[ !#-~])*")?'
    r'(?: findings=[a-z_:,]+)? policy=[0-9a-f]{8} id=[0-9A-HJKMNP-TV-Z]{16}\.\d+')
REPLY = re.compile(r'y [45]\d\d [45]\.\d+\.\d+ [ -~]+')
POLICY = policy('''
profile: strict
rules:
  - { name: shown, if: "ehlo contains 'e'", then: reject, reply: "550 5.7.1 {ehlo} {client_name} {sender_domain} %" }
''', level='debug')
SPECIAL = [b'\r', b'\n', b'%', b'%s', b'"', b'\\', b' ', b'<', b'>', b'=', b'\x1b[31m', b'\xff', b'\xc3\xbc',
           b'@', b'.', b'[', b']', b':', b'e', b'a', b'-', b'1', b' verdict=reject']
random.seed(5321)


def some_bytes(length):
    data = b''
    while len(data) < length:
        data += random.choice(SPECIAL) if random.random() < 0.7 else bytes([random.randrange(1, 256)])
    return data[:length]


def check(answer):
    if answer[0] != 'y':
        return answer in ('a', 'c')
    text = answer[2:]
    return REPLY.fullmatch(answer) and len(text) <= 510 and '%' not in text.replace('%%', '')


with Daemon(POLICY) as daemon:
    bad = []
    lengths = [random.randrange(0, 60) for _ in range(1000)] + [255, 256, 600, 5000, 60000] * 2
    for i, length in enumerate(lengths):
        name, sender, host = some_bytes(length), some_bytes(length), some_bytes(min(length, 300))
        macros = dict(POSTFIX if i % 2 else SENDMAIL)
        if i % 3 == 0:
            macros = {key: some_bytes(random.randrange(0, 40)) for key in macros}
        with daemon.session(macros=macros) as s:
            s.connect(name=host)
            answers = [s.helo(name), s.mail(sender, auth_authen=some_bytes(i % 7), i=some_bytes(i % 9))]
        if not all(map(check, answers)):
            bad.append((name[:40], sender[:40], answers))
    ok(not bad, f'{len(lengths)} sessions: one clean answer each')
    for row in bad[:5]:
        note(repr(row))
    lines = [line for line in daemon.log() if ' verdict=' in line or not line.startswith('ehlo-milter: ')]
    lines = [line.replace('ehlo-milter: debug: ', 'ehlo-milter: ') for line in lines if 'policy: /' not in line]
    odd = [line for line in lines if not LINE.fullmatch(line) or len(line) >= 4000]
    ok(not odd, f'{len(lines)} log lines, each well formed')
    for line in odd[:5]:
        note(repr(line))
    ok(len(lines) >= 900, 'most of them have a line')

RULES = ''.join(f"  - {{ name: {'r' * 25}{i}, if: ehlo == 'mail.shop.example', then: log }}\n" for i in range(200))
with Daemon(policy('profile: none\nrules:\n' + RULES)) as daemon:
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
        s.mail()
    line = daemon.wait_for_verdicts(1)[0]
    ok(re.search(r':true,\.\.\. policy=[0-9a-f]{8} id=\w{16}\.1$', line), 'many findings leave room for the id')
done()
