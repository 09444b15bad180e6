#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Observe tells what enforce would do."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from tap import done, ok, same


def judge(daemon):
    with daemon.session() as s:
        s.connect()
        s.helo('desktop')
        return s.mail()


def line_of(daemon):
    return daemon.wait_for_verdicts(1)[0]


for text, options, label in (
        (policy().replace('mode: enforce', 'mode: observe'), (), 'mode: observe'),
        (policy().replace('log: stderr', 'log: stderr, enforce: false'), (), 'server.enforce: false'),
        (policy(), ('--observe',), 'run --observe'),
        (policy('checks: { ehlo_fqdn: { fail: reject, mode: observe } }'), (), 'observe of the check')):
    with Daemon(text, *options) as daemon:
        same(judge(daemon), 'c', label)
        ok('verdict=accept would=reject listener=mx ' in line_of(daemon), 'the log tells what would be')
        ok(' check=ehlo_fqdn result=fail reply="550 5.5.4 ' in line_of(daemon), 'and with what reply')

with Daemon(policy('checks: { ehlo_fqdn: log }\nrules: [{ name: word, if: ehlo == "desktop", then: log }]')) as daemon:
    same(judge(daemon), 'c', 'action log')
    ok(' findings=ehlo_fqdn:fail,word:true ' in line_of(daemon), 'is logged as a finding')
    ok('would=' not in line_of(daemon), 'and would not be more')

with Daemon(policy('checks: { ehlo_fqdn: tempfail }')) as daemon:
    ok(judge(daemon).startswith('y 450 4.5.4 '), 'tempfail takes 450 and class 4')
    ok('verdict=tempfail listener' in line_of(daemon), 'and is logged so')

with Daemon(policy('profile: none')) as daemon:
    same(judge(daemon), 'a', 'profile: none')
with Daemon(policy('profile: none', level='debug')) as daemon:
    judge(daemon)
    ok('verdict=accept listener=mx ' in line_of(daemon), 'at debug each transaction has its line')
done()
