#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What is counted of DNS, beside a real name server: questions, answers, the cache, and that DNS is down."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import dns_lab
from daemon import Daemon
from metrics import changes, scrape, total
from tap import done, ok, same, skip_all

if dns_lab.missing():
    skip_all(dns_lab.missing())
POLICY = '''version: 1
server: {{ log: stderr, metrics: "unix:{path}" }}
dns: {{ servers: ["127.0.0.1:{port}"], deadline: 20s, timeout: 1s }}
listeners:
  - {{ name: mx, match: any, profile: none, mode: enforce, checks: {{ iprev: {{ no_ptr: log }}, mail_from_dns: {{ fail: log, temperror: log }} }} }}
'''
ZONE = '''
9.113.0.203.in-addr.arpa PTR mail.shop.example
mail.shop.example A 203.0.113.9
shop.example MX 10 mx.shop.example
mx.shop.example A 203.0.113.25
broken.example SERVFAIL
slow.example MX TIMEOUT
'''


COUNTED = ('dns_questions', 'dns_answers')


def session(daemon, sender):
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
        s.mail(f'<joe@{sender}>')


def settled(daemon, where):
    """The figures when each question has its answer, also those that nobody waits for any more."""
    daemon.wait_for(lambda: (lambda found: not found['sessions_open'] and found['dns_questions_total{source="net"}'] ==
                             total(found, 'dns_answers_total'))(scrape(where)))
    return scrape(where)


def answers(status, *types):
    return {f'dns_answers_total{{type="{kind}",status="{status}"}}': count for kind, count in types}


def questions(**sources):
    return {f'dns_questions_total{{source="{source}"}}': count for source, count in sources.items()}


def check_counts(daemon, where):
    own = 2		# PTR and A of the client
    for label, sender, expected in (
            ('all is asked', 'shop.example',
             {**questions(net=own + 5), **answers('NOERROR', ('PTR', 1), ('A', 2), ('MX', 1)), **answers('NODATA', ('A', 1), ('AAAA', 2))}),
            ('all is in the cache', 'shop.example', questions(cache=own + 5)),
            ('a domain that does not exist', 'nowhere.example',
             {**questions(cache=own, net=3), **answers('NXDOMAIN', ('MX', 1), ('A', 1), ('AAAA', 1))}),
            ('one whose servers fail', 'broken.example',
             {**questions(cache=own, net=3), **answers('SERVFAIL', ('MX', 1), ('A', 1), ('AAAA', 1))}),
            ('one that is never answered', 'slow.example',
             {**questions(cache=own, net=3), **answers('TIMEOUT', ('MX', 1)), **answers('NODATA', ('A', 1), ('AAAA', 1))})):
        before = settled(daemon, where)
        session(daemon, sender)
        same(changes(before, settled(daemon, where), COUNTED), expected, label)
    found = settled(daemon, where)
    same((found['dns_duration_seconds_count'], found['dns_duration_seconds_bucket{le="0.5"}']),
         (total(found, 'dns_answers_total'), total(found, 'dns_answers_total') - 1), 'each answer was timed, and one took long')
    ok(found['dns_cache_answers'] > 0 and found['dns_cache_bytes'] > 0, 'the cache has a size')


def check_down(daemon, where, server):
    """Of unrelated names, so that it is not the fault of one domain."""
    numbers = iter(range(1000000))

    def ask():
        session(daemon, f'gone{next(numbers)}.example')
        return scrape(where)['dns_down']

    same(ask(), 0, 'DNS is there')
    server.stop()
    daemon.wait_for(lambda: ask() == 1)
    ok(True, 'DNS is down')
    server.start()
    daemon.wait_for(lambda: ask() == 0)
    ok(True, 'DNS is back')


with tempfile.TemporaryDirectory() as folder, dns_lab.NameServer(ZONE) as server:
    path = folder + '/metrics'
    with Daemon(POLICY.format(path=path, port=server.port)) as daemon:
        check_counts(daemon, path)
        check_down(daemon, path, server)
done()
