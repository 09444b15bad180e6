#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The line of progress: on a terminal it stands there and is taken away again; elsewhere there is none."""
import os
import pty
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from dns_responder import NXDOMAIN, Responder
from tap import done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
folder = tempfile.TemporaryDirectory()
begun, gate = threading.Event(), threading.Event()


def held(question):
    """Nothing is answered before the test says so: until then no session is judged."""
    begun.set()
    gate.wait(60)
    return question.reply(rcode=NXDOMAIN)


def write(name, text):
    path = f'{folder.name}/{name}'
    with open(path, 'w', encoding='ascii') as file:
        file.write(text)
    return path


def watch(words, environment, meanwhile=None):
    """What the terminal shows of a replay that is held up for some time, and its report."""
    begun.clear()
    gate.clear()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    begun.wait(60)
    if meanwhile:
        meanwhile()
    time.sleep(0.5)    # longer than the time between two looks at the clock
    gate.set()
    shown = b''
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:    # what Linux says at the end of a terminal
        pass
    report = process.communicate(timeout=120)[0]
    os.close(ours)
    return process.returncode, shown, report


def sessions(first, count):
    return ''.join(f'{{"id":"S{n}","client_address":"203.0.113.{n % 250}","helo":[],"tx":[]}}\n' for n in range(first, first + count))


def grow():
    with open(grown, 'a', encoding='ascii') as file:
        file.write(FILLER + sessions(200, 2000))


FILLER = ('x' * 1000 + '\n') * 8000
log = write('log', sessions(0, 200))
grown = write('grown', sessions(0, 200) + FILLER)
with Responder(held) as server:
    policy = write('policy.yaml', f'version: 1\ndns: {{ servers: ["127.0.0.1:{server.port}"], timeout: 15s, deadline: 20s }}\n'
                   'listeners: [{ name: mx, match: any, profile: none, checks: { iprev: { no_ptr: reject } } }]\n')
    words = [PROGRAM, 'replay', '--quiet', '-c', policy, '--dns', 'live', log]
    for no_color in (False, True):
        status, shown, report = watch(words, {**os.environ, 'NO_COLOR': '1'} if no_color else None)
        label = 'with NO_COLOR' if no_color else 'on a terminal'
        ok(re.search(rb'\r\[#*\.*\] +\d+ %  \d+ of \d+ MB  \d+ MB/s  \d+:\d\d left', shown),
           f'{label}: done, in all, how fast, how long still') or note(shown)
        ok(shown.endswith(b'\r\x1b[K') and b'\x1b[' not in shown.replace(b'\x1b[K', b''),
           f'{label}: taken away at the end, and no colour') or note(shown)
        ok(status == 0 and b'\x1b' not in report, f'{label}: not in the report')
    found = subprocess.run(words, capture_output=True, check=False, timeout=120)
    ok(b'\r' not in found.stderr and b'\x1b' not in found.stderr, 'none where there is no terminal')
    same(found.stdout, report, 'the same report')
    status, shown, report = watch([*words[:-1], grown], None, grow)
    shares = [int(share) for share in re.findall(rb'(\d+) %', shown)]
    ok(status == 0 and b'2200 sessions' in report and shares and max(shares) <= 100, 'of a log that grows there is no more than all') or note(shown)
done()
