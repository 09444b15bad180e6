#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A full disk costs records, and never mail."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import namespace
import session_log
from daemon import Daemon
from session_log import policy_with_log
from tap import done, ok, same, skip_all

if namespace.missing():
    skip_all(namespace.missing())
namespace.enter((), {})
folder = tempfile.mkdtemp(prefix='ehlo-full-')
subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', folder], check=True)
path = folder + '/sessions.jsonl'


def session(daemon, count=8):
    with daemon.session() as s:
        s.connect()
        s.helo('desktop')
        return {s.mail(f'<{"x" * 300}{i}@shop.example>')[:5] for i in range(count)}


def said(daemon, text):
    return [line for line in daemon.log() if text in line]


with Daemon(policy_with_log(path)) as daemon:
    answers = set()
    while not said(daemon, 'No space left on device'):
        answers |= session(daemon)
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        answers |= session(daemon)
    same(answers, {'y 550'}, 'a full disk: sessions are answered')
    same(len(said(daemon, 'session log')), 1, 'it is said once')
    whole = [line for line in session_log.lines(path) if line.endswith(b'}\n')]
    ok(len(whole) > 5, 'what fitted is there')
    subprocess.run(['mount', '-o', 'remount,size=4m', folder], check=True)
    daemon.wait_for(lambda: session(daemon) and said(daemon, 'is written again'))
    ok('records were lost' in said(daemon, 'is written again')[0], 'and how many were lost, when it is over')
    lost = int(re.search(r'(\d+) records were lost', said(daemon, 'is written again')[0]).group(1))
    same(daemon.status()['session_records_lost'], lost, 'which is in the metrics too')
    daemon.wait_for(lambda: session(daemon, 1) and session_log.lines(path)[-1].endswith(b'\n'))

broken = []
for number, line in enumerate(session_log.lines(path)):
    try:
        json.loads(line)
    except ValueError:
        broken.append(number)
ok(len(broken) <= 1, 'at most one line was torn, and the next one begins anew')
last = json.loads(session_log.lines(path)[-1])
with Daemon(policy_with_log(path)) as daemon:
    ok(session_log.explain(daemon.policy, last['id'])[0], 'explain --id reads past it')
    with open(path, 'ab') as file:
        file.write(b'{"torn')
    daemon.process.kill()
    daemon.process.wait()
    daemon.quiet = True
with Daemon(policy_with_log(path)) as daemon:
    session(daemon)
    daemon.wait_for(lambda: session_log.lines(path)[-1].endswith(b'}\n'))
    ok(session_log.lines(path)[-2] == b'{"torn\n', 'so does what another process left torn')
subprocess.run(['umount', '--lazy', folder], check=True)
os.rmdir(folder)
done()
