#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""T29, R18: a syslog that takes no lines holds no session up; what is lost is counted, and the count is told.

syslog.t --long: blocked for 60 s in each of 5 rounds; the slowest answers of blocked and free rounds are shown.
"""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import namespace
from daemon import PROGRAM
from milter_client import Session
from tap import PATIENCE_S, done, note, ok, same, skip_all

LONG = '--long' in sys.argv
TRANSACTIONS = 4000		# more lines than the queue holds
POLICY = '''version: 1
server: { log: syslog, user: root }
listeners:
  - { name: mx, match: any, profile: none, mode: enforce, rules: [{ name: all, if: ehlo == "a.example", then: reject }] }
'''


class Syslog:
    """Reads lines from /dev/log unless it is blocked."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind('/dev/log')
        self.lines = []
        self.free = threading.Event()
        self.free.set()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            self.free.wait()
            line = self.socket.recv(65536).decode('latin-1')
            self.lines.append(line)
            if not self.free.is_set():
                note('blocked after: ' + line[:60])

    def settle(self):
        """What was held back has come."""
        count = -1
        while count != len(self.lines):
            count = len(self.lines)
            time.sleep(1)

    def wait_for(self, pattern, count=1):
        end = time.monotonic() + PATIENCE_S
        while sum(bool(re.search(pattern, line)) for line in self.lines) < count:
            if time.monotonic() > end:
                note('\n'.join(self.lines[-5:]))
                sys.exit(f'{pattern} is not logged')
            time.sleep(0.01)
        return [line for line in self.lines if re.search(pattern, line)]


def judge(path, transactions):
    """How long each answer took; all of them must be right."""
    times = []
    with Session(path) as s:
        s.connect()
        s.helo('a.example')
        for _ in range(transactions):
            start = time.monotonic()
            answer = s.mail()
            times.append(time.monotonic() - start)
            assert answer.startswith('y 550 5.7.1 '), answer
            s.abort()
    return times


class Pulse:
    """How late this process itself is woken: a machine that is busy holds it up as it does the daemon."""

    def __init__(self):
        self.latest = 0.0
        threading.Thread(target=self.beat, daemon=True).start()

    def beat(self):
        while True:
            due = time.monotonic() + 0.005
            time.sleep(0.005)
            self.latest = max(self.latest, time.monotonic() - due)

    def take(self):
        latest, self.latest = self.latest, 0.0
        return latest


def p99(times):
    return sorted(times)[len(times) * 99 // 100] * 1000


def rounds(path, syslog):
    pulse = Pulse()
    for number in range(5):
        figures = []
        for blocked in (False, True):
            (syslog.free.clear if blocked else syslog.free.set)()
            end, times = time.monotonic() + (60 if blocked else 10), []
            pulse.take()
            while time.monotonic() < end:
                times += judge(path, 20)
                time.sleep(0.05)
            figures.append(f'{"blocked" if blocked else "free"} p99 {p99(times):.2f} ms, slowest {max(times) * 1000:.1f} ms, '
                           f'when nobody is asked {pulse.take() * 1000:.1f} ms')
        syslog.free.set()
        syslog.settle()
        note(f'round {number + 1}: ' + '; '.join(figures))


def dropped_of(lines):
    """How many lines these say were dropped."""
    return sum(int(number) for line in lines for number in re.findall(r'(\d+) lines were dropped', line))


def counted(folder, path):
    """How many lines the metrics say were dropped; workers tell it now and then."""
    found = subprocess.run([PROGRAM, 'status', '--json', '-c', folder + '/p.yaml', '--socket', 'unix:' + path],
                           stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return json.loads(found.stdout)['log_lines_dropped']


def test(folder):
    syslog = Syslog()
    with open(folder + '/p.yaml', 'w', encoding='ascii') as file:
        file.write(POLICY)
    path = folder + '/s'
    daemon = subprocess.Popen([PROGRAM, 'run', '-c', folder + '/p.yaml', '--socket', 'unix:' + path],
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    syslog.wait_for('ready: ')
    judge(path, 10)
    same(len(syslog.wait_for('verdict=reject', 10)), 10, 'lines come to syslog')
    if LONG:
        rounds(path, syslog)
    earlier = dropped_of(syslog.lines)
    syslog.lines.clear()
    syslog.free.clear()
    slowest = max(judge(path, TRANSACTIONS))
    note(f'the slowest of {TRANSACTIONS} answers took {slowest * 1000:.1f} ms')
    ok(True, 'all transactions are answered while syslog takes nothing')
    syslog.free.set()
    dropped = dropped_of(syslog.wait_for('lines were dropped'))
    ok(dropped > 0, 'when it takes lines again, it is told how many are lost')
    end = time.monotonic() + PATIENCE_S
    while counted(folder, path) < earlier + dropped and time.monotonic() < end:
        time.sleep(0.1)
    same(counted(folder, path), earlier + dropped, 'which the metrics tell too')
    syslog.wait_for('verdict=reject', TRANSACTIONS - dropped)
    same(sum('verdict=reject' in line for line in syslog.lines), TRANSACTIONS - dropped, 'which are exactly those that are missing')
    syslog.free.clear()
    judge(path, 100)
    daemon.terminate()
    same(daemon.wait(30), 0, 'the daemon ends well while syslog takes nothing')


reason = namespace.missing()
if reason:
    skip_all(reason)
namespace.enter([], {})
namespace.own_dev()
with tempfile.TemporaryDirectory() as scratch:
    test(scratch)
done()
