#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The headers that a tag adds, and those under our names that came in: none of them gets through."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from milter_client import ADDHDRS, CHGHDRS
from tap import done, ok, same

TAG = policy('''
profile: none
rules:
  - { name: bare, if: ehlo_kind == 'bare_ip', then: tag }
  - { name: held, if: ehlo == "held.example", then: quarantine }
checks: { ehlo_fqdn: tag, iprev: { no_ptr: tag, fail: tag, temperror: tag, dns_source: mta } }
''').replace('server: { ', 'server: { authserv_id: mx.example.org, ')
ID = r'[0-9A-Z]{16}\.\d+'


def message(daemon, name, headers=(), resolve='OK', **macros):
    with daemon.session(macros={'j': 'mx.example.org', '{client_resolve}': resolve}) as s:
        s.connect(**macros)
        s.helo(name)
        answer = s.mail()
        if answer != 'c':
            return answer
        for header in headers:
            s.header(*header)
        changes, last = s.end_of_message()
        return [re.sub(ID, 'ID', text) for text in changes], last


FORGED = [('X-EHLO-Milter', 'listener=mx; iprev=pass'), ('Received', 'from x'),
          ('Authentication-Results', 'mx.example.org; iprev=pass'),
          ('Authentication-Results', 'other.example; spf=pass'),
          ('AUTHENTICATION-RESULTS', '(a (b) \\)) MX.example.org(c); spf=pass'),
          ('authentication-results', '\n\t"mx.example.org" 1; spf=pass'),
          ('Authentication-Results', 'mx.example.org.evil.example; spf=pass'),
          ('Authentication-Results', '"mx.example.org\\.evil"; spf=pass'),
          ('x-ehlo-milter', 'anything'), ('X-EHLO-Milter-Else', 'kept'),
          ('Authentication-Results', 'mx.example.org')]
REMOVED = ['delete Authentication-Results number 7', 'delete X-EHLO-Milter number 2',
           'delete Authentication-Results number 4', 'delete Authentication-Results number 3',
           'delete Authentication-Results number 1', 'delete X-EHLO-Milter number 1']
PASSED = 'insert 0 Authentication-Results: mx.example.org;\n\tiprev=pass policy.iprev=203.0.113.9'

with Daemon(TAG) as daemon:
    same(message(daemon, 'mail.shop.example'), ([PASSED], 'c'), 'nothing found: only the results')
    same(message(daemon, 'desktop', resolve='FAIL'), ([
        'insert 0 X-EHLO-Milter: listener=mx; ehlo_fqdn=fail; iprev=no_ptr; id=ID',
        'insert 0 Authentication-Results: mx.example.org;\n\tiprev=permerror policy.iprev=203.0.113.9'], 'c'),
        'what was found, in the order of the table')
    same(message(daemon, '192.0.2.1', resolve='FORGED', address='2001:db8::9'), ([
        'insert 0 X-EHLO-Milter: listener=mx; iprev=fail; rule=bare; id=ID',
        'insert 0 Authentication-Results: mx.example.org;\n\tiprev=fail policy.iprev="2001:db8::9"'], 'c'),
        'a rule; a colon is quoted')
    same(message(daemon, 'mail.shop.example', FORGED), (REMOVED + [PASSED], 'c'),
         'forged ones are removed from the last one up, others stay')
    same(message(daemon, 'mail.shop.example', FORGED, address='127.0.0.1'), (REMOVED, 'c'),
         'from an exempt client too, which is not judged')
    same(message(daemon, 'held.example'), ([PASSED, 'quarantine ehlo-milter: held (ID)'], 'c'), 'quarantine')
    with daemon.session() as s:
        s.connect()
        s.helo('desktop')
        s.mail()
        s.header(*FORGED[0])
        s.abort()
        s.helo('mail.shop.example')
        s.mail()
        changes, _ = s.end_of_message()
        ok(len(changes) == 1 and 'iprev' in changes[0] or not changes, 'what one message left is not done to the next')
    with daemon.session(macros={'j': 'mx.example.org', '{client_resolve}': 'OK'}) as s:
        s.connect()
        s.helo('held.example')
        s.mail()
        with daemon.session(actions=0):
            pass
        s.header(*FORGED[0])
        same(len(s.end_of_message()[0]), 3, 'what another connection offers changes nothing')
    lines = daemon.wait_for_verdicts(4)
    ok(any('verdict=quarantine listener=mx ' in line and ' rule=held ' in line for line in lines), 'quarantine is logged')
with Daemon(TAG.replace('mode: enforce', 'mode: observe')) as daemon:
    same(message(daemon, 'desktop', resolve='FAIL')[0][0],
         'insert 0 X-EHLO-Milter: listener=mx; ehlo_fqdn=fail; iprev=no_ptr; id=ID', 'observe tags')
    same(message(daemon, 'held.example')[0], [PASSED], 'and puts nothing into quarantine')
with Daemon(TAG) as daemon:
    with daemon.session(actions=0) as s:
        s.connect()
        s.helo('desktop')
        same(s.mail(), 'c', 'an MTA that lets nothing be changed')
        same(s.end_of_message()[1], 'c', 'delivers all the same')
    same(sum('does not let a milter' in line for line in daemon.log()), 1, 'and the operator is told')
with Daemon(TAG) as daemon:
    with daemon.session(actions=ADDHDRS | CHGHDRS, macros={'j': 'mx.example.org', '{client_resolve}': 'OK'}) as s:
        s.connect()
        s.helo('held.example')
        s.mail()
        s.header(*FORGED[0])
        same(s.end_of_message(), (['delete X-EHLO-Milter number 1', PASSED], 'c'), 'one without quarantine: headers are changed')
    ok(any('does not let a milter put mail into quarantine' in line for line in daemon.log()), 'and that is told')
done()
