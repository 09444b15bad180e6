#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""reply_at: rcpt, with DNS: judged at each recipient and not before, and what the message needs at its end is kept till then."""
import os
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import LEAN, Daemon, policy
from dns_responder import NXDOMAIN, Responder, address, encode_name, record
from tap import done, note, ok, same

TEXT = b'v=spf1 ip4:203.0.113.0/24 -all'
ZONE = {('shop.example', 'TXT'): bytes([len(TEXT)]) + TEXT, ('mail.shop.example', 'A'): address('203.0.113.9'),
        ('9.113.0.203.in-addr.arpa', 'PTR'): encode_name('mail.shop.example')}
asked, answering = threading.Event(), threading.Event()


def zone(question):
    asked.set()
    answering.wait(20)
    data = ZONE.get((question.name, question.kind))
    return question.reply(record(None, question.kind, 300, data)) if data else question.reply(rcode=NXDOMAIN)


# So many rules that their results do not fit in beside the session's strings.
RULES = ''.join(f"  - {{ name: other{i}, if: ehlo == 'other{i}.example', then: log }}\n" for i in range(150))
POLICY = policy(f'''
reply_at: rcpt
profile: none
rules:
  - {{ name: bob, if: "recipient == 'bob@example.org'", then: tag }}
  - {{ name: nobody, if: "recipient == 'no@example.org'", then: reject }}
{RULES}checks:
  iprev: {{ no_ptr: reject, temperror: log }}
  spf_mail_from: {{ fail: tag, header: HEADER }}
''', dns=True).replace('server: {', 'server: { authserv_id: mx.example.org,')
ID = r'[0-9A-Z]{16}\.\d+'


def message(s, *recipients):
    s.connect()
    s.helo('mail.shop.example')
    return [s.mail(), *(s.rcpt(recipient)[0] for recipient in recipients)]


def ended(s):
    return [re.sub(ID, 'ID', change).split('\n')[0] for change in s.end_of_message()[0]]


with Responder(zone) as dns:
    text = POLICY.replace('version: 1', f"version: 1\ndns: {{ servers: ['{dns.server}'], deadline: 10s, timeout: 10s }}")
    for header, added in (('auth_results', ['insert 0 Authentication-Results: mx.example.org;']),
                          ('received_spf', ['insert 0 Received-SPF: pass', 'insert 0 Authentication-Results: mx.example.org;'])):
        asked.clear()
        answering.clear()
        with Daemon(text.replace('HEADER', header)) as daemon:
            with daemon.session() as s:
                same(message(s), ['c'], 'MAIL is answered')
                ok(asked.wait(20), 'DNS is asked by then')
                answering.set()
                same([s.rcpt(r)[0] for r in ('<carol@example.org>', '<no@example.org>', '<bob@example.org>')], ['c', 'y', 'c'],
                     'each recipient by itself')
                same(s.rcpt('<%s@example.org>' % ('x' * 200)), 'c', 'a long one')
                same(ended(s), ['insert 0 X-EHLO-Milter: listener=mx; rule=bob; id=ID', *added],
                     f'{header}: the headers of all of them')
            with daemon.session() as s:
                same(message(s, '<carol@example.org>'), ['c', 'c'], 'another message')
                same(ended(s), added, 'has no more than its own')
            lines = daemon.wait_for_verdicts(2)
            ok('verdict=reject' in lines[0] and 'findings=bob:true' in lines[1], 'what was found')
            same(sum('temperror' in line for line in lines), 0, 'when DNS has answered, and not while it is asked')
    with Daemon(text.replace('HEADER', 'auth_results'), environment=LEAN) as daemon:
        with daemon.session() as s:
            message(s, *['<bob@example.org>'] * 500)
            before = daemon.rss_kib()
            for i in range(5000):
                s.rcpt('<bob@example.org>' if i % 2 else '<carol@example.org>')
            grown = daemon.rss_kib() - before
            if not ok(grown < 500, '5,000 recipients of a message do not add up'):
                note(f'{grown} KiB')

# A listener that answers at MAIL, beside one that answers at RCPT.
with Daemon(policy('reply_at: rcpt').replace('listeners:\n', '''listeners:
  - name: early
    match: { client: 203.0.113.9 }
    mode: enforce
    profile: none
    checks: { ehlo_fqdn: log }
''')) as daemon:
    with daemon.session() as s:
        s.connect()
        s.helo('desktop')
        same([s.mail(), s.rcpt(), s.rcpt()], ['c', 'c', 'c'], 'what MAIL was answered holds for its recipients')
    same(len(daemon.wait_for_verdicts(1)), 1, 'and is logged once')
done()
