#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A reload is over when the worker of before takes no more sessions; nobody is told so earlier, unless that worker is stuck."""
import os
import re
import select
import signal
import socket
import sys
import tempfile
import time
from threading import Timer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from manager import Manager
from milter_client import ALL_ACTIONS, ALL_STEPS
from numbered import numbered
from tap import PATIENCE_S, done, ok, same

DRAIN, BRIEF = '30s', '1s'
LIMIT_S = 5			# for an old worker to leave: LEAVE_LIMIT_MS of src/app/supervisor_end.c
SILENT_LIMIT_S = 5		# for connections that say nothing: SILENT_LOOKS of src/app/worker.c
LATE = 'may still take some sessions'
GOOD = r'^status 0 worker (\d+) serves policy '


def judge(daemon):
    """The number of the policy."""
    with daemon.session() as s:
        s.connect()
        s.helo('a.example')
        return int(s.mail().rsplit(' ', 1)[1])


class Asked:
    """A reload of policy NUMBER, which is asked for as the command does it."""

    def __init__(self, daemon, number, drain=DRAIN):
        daemon.write_policy(numbered(number, drain))
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(daemon.path + '.control')
        self.socket.send(b'reload\n')

    def is_open(self):
        """No answer has come so far."""
        return not select.select([self.socket], [], [], 0)[0]

    def answer(self):
        with self.socket, self.socket.makefile() as file:
            return file.read()


def serving(daemon):
    """The worker that serves, as the supervisor says in the log."""
    count = len(daemon.log())
    daemon.process.send_signal(signal.SIGUSR2)
    found = []

    def is_told():
        found[:] = re.findall(r'state: supervisor \d+, worker (\d+) serves', '\n'.join(daemon.log()[count:]))
        return found
    daemon.wait_for(is_told)
    return int(found[-1])


def wait_for_another(daemon, *old):
    """Until another worker serves."""
    daemon.wait_for(lambda: serving(daemon) not in (0, *old))
    return serving(daemon)


def begin(daemon, number, drain=DRAIN):
    """A reload whose old worker does not hear that it is to leave: that one, the new one, and who has asked."""
    old = serving(daemon)
    os.kill(old, signal.SIGSTOP)
    asked = Asked(daemon, number, drain)
    return old, wait_for_another(daemon, old), asked


def told(answer):
    """The worker that is said to serve."""
    found = re.search(GOOD, answer, re.M)
    return int(found.group(1)) if found else answer


def told_at_last(answer):
    """The same, when the old one has left."""
    return answer if LATE in answer else told(answer)


def watch(play):
    """
    What a play sees of a reload that waits for its old worker.  Where the machine took longer than the supervisor waits there
    was nothing to see, and it is played again.
    """
    end = time.monotonic() + PATIENCE_S
    while True:
        begun = time.monotonic()
        found = play()
        if time.monotonic() - begun < LIMIT_S or time.monotonic() > end:
            return found


def leave_late(daemon, manager):
    """While another reload is asked for."""
    manager.heard()
    old, new, first = begin(daemon, 1)
    before = first.is_open(), manager.heard()
    second = Asked(daemon, 2)
    meanwhile = serving(daemon) == new, judge(daemon), first.is_open(), second.is_open()
    os.kill(old, signal.SIGCONT)
    is_first_over = told_at_last(first.answer()) == new
    newer = told_at_last(second.answer())
    after = newer == serving(daemon), newer != new, {judge(daemon) for _ in range(20)}
    return before, meanwhile, is_first_over, after, manager.heard()


def die(daemon):
    old, new, asked = begin(daemon, 3)
    os.kill(old, signal.SIGKILL)
    return told_at_last(asked.answer()) == new


def lose_the_new(daemon):
    old, new, asked = begin(daemon, 4)
    os.kill(new, signal.SIGKILL)
    newer = wait_for_another(daemon, old, new)
    is_open = asked.is_open()
    os.kill(old, signal.SIGCONT)
    return is_open, told_at_last(asked.answer()) == newer, judge(daemon)


def end_meanwhile():
    """What is answered, and what systemd hears, when the daemon is to end."""
    with tempfile.TemporaryDirectory() as folder:
        manager = Manager(folder + '/notify')
        with Daemon(numbered(0, DRAIN), environment={'NOTIFY_SOCKET': folder + '/notify'}) as daemon:
            manager.hear_until('READY=1')
            old, _, asked = begin(daemon, 6)
            daemon.process.terminate()
            answer = asked.answer()
            os.kill(old, signal.SIGCONT)
            daemon.process.wait(PATIENCE_S)
            return answer, manager.heard()


with tempfile.TemporaryDirectory() as folder:
    path = folder + '/notify'
    manager = Manager(path)
    with Daemon(numbered(0, DRAIN), environment={'NOTIFY_SOCKET': path}) as daemon:
        manager.hear_until('READY=1')
        before, meanwhile, is_over, after, states = watch(lambda: leave_late(daemon, manager))
        same(before, (True, ['RELOADING']), 'the new worker serves, the old one has not left: the reload is not over, nor for systemd')
        same(meanwhile, (True, 1, True, True), 'another one that is asked for meanwhile waits, and so do both who asked')
        ok(is_over, 'when the old one has left, it is over')
        same(after, (True, True, {2}), 'and the other one follows, with a worker of its own')
        same(states, ['READY', 'RELOADING', 'READY'], 'systemd hears of both')
        ok(watch(lambda: die(daemon)), 'an old worker that dies has left')
        same(watch(lambda: lose_the_new(daemon)), (True, True, 4),
             'a new worker that dies meanwhile is replaced, and the reload goes on until the old one has left')
        manager.heard()

        old, new, asked = begin(daemon, 5)
        answer = asked.answer()
        same(told(answer), new, 'an old worker that is stuck holds nothing up for long')
        ok(f'worker {old} {LATE}' in answer and any(f'worker {old} {LATE}' in line for line in daemon.log()), 'it is told of')
        same(manager.heard(), ['RELOADING', 'READY'], 'and systemd hears that the reload is over')
        os.kill(old, signal.SIGCONT)
        daemon.wait_for(lambda: old not in daemon.workers())
        ok(True, 'and it leaves when it can')
same(watch(end_meanwhile), ('status 69 the daemon ends\n', ['RELOADING', 'STOPPING']),
     'TERM meanwhile: who asked is told, and systemd hears of no success')

with Daemon(numbered(0, BRIEF)) as daemon, daemon.session() as s:
    s.connect()
    s.helo('a.example')
    same(told(Asked(daemon, 1, BRIEF).answer()), serving(daemon), 'a worker that finishes a session has left')
    stuck, new, asked = begin(daemon, 2, BRIEF)
    same(told(asked.answer()), new, 'another one is stuck')
    daemon.wait_for(lambda: stuck not in daemon.workers() and
                    any(f'worker {stuck} does not stop taking sessions: killed' in line for line in daemon.log()))
    ok(True, 'which is killed when it has not left after server.drain: it might take sessions by its old policy for ever')
    same((s.mail(), judge(daemon)), ('y 550 5.7.1 policy 0', 2), 'the one before it finishes its session all the same')

# A machine so busy that a worker does not come to read what has come.
with Daemon(numbered(0, DRAIN)) as daemon, daemon.session(negotiate=False) as s:
    same((judge(daemon), told(Asked(daemon, 1).answer())), (0, serving(daemon)), 'a connection from which nothing has come is left behind')
    old = [pid for pid in daemon.workers() if pid != serving(daemon)][0]
    os.kill(old, signal.SIGSTOP)
    Timer(SILENT_LIMIT_S + 1, os.kill, (old, signal.SIGCONT)).start()
    s.negotiate(ALL_ACTIONS, ALL_STEPS)
    time.sleep(0.5)			# far more than a worker takes to end
    s.connect()
    s.helo('a.example')
    same(s.mail(), 'y 550 5.7.1 policy 0', 'it has its time when something has come, however late that is read')
done()
