#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real authoritative server: nsd on a port of its own."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../lib')

from dns_ask import Ask
from tap import PATIENCE_S, done, ok, same, skip_all

ZONE = '''$ORIGIN shop.test.
$TTL 300
@ IN SOA ns root 1 3600 900 604800 60
@ IN NS ns
ns A 127.0.0.1
@ MX 20 mx2
@ MX 10 mx1
@ TXT "v=spf1 " "-all"
mx1 A 192.0.2.25
mx1 30 AAAA 2001:db8::25
mx2 A 192.0.2.26
mail 60 A 192.0.2.7
alias CNAME mail
chain CNAME alias
loop CNAME loop2
loop2 CNAME loop
gone CNAME nowhere
null MX 0 .
\\"odd\\".\\009name TXT "x"
*.wild A 192.0.2.9
'''
REVERSE = '''$ORIGIN 2.0.192.in-addr.arpa.
$TTL 3600
@ IN SOA ns.shop.test. root.shop.test. 1 3600 900 604800 60
@ IN NS ns.shop.test.
7 PTR mail.shop.test.
8 PTR my\\032host.shop.test.
9 CNAME 9.8/29
9.8/29 PTR mail.shop.test.
'''
CONFIG = '''server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  zonesdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  pidfile: "{folder}/pid"
  logfile: "{folder}/log"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: shop.test
  zonefile: shop.zone
zone:
  name: 2.0.192.in-addr.arpa
  zonefile: reverse.zone
zone:
  name: broken.test
  zonefile: missing.zone
'''

# name, type, answer
CASES = [
    ('mail.shop.test', 'A', 'NOERROR 60 net 192.0.2.7'),
    ('MAIL.Shop.Test.', 'AAAA', 'NODATA 60 net'),
    ('shop.test', 'MX', 'NOERROR 300 net 10:mx1.shop.test 20:mx2.shop.test'),
    ('shop.test', 'TXT', 'NOERROR 300 net 11:v=spf1\\x20-all'),
    ('shop.test', 'A', 'NODATA 60 net'),
    ('mx1.shop.test', 'AAAA', 'NOERROR 30 net 2001:db8::25'),
    ('nowhere.shop.test', 'A', 'NXDOMAIN 60 net'),
    ('alias.shop.test', 'A', 'NOERROR 60 net 192.0.2.7'),
    ('chain.shop.test', 'A', 'NOERROR 60 net 192.0.2.7'),
    ('chain.shop.test', 'MX', 'NODATA 60 net'),
    ('gone.shop.test', 'A', 'NXDOMAIN 60 net'),
    ('null.shop.test', 'MX', 'NOERROR 300 net 0:.'),
    ('\\034odd\\034.\\009name.shop.test', 'TXT', 'NOERROR 300 net 1:x'),
    ('a.b.wild.shop.test', 'A', 'NOERROR 300 net 192.0.2.9'),
    ('7.2.0.192.in-addr.arpa', 'PTR', 'NOERROR 3600 net mail.shop.test'),
    ('8.2.0.192.in-addr.arpa', 'PTR', 'NOERROR 3600 net my\\032host.shop.test!'),
    ('9.2.0.192.in-addr.arpa', 'PTR', 'NOERROR 3600 net mail.shop.test'),
    ('6.2.0.192.in-addr.arpa', 'PTR', 'NXDOMAIN 60 net'),
    ('2.0.192.in-addr.arpa', 'PTR', 'NODATA 60 net'),
    ('loop.shop.test', 'A', 'SERVFAIL 0 net'),
    ('a.broken.test', 'A', 'SERVFAIL 0 net'),
    ('a.other.test', 'A', 'REFUSED 0 net'),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def start(nsd, folder):
    """The server, when it listens; a port that was taken meanwhile is tried again with another."""
    for _ in range(5):
        port = free_port()
        with open(folder + '/conf', 'w', encoding='ascii') as file:
            file.write(CONFIG.format(port=port, folder=folder))
        process = subprocess.Popen([nsd, '-d', '-c', folder + '/conf'], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
                return process, f'127.0.0.1:{port}'
            except OSError:
                time.sleep(0.01)
        process.kill()
        process.wait()
    sys.exit('nsd does not start')


nsd = shutil.which('nsd', path='/usr/sbin:/usr/local/sbin:' + os.environ['PATH'])
if not nsd:
    skip_all('nsd is not installed')
with tempfile.TemporaryDirectory() as folder:
    with open(folder + '/shop.zone', 'w', encoding='ascii') as file:
        file.write(ZONE)
        for i in range(61):
            file.write(f'many TXT "{i:02} {"x" * 60}"\n')
    with open(folder + '/reverse.zone', 'w', encoding='ascii') as file:
        file.write(REVERSE)
    process, server = start(nsd, folder)
    try:
        with Ask(server) as asker:
            for name, kind, expected in CASES:
                if '\\' in name and asker.is_new():
                    continue		# it does not send such names
                found = asker.answers((name, kind))[0]
                # The order of records of one name is the server's.
                same(sorted(found.split(' ')), sorted(expected.split(' ')), f'{name} {kind}: {found}')
            many = asker.answers(('many.shop.test', 'TXT'))[0].split(' ')
            same((many[0], len(many) - 3), ('NOERROR', 61), '61 records by TCP')
            same(asker.answers(('shop.test', 'TXT')), ['NOERROR 300 cache 11:v=spf1\\x20-all'], 'and from the cache')
            found = asker.tell('burst', 8000, 'wild.shop.test', 60000)
            same(found, ['NOERROR 8000'], '8000 names at once')
            ok(not asker.is_down(), 'DNS is there')
    finally:
        process.terminate()
        process.wait(20)
done()
