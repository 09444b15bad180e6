#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""EHLO or HELO: by macro r of Sendmail, by the marker of Postfix, else unknown."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from milter_client import POSTFIX, SENDMAIL
from tap import done, ok, same

VERB = 'checks: { ehlo_verb: { fail: reject } }'


def judge(daemon, name, macros=None, **mail):
    with daemon.session(macros=macros) as s:
        s.connect()
        if name is not None:
            s.helo(name)
        return s.mail(**mail)


with Daemon(policy(VERB, level='debug')) as daemon:
    same(judge(daemon, 'mail.shop.example', SENDMAIL, r='ESMTP'), 'c', 'r=ESMTP')
    same(judge(daemon, 'mail.shop.example', SENDMAIL, r='ESMTPSA'), 'c', 'r=ESMTPSA')
    ok(judge(daemon, 'mail.shop.example', SENDMAIL, r='SMTP').startswith('y 503 5.5.1 Use EHLO ('), 'r=SMTP')
    same(judge(daemon, 'mail.shop.example', SENDMAIL), 'c', 'no r: unknown')
    same(judge(daemon, 'mail.shop.example', POSTFIX, r='SMTP'), 'c', 'Postfix has no r')
    ok(judge(daemon, None, SENDMAIL, r='ESMTP').startswith('y 503 5.5.1 Send HELO'),
       'r lies when no greeting was seen')
    lines = daemon.wait_for_verdicts(6)
    ok(' verb=EHLO ' in lines[0] and ' verb=HELO ' in lines[2], 'the log has the verb')
    ok(' verb=' not in lines[3] and ' verb=' not in lines[4], 'where it is known')

with Daemon(policy(VERB + '\nhelo_marker: trailing_dot', level='debug')) as daemon:
    same(judge(daemon, 'mail.shop.example'), 'c', 'no dot: EHLO')
    ok(judge(daemon, 'mail.shop.example.').startswith('y 503 5.5.1 Use EHLO ('), 'a dot: HELO')
    ok(judge(daemon, '[192.0.2.1].').startswith('y 503 5.5.1 '), 'a literal too')
    lines = daemon.wait_for_verdicts(3)
    ok(' ehlo=mail.shop.example verb=HELO ' in lines[1], 'the dot is no part of the name')
    ok(' ehlo=[192.0.2.1] verb=HELO ' in lines[2], 'nor of a literal')
done()
