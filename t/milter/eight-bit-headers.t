#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""eight_bit_headers: reject: headers that hold other than ASCII."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from milter_client import NOHDRS, NR_HDR
from tap import done, ok, same

REPLY = 'y 554 5.6.0 8-bit bytes in a header, RFC 5322 2.2 (ID)'
LATIN, UTF8, ENCODED = ('Subject', b'caf\xe9'), ('Subject', 'caf\u00e9'), ('Subject', '=?utf-8?q?caf=C3=A9?=')
OURS = ('X-EHLO-Milter', 'forged')


def masked(text):
    return re.sub('[0-9A-Z]{16}', 'ID', text)


def message(daemon, headers, *parameters, ehlo='mail.shop.example', recipients=('<bob@example.org>',), **macros):
    """The first answer to one of the headers that is not to go on; else what follows the end."""
    with daemon.session() as s:
        s.connect()
        s.helo(ehlo)
        answer = s.mail('<joe@shop.example>', *parameters, i='QUEUE', **macros)
        if answer != 'c':
            return answer
        for recipient in recipients:
            s.rcpt(recipient)
        for header in headers:
            answer = s.header(*header)
            if answer != 'c':
                return masked(answer)
        return s.end_of_message()


def text_of(keys=''):
    return policy(f'profile: none\ncommands: {{ eight_bit_headers: reject }}\n{keys}')


with Daemon(text_of()) as daemon:
    with daemon.session() as s:
        ok(not s.steps & (NOHDRS | NR_HDR), 'the MTA shows headers, and waits')
    same(message(daemon, [ENCODED, LATIN]), REPLY, 'a byte outside ASCII is refused')
    ok(re.search(r'QUEUE: verdict=reject listener=mx client=203\.0\.113\.9 ehlo=mail\.shop\.example '
                 r'command=eight_bit_headers header=Subject reply="554 5\.6\.0 8-bit bytes in a header, RFC 5322 2\.2 '
                 r'\(ID\)" policy=\w{8} id=ID\.1', masked(daemon.wait_for_verdicts(1)[0])), 'and logged')
    same(message(daemon, [UTF8]), REPLY, 'UTF-8 too')
    same(message(daemon, [('Subj\u00e9ct', 'a')]), REPLY, 'and in the name of a header')
    same(message(daemon, [('Subject', 'a'), ('To', 'a\n\tb'), ('From', '')]), ([], 'c'), 'ASCII passes')
    same(message(daemon, [ENCODED]), ([], 'c'), 'encoded words pass')
    same(message(daemon, [UTF8], 'SIZE=100', 'smtputf8'), 'a', 'SMTPUTF8 has declared them')
    same(message(daemon, [UTF8], 'SIZE=100', 'BODY=8BITMIME'), REPLY, '8BITMIME speaks of the body only')
    same(message(daemon, [], auth_authen='bob'), 'a', 'who has authenticated is exempt')
    with daemon.session() as s:
        s.connect()
        s.helo('a.example')
        answers = [s.mail('<a@b.example>', 'SMTPUTF8'), s.abort(), s.mail('<a@b.example>'), masked(s.header(*UTF8)),
                   s.mail('<a@b.example>'), s.header(*ENCODED), s.end_of_message()]
        same(answers, ['a', None, 'c', REPLY, 'c', 'c', ([], 'c')], 'each message for itself')

for text, label in ((text_of().replace('mode: enforce', 'mode: observe'), 'observe'),
                    (text_of().replace('log: stderr', 'log: stderr, enforce: false'), 'server.enforce: false')):
    with Daemon(text) as daemon:
        same(message(daemon, [LATIN, UTF8, LATIN]), ([], 'c'), f'{label}: they pass')
        lines = daemon.wait_for_verdicts(1)
        ok(len(lines) == 1 and ' verdict=accept would=reject listener=mx ' in lines[0]
           and ' command=eight_bit_headers ' in lines[0], 'one line tells of them')

with Daemon(text_of('rules: [{ name: t, if: ehlo == "tag.example", then: tag }]')) as daemon:
    same(message(daemon, [OURS, UTF8], ehlo='tag.example'), REPLY, 'with headers of our own')
    changes, last = message(daemon, [OURS, ENCODED], ehlo='tag.example')
    ok(len(changes) == 2 and changes[0] == 'delete X-EHLO-Milter number 1' and last == 'c', 'which are cared for as ever')

with Daemon(text_of('always_deliver_to: [postmaster]\nreply_at: rcpt\n'
                    'exempt: [{ if: ehlo == "known.example" }]')) as daemon:
    same(message(daemon, [UTF8], recipients=['<postmaster@example.org>']), ([], 'c'), 'what postmaster alone gets passes')
    same(message(daemon, [UTF8], recipients=['<postmaster@example.org>', '<bob@example.org>', '<postmaster>']), REPLY,
         'what others get too does not')
    same(message(daemon, [UTF8], ehlo='known.example'), ([], 'c'), 'who is exempt from everything may')
    odd = message(daemon, [('X-"\r\n\u00e9' + 'x' * 100, 'a')])
    ok(odd == REPLY and all(byte not in daemon.wait_for_verdicts(2)[1].split('header=')[1].split(' reply=')[0]
                            for byte in '"\u00e9\r'), 'an odd name is harmless in the log')

both = text_of() + '''  - { name: other, match: any, profile: none }
'''
with Daemon(both.replace('match: any', 'match: { daemon_name: strict }', 1)) as daemon:
    same(message(daemon, []), 'a', 'another listener accepts them')
done()
