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

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from manager import Manager
from numbered import numbered
from tap import PATIENCE_S, done, ok, same

DRAIN, BRIEF = '30s', '1s'
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


with tempfile.TemporaryDirectory() as folder:
    path = folder + '/notify'
    manager = Manager(path)
    with Daemon(numbered(0, DRAIN), environment={'NOTIFY_SOCKET': path}) as daemon:
        manager.hear_until('READY=1')
        old, new, first = begin(daemon, 1)
        ok(first.is_open(), 'the new worker serves, the old one has not left: the reload is not over')
        same(manager.heard(), ['RELOADING'], 'nor does systemd hear so')
        second = Asked(daemon, 2)
        same((serving(daemon), judge(daemon)), (new, 1), 'another one that is asked for meanwhile waits')
        ok(second.is_open() and first.is_open(), 'and who asked for it')
        os.kill(old, signal.SIGCONT)
        same(told(first.answer()), new, 'when the old one has left, it is over')
        newer = told(second.answer())
        same((newer, [judge(daemon) for _ in range(20)]), (serving(daemon), [2] * 20), 'and the other one follows')
        ok(newer != new, 'with a worker of its own')
        same(manager.heard(), ['READY', 'RELOADING', 'READY'], 'systemd hears of both')

        old, new, asked = begin(daemon, 3)
        os.kill(old, signal.SIGKILL)
        same(told(asked.answer()), new, 'an old worker that dies has left')

        old, new, asked = begin(daemon, 4)
        os.kill(new, signal.SIGKILL)
        newer = wait_for_another(daemon, old, new)
        ok(asked.is_open(), 'a new worker that dies meanwhile is replaced, and the reload goes on')
        os.kill(old, signal.SIGCONT)
        same((told(asked.answer()), judge(daemon)), (newer, 4), 'until the old one has left')
        manager.heard()

        old, new, asked = begin(daemon, 5)
        ok(not any('may still take some sessions' in line for line in daemon.log()), 'so far all have left in time')
        answer = asked.answer()
        same(told(answer), new, 'an old worker that is stuck holds nothing up for long')
        ok(f'worker {old}' in answer and any(f'worker {old} may still take some sessions' in line for line in daemon.log()),
           'it is told of')
        same(manager.heard(), ['RELOADING', 'READY'], 'and systemd hears that the reload is over')
        os.kill(old, signal.SIGCONT)
        daemon.wait_for(lambda: old not in daemon.workers())
        ok(True, 'and it leaves when it can')

        old, new, asked = begin(daemon, 6)
        daemon.process.terminate()
        same(asked.answer(), 'status 69 the daemon ends\n', 'TERM meanwhile: who asked is told')
        os.kill(old, signal.SIGCONT)
        daemon.process.wait(PATIENCE_S)
        same(manager.heard(), ['RELOADING', 'STOPPING'], 'and systemd hears of no success')

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
done()
