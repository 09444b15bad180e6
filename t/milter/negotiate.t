#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Only what the policy needs is asked for."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from milter_client import (ADDHDRS, CHGHDRS, NOBODY, NODATA, NOEOH, NOHDRS, NORCPT, NOUNKNOWN, NR_CONN, NR_HDR, QUARANTINE,
                           SETSYMLIST)
from tap import done, ok, same

NOTHING_LATE = NODATA | NOEOH | NOBODY | NOUNKNOWN
PLAIN = 'profile: none\nrules: [{ name: a, if: ehlo == "a.example", then: reject }]\n'
ASKS = 'profile: none\nchecks: { iprev: { no_ptr: reject } }\n'

for keys, steps, actions, label in (
        (PLAIN, NOTHING_LATE | NOHDRS | NORCPT | NR_CONN, 0, 'reply_at: mail'),
        (PLAIN + 'reply_at: ehlo\nexempt_authenticated: false', NOTHING_LATE | NOHDRS | NORCPT | NR_CONN, 0,
         'reply_at: ehlo'),
        (PLAIN + 'reply_at: connect\nexempt_authenticated: false', NOTHING_LATE | NOHDRS | NORCPT, 0,
         'reply_at: connect'),
        (PLAIN + 'reply_at: rcpt', NOTHING_LATE | NOHDRS | NR_CONN, 0, 'reply_at: rcpt'),
        (ASKS, NOTHING_LATE | NOHDRS | NORCPT, 0, 'DNS is asked at connect'),
        (PLAIN.replace('reject', 'tag'), NOTHING_LATE | NR_HDR | NORCPT | NR_CONN, ADDHDRS | CHGHDRS, 'tag'),
        (PLAIN.replace('reject', 'quarantine'), NOTHING_LATE | NOHDRS | NORCPT | NR_CONN, QUARANTINE, 'quarantine')):
    # Nobody listens on port 1.
    nowhere = "dns: { servers: ['127.0.0.1:1'], deadline: 100ms, timeout: 100ms }\nserver:"
    with Daemon(policy(keys).replace('server:', nowhere)) as daemon:
        with daemon.session() as s:
            same(hex(s.steps), hex(steps), label)
            same(hex(s.actions & ~SETSYMLIST), hex(actions), 'the changes of the message that it needs')
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
