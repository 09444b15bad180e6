#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""With a libmilter that takes no open socket, a reload stops one worker and starts the next; a bad policy stops nobody."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, free_port
from milter_client import Closed, Session
from numbered import numbered
from tap import done, ok, same, skip_all

PROGRAM = os.path.join(os.environ.get('BUILD', 'build'), 'no-fd/ehlo-milter')
DRAIN = '2s'

if not os.path.exists(PROGRAM):
    skip_all(f'{PROGRAM} is not built')


def judge(where):
    with Session(where) as s:
        s.connect()
        s.helo('a.example')
        return s.mail()


def served(where):
    try:
        return judge(where)
    except (OSError, Closed):
        return None


port = free_port()
for spec in (None, f'inet:{port}@127.0.0.1'):
    with Daemon(numbered(0, DRAIN), socket_spec=spec, program=PROGRAM) as daemon:
        where = ('127.0.0.1', port) if spec else daemon.path
        same(judge(where), 'y 550 5.7.1 policy 0', 'the worker opens the socket ' + daemon.spec.split(':')[0])
        for number in range(1, 4):
            daemon.write_policy(numbered(number, DRAIN))
            same((daemon.reload()[0], judge(where)), (0, f'y 550 5.7.1 policy {number}'), 'a reload brings the next one')
        same(len(daemon.workers()), 1, 'which is alone')
        daemon.write_policy('version: 2\n')
        same((daemon.reload()[0], judge(where)), (78, 'y 550 5.7.1 policy 3'), 'a broken policy: the old one serves')
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for(lambda: any('reload failed' in line for line in daemon.log()))
        same(judge(where), 'y 550 5.7.1 policy 3', 'by HUP too')
        daemon.write_policy(numbered(9, DRAIN))
        os.kill(daemon.workers()[0], signal.SIGKILL)
        daemon.wait_for(lambda: served(where) == 'y 550 5.7.1 policy 9')
        ok(True, 'a worker that dies is replaced')
done()
