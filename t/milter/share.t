#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""enforce_percent: a client that comes again, and one that comes after a restart, gets the same answer."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import Daemon, policy
from tap import done, ok, same

KEYS = 'checks: { ehlo_fqdn: { fail: reject, enforce_percent: %d } }\nrules:\n' \
       '  - { name: word, if: "ehlo == \'word.example\'", then: tempfail, enforce_percent: %d }\n'
CLIENTS = [f'198.{51 + i % 3}.{i}.7' for i in range(100)] + [f'2001:db8:0:{i:x}::7' for i in range(50)]


def refused(daemon, name='desktop', last=7):
    """The clients that are refused."""
    found = set()
    for client in CLIENTS:
        with daemon.session() as session:
            session.connect(client[:-1] + str(last))
            session.helo(name)
            if session.mail().startswith('y'):
                found.add(client)
    return found


with Daemon(policy(KEYS % (40, 40))) as daemon:
    first = refused(daemon)
    same(refused(daemon), first, 'who comes again gets the same answer')
    same(refused(daemon, 'DESKTOP'), first, 'case does not count')
    same(refused(daemon, last=9), first, 'a neighbour in the /24 or /64 gets it too')
    ok(refused(daemon, 'laptop') != first, 'another greeting is another client')
    by_rule = refused(daemon, 'word.example')
    lines = daemon.wait_for_verdicts(1)
    ok(any('verdict=accept would=reject' in line for line in lines), 'the others are observed')
ok(30 < len(first) < 90, f'{len(first)} of {len(CLIENTS)} clients are refused')
with Daemon(policy(KEYS % (40, 40))) as daemon:
    same(refused(daemon), first, 'after a restart they are the same')
    same(refused(daemon, 'word.example'), by_rule, 'of a rule too')
with Daemon(policy(KEYS % (70, 70))) as daemon:
    ok(refused(daemon) > first, 'a larger share holds the smaller one')
done()
