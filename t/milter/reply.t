#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The reply of each check, and those that a policy gives itself."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from tap import done, ok, same


def judge(daemon, name, sender='<joe@shop.example>', client='203.0.113.9'):
    with daemon.session() as s:
        s.connect(client)
        if name is not None:
            s.helo(name)
        answer = s.mail(sender)
    return answer.rsplit(' (', 1)[0] if answer[0] == 'y' else answer


with Daemon(policy()) as daemon:
    for name, expected in (
            (None, 'y 503 5.5.1 Send HELO/EHLO first'),
            ('', 'y 550 5.5.4 Invalid HELO/EHLO name, RFC 5321 4.1.1.1'),
            ('a b', 'y 550 5.5.4 Invalid HELO/EHLO name, RFC 5321 4.1.1.1'),
            ('desktop', 'y 550 5.5.4 HELO/EHLO name is not fully qualified, RFC 5321 2.3.5'),
            ('mx.example.org', 'y 550 5.7.1 HELO/EHLO name belongs to this server'),
            ('[198.51.100.1]', 'y 550 5.7.1 HELO/EHLO name belongs to this server'),
            ('localhost.localdomain', 'y 550 5.7.1 HELO/EHLO name belongs to this server'),
            ('192.0.2.1', 'c'),
            ('[192.0.2.1]', 'c'),
            ('mail.shop.example', 'c')):
        same(judge(daemon, name), expected, repr(name))
    same(judge(daemon, 'mx.example.org', client='198.51.100.1'), 'c', 'from our own address')

with Daemon(policy('''
profile: none
rules:
  - { name: full, if: "ehlo == 'full.example'", then: reject,
      reply: "551 5.1.1 Your domain '{ehlo}' has been blocklisted." }
  - { name: away, if: "ehlo == 'away.example'", then: tempfail, reply: "421 4.7.0 {client} {rule} {listener} 100%" }
  - { name: plain, if: "ehlo == 'plain.example'", then: reject }
  - { name: soft, if: "ehlo == 'soft.example'", then: tempfail }
''')) as daemon:
    same(judge(daemon, 'full.example'), "y 551 5.1.1 Your domain 'full.example' has been blocklisted.",
         "Stalwart's example")
    same(judge(daemon, 'away.example'), 'y 421 4.7.0 203.0.113.9 away mx 100%%', 'a percent sign is doubled')
    same(judge(daemon, 'plain.example'), 'y 550 5.7.1 Refused by local policy', 'a rule without reply')
    same(judge(daemon, 'soft.example'), 'y 450 4.7.1 Refused by local policy', 'a tempfail without reply')
    ok(all(' rule=' in line for line in daemon.wait_for_verdicts(4)), 'each names its rule')
done()
