#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What reaches syslog: the lines of the daemon, each one message, and nothing that libmilter has to complain of."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import namespace
from daemon import Daemon, policy
from tap import done, ok, same, skip_all

if namespace.missing():
    skip_all(namespace.missing())
syslog = namespace.enter_with_syslog()
MAIL_INFO = 2 << 3 | 6


def messages(last):
    """Facility and severity, and text, of what has come up to the text last."""
    found = []
    while not found or last not in found[-1][1]:
        line = syslog.recv(65536).decode()
        found.append((int(line[1:line.index('>')]), re.sub(r'^<\d+>\w{3} [ \d]\d [\d:]{8} ', '', line)))
    return found


TAG = policy("profile: none\nrules: [{ name: named, if: ehlo == 'desktop', then: tag }]")
with Daemon(TAG.replace('log: stderr', 'log: syslog'), ready=False) as daemon:
    ready = messages(': ready: ')
    same(len(ready), 1, 'it says when it is ready')
    for name in ('mail.shop.example', 'desktop'):
        with daemon.session() as s:
            s.connect()
            s.helo(name)
            same(s.mail(), 'c', name)
            for i in range(20):
                s.header('Received', f'from hop{i}')
            same(s.end_of_message()[1], 'c', 'a message with headers')
    lines = messages('findings=')
    same(len(lines), 1, 'one line for a message with a finding, none for the other, and none for a header')
    same(lines[0][0], MAIL_INFO, 'facility mail, severity info')
    ok(re.match(r'ehlo-milter(\[\d+\])?: NOQUEUE: verdict=accept listener=mx ', lines[0][1]), 'as documented')
done()
