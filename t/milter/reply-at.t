#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Where a verdict is answered: connect, ehlo, mail, rcpt."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from milter_client import NORCPT, NR_CONN
from tap import done, ok, same

RULE = '''rules:
  - { name: stranger, if: client == 203.0.113.66, then: reject }
'''

with Daemon(policy('reply_at: connect\nexempt_authenticated: false\n' + RULE)) as daemon:
    with daemon.session() as s:
        ok(not s.steps & NR_CONN, 'connect is answered')
        ok(s.connect('203.0.113.66').startswith('y 550 5.7.1 Refused by local policy ('), 'at connect')
    with daemon.session() as s:
        same(s.connect(), 'c', 'another client')
        ok(s.helo('desktop').startswith('y 550 5.5.4 '), 'what needs the name, at EHLO')
        same(s.helo('mail.shop.example'), 'c', 'a good greeting')
        same(s.mail(), 'c', 'and MAIL')
    lines = daemon.wait_for_verdicts(2)
    ok(all(line.endswith('.0') for line in lines), 'logged with .0')
    ok('rule=stranger reply="550 5.7.1 ' in lines[0] and 'result=' not in lines[0], 'a rule is named')

with Daemon(policy('reply_at: ehlo\nexempt_authenticated: false\n' + RULE)) as daemon:
    with daemon.session() as s:
        same(s.connect('203.0.113.66'), 'c', 'nothing at connect')
        ok(s.helo('mail.shop.example').startswith('y 550 5.7.1 '), 'at EHLO')
        ok(s.helo('mail.shop.example').startswith('y 550 5.7.1 '), 'again, if the MTA asks again')
    with daemon.session() as s:
        s.connect()
        ok(s.mail().startswith('y 503 5.5.1 '), 'a missing greeting is known at MAIL')

with Daemon(policy('reply_at: ehlo\nexempt_authenticated: false')) as daemon:
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
        same(s.mail('<%s@shop.example>' % ('x' * 1000), i='4F1A2B3C4D'), 'c', 'a message with a queue id')
        s.abort()
        ok(s.helo('desktop').startswith('y 550 5.5.4 '), 'and a greeting after it, refused')
    same([line.split(':')[0] for line in daemon.wait_for_verdicts(1)], ['NOQUEUE'], 'which has none')

with Daemon(policy('''reply_at: ehlo
exempt_authenticated: false
exempt:
  - if: sender_domain == 'shop.example'
''')) as daemon:
    with daemon.session() as s:
        s.connect()
        same(s.helo('desktop'), 'c', 'an exemption is undecided: it waits')
        same(s.mail('<joe@shop.example>'), 'c', 'for MAIL, where it applies')
        ok(s.mail('<joe@other.example>').startswith('y 550 5.5.4 '), 'or not')

with Daemon(policy('reply_at: rcpt\nrules: [{ name: nobody, if: recipient == "no@example.org", then: reject }]')) as d:
    with d.session() as s:
        ok(not s.steps & NORCPT, 'RCPT is asked for')
        s.connect()
        s.helo('desktop')
        same(s.mail(), 'c', 'nothing at MAIL')
        same(s.rcpt('<Postmaster@example.org>'), 'c', 'postmaster is let through')
        same(s.rcpt('<abuse>'), 'c', 'abuse too')
        ok(s.rcpt().startswith('y 550 5.5.4 '), 'others are not')
        ok(s.rcpt('<carol@example.org>').startswith('y 550 5.5.4 '), 'none of them')
        s.abort()
        s.helo('mail.shop.example')
        same(s.mail(), 'c', 'a good name')
        same(s.rcpt(), 'c', 'passes at RCPT')
        ok(s.rcpt('<no@example.org>').startswith('y 550 5.7.1 '), 'a rule on the recipient')
        same(s.end_of_message(), ([], 'c'), 'and the message')
    lines = d.wait_for_verdicts(2)
    same(len(lines), 2, 'one line for each transaction')
    ok(lines[0].endswith('.1') and lines[1].endswith('.2'), 'with its number')
done()
