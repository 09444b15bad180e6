#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Only what the policy needs is asked for."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from milter_client import (NOBODY, NODATA, NOEOH, NOHDRS, NORCPT, NOUNKNOWN, NR_CONN, SETSYMLIST)
from tap import done, ok, same

NOTHING_LATE = NODATA | NOHDRS | NOEOH | NOBODY | NOUNKNOWN

for keys, steps, label in (
        ('', NOTHING_LATE | NORCPT | NR_CONN, 'reply_at: mail'),
        ('reply_at: ehlo\nexempt_authenticated: false', NOTHING_LATE | NORCPT | NR_CONN, 'reply_at: ehlo'),
        ('reply_at: connect\nexempt_authenticated: false', NOTHING_LATE | NORCPT, 'reply_at: connect'),
        ('reply_at: rcpt', NOTHING_LATE | NR_CONN, 'reply_at: rcpt')):
    with Daemon(policy(keys)) as daemon:
        with daemon.session() as s:
            same(hex(s.steps), hex(steps), label)
            same(s.actions & ~SETSYMLIST, 0, 'no change of the message is asked for')
            ok(s.symbols[0].split()[:4] == ['j', 'v', '{daemon_name}', '{daemon_port}'], 'macros at connect')
            same(s.symbols[1], '{tls_version}', 'at HELO')
            same(s.symbols[2], 'i r {auth_authen} {tls_version}', 'at MAIL')
            same(s.symbols[3], '{none}', 'none at RCPT')
        with daemon.session(actions=0, steps=0) as s:
            same(s.symbols, {}, 'an MTA that cannot be asked is not')
            s.connect()
            s.helo('mail.shop.example')
            ok(s.mail() in 'ac', 'and is served all the same')
done()
