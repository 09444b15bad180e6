#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A session whose listener cannot be told is only observed, and the operator is told once."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import NO_DNS, Daemon
from milter_client import POSTFIX
from tap import done, ok, same

POLICY = '''version: 1
server: { log: stderr }
listeners:
  - { name: submission, match: { daemon_port: 587 }, profile: submission, mode: enforce, checks: { mail_from_dns: off } }
  - { name: mx, match: any, profile: strict, mode: enforce, checks: { ''' + NO_DNS + ''' } }
'''
WITHOUT = {name: value for name, value in POSTFIX.items() if name != '{daemon_port}'}

with Daemon(POLICY) as daemon:
    for macros in (WITHOUT, dict(POSTFIX, **{'{daemon_port}': 'smtp'}), False):
        with daemon.session(macros=macros) as s:
            s.connect()
            s.helo('desktop')
            same(s.mail(), 'c', 'accepted')
    with daemon.session() as s:
        s.connect()
        s.helo('desktop')
        ok(s.mail().startswith('y 550 5.5.4 '), 'with the port it is refused')
    lines = daemon.wait_for_verdicts(4)
    for line in lines[:3]:
        ok('verdict=accept would=reject listener=mx listener_unsure=true ' in line, 'the log says why')
    ok('listener_unsure' not in lines[3], 'not where it is sure')
    alarms = [line for line in daemon.log() if 'cannot tell which listener' in line]
    same(len(alarms), 1, 'one warning for the whole process')
done()
