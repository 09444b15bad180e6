#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The name server that the DNS tests rest on gives every kind of answer that its text names."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

import dns_lab
import tap

ZONE = '''
# what a name may have, and what may go wrong with it
shop.example MX 10 mx.shop.example
mx.shop.example A 192.0.2.25
mx.shop.example AAAA 2001:db8::25
nothing.example MX 0 .
alias.example CNAME shop.example
dangling.example CNAME gone.example
9.113.0.203.in-addr.arpa PTR mail.shop.example
broken.example SERVFAIL
slow.example A TIMEOUT
text.example TXT "v=spf1 -all"
'''
CASES = (
    ('shop.example', 'MX', 'NOERROR'),
    ('SHOP.example', 'MX', 'NOERROR'),
    ('shop.example', 'A', 'NODATA'),
    ('mx.shop.example', 'AAAA', 'NOERROR'),
    ('example', 'A', 'NODATA'),
    ('nothing.example', 'MX', 'NOERROR'),
    ('alias.example', 'MX', 'NOERROR'),
    ('dangling.example', 'A', 'NXDOMAIN'),
    ('9.113.0.203.in-addr.arpa', 'PTR', 'NOERROR'),
    ('8.113.0.203.in-addr.arpa', 'PTR', 'NXDOMAIN'),
    ('broken.example', 'A', 'SERVFAIL'),
    ('deep.in.broken.example', 'MX', 'SERVFAIL'),
    ('slow.example', 'A', 'TIMEOUT'),
    ('slow.example', 'AAAA', 'NODATA'),
    ('text.example', 'TXT', 'NOERROR'),
    ('nowhere.test', 'A', 'NXDOMAIN'),
)

if dns_lab.missing():
    tap.skip_all(dns_lab.missing())
with dns_lab.NameServer(ZONE) as server:
    for name, kind, expected in CASES:
        tap.same(dns_lab.ask(server.port, name, kind, 0.3 if expected == 'TIMEOUT' else 10), expected,
                 f'{name} {kind}: {expected}')
    server.stop()
    tap.same(dns_lab.ask(server.port, 'shop.example', 'MX', 0.3), 'TIMEOUT', 'stopped: no answer')
    server.start()
    tap.same(dns_lab.ask(server.port, 'shop.example', 'MX', 10), 'NOERROR', 'started again: an answer')
with dns_lab.NameServer('shop.example A 192.0.2.1\n') as server:
    server.silence()
    tap.same(dns_lab.ask(server.port, 'shop.example', 'A', 0.3), 'TIMEOUT', 'silenced: no answer')
    server.resume()
    tap.same(dns_lab.ask(server.port, 'shop.example', 'A', 10), 'NOERROR', 'no longer silenced: an answer')
tap.done()
