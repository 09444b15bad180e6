#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Real sessions through a real Postfix with the milter plugged in."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import postfix_lab
import run_sessions
import tap
from daemon import free_port


def local_submission(postfix):
    """A reject would bounce what a program on this host sends: it is exempt, whatever its HELO name is."""
    def check(daemon):
        postfix.submit('Subject: test\n\ntest\n')
        daemon.wait_for(lambda: any('status=' in line for line in postfix.log()))
        tap.ok(any('to=<bob@example.org>' in line and 'status=sent' in line for line in postfix.log()),
               'local submission: delivered')
        tap.ok(not any('milter-reject' in line and 'localhost' in line for line in postfix.log()),
               'local submission: not refused')
    return check


if postfix_lab.missing():
    tap.skip_all(postfix_lab.missing())
port = free_port()
with postfix_lab.Postfix(port) as lab:
    run_sessions.run(lab, port, before_end=local_submission(lab))
tap.done()
