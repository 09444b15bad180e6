#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Who is exempt whatever the policy says, and what takes that back."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from milter_client import POSTFIX
from tap import done, ok, same


def judge(daemon, address, macros=None, port=40000, name=None, **mail):
    with daemon.session(macros=macros) as s:
        s.connect(address, port=port, name=name)
        s.helo('desktop')
        return s.mail(**mail)[0]


LOCAL = dict(POSTFIX, **{'{daemon_port}': '0'})

with Daemon(policy()) as daemon:
    same(judge(daemon, '203.0.113.9'), 'y', 'a stranger')
    same(judge(daemon, '2001:db8::9'), 'y', 'by IPv6')
    same(judge(daemon, '::ffff:203.0.113.9'), 'y', 'by a mapped address')
    same(judge(daemon, '127.0.0.1'), 'c', 'loopback')
    same(judge(daemon, '::1'), 'c', 'IPv6 loopback')
    same(judge(daemon, '::ffff:127.0.0.1'), 'c', 'mapped loopback')
    same(judge(daemon, None), 'c', 'no address at all')
    same(judge(daemon, '/run/client'), 'c', 'a unix socket')
    same(judge(daemon, '203.0.113.9', auth_authen='joe'), 'c', 'authenticated')
    same(judge(daemon, '203.0.113.9', auth_authen=''), 'y', 'an empty login is none')
    same(judge(daemon, '203.0.113.9', tls_version='TLSv1.3'), 'y', 'TLS exempts nobody')
    ok(any('client=203.0.113.9 ' in line for line in daemon.wait_for_verdicts(4)),
       'a mapped address is logged as IPv4')

with Daemon(policy('exempt_loopback: false\nexempt_authenticated: false')) as daemon:
    same(judge(daemon, '127.0.0.1'), 'y', 'exempt_loopback: false')
    same(judge(daemon, '203.0.113.9', auth_authen='joe'), 'y', 'exempt_authenticated: false')
    same(judge(daemon, '127.0.0.1', LOCAL, 0), 'c', 'a local submission stays exempt')
    same(judge(daemon, '127.0.0.1', False, 0), 'c', 'also without the macro')
    same(judge(daemon, None), 'c', 'so does a client without address')

with Daemon(policy('''
exempt:
  - { if: client in 192.0.2.0/24, skip: [ehlo_fqdn] }
  - { if: client_name == 'mail.partner.example' }
checks:
  ehlo_resolves: off
  ehlo_matches_client: off
  iprev: { no_ptr: off, fail: off, temperror: off, dns_source: mta }
  mail_from_dns: off
  spf_helo: off
  spf_mail_from: off
''', dns=True)) as daemon:
    same(judge(daemon, '192.0.2.9'), 'c', 'exempt by network')
    same(judge(daemon, '203.0.113.9', name='mail.partner.example'), 'c', 'exempt by confirmed name')
    for name in ('unknown', '[203.0.113.9]'):
        for resolve, code in (('FAIL', '550 5.5.4'), ('FORGED', '550 5.5.4'), ('TEMP', '451 4.4.3'), (None, '451 4.4.3')):
            with daemon.session(macros=dict(POSTFIX, **({'{client_resolve}': resolve} if resolve else {}))) as s:
                s.connect(name=name)
                s.helo('desktop')
                same(s.mail()[2:11], code, f'{name}, {resolve}: ' + ('no confirmed name' if code[0] == '5' else
                     'it may have one: the reject becomes a tempfail'))
    same(judge(daemon, '203.0.113.9', name=''), 'y', 'an empty host argument')
done()
