#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
R12: whatever call fails, and at whatever moment, the daemon does not crash, refuses nobody for it, and is well afterwards;
a command says that it failed.

injection.t: some of the calls of each kind; --phase N: others; --long: every one (but of libseccomp's).
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from dns_responder import Responder
from faults import KINDS, LIBRARY, Faults
from milter_client import Closed
from shop import REFUSAL, ZONE, play, policy
from tap import done, note, same, skip_all

LONG = '--long' in sys.argv
PHASE = int(sys.argv[sys.argv.index('--phase') + 1]) if '--phase' in sys.argv else 0
STRIDES = {'sandbox': 50} if LONG else {'allocation': 43, 'sandbox': 499, 'write': 3, 'socket': 3, 'open': 2}
PROGRAM = os.path.join(os.environ.get('BUILD', 'build'), 'clang/ehlo-milter')
# 0, and those that tell of something that failed.
KNOWN_STATUSES = {0, 65, 69, 71, 74, 75, 78}


def numbers(kind):
    """Which calls are to fail."""
    stride = STRIDES.get(kind, 1)
    number = PHASE % stride
    while True:
        yield number
        number += stride


def judge(daemon, sender='joe@shop.example'):
    """The last answer of a session and how many headers its message got; None where the connection ended."""
    try:
        answers, changes = play(daemon.path, 3, sender)
        return answers[-1], len(changes)
    except (Closed, OSError):
        return None


def listens(daemon):
    try:
        daemon.session().close()
        return True
    except (Closed, OSError):
        return False


def is_well(daemon):
    """Everything is answered as it should be."""
    refused = judge(daemon, 'joe@others.example')
    return judge(daemon) == ('c', 2) and refused is not None and refused[0].startswith(REFUSAL)


def wait_until_well(daemon, seconds=30):
    """What is wrong, or None."""
    end = time.monotonic() + seconds
    while daemon.process.poll() is None:
        if is_well(daemon):
            return None
        if time.monotonic() > end:
            return f'not well again: {judge(daemon)}, {judge(daemon, "joe@others.example")}'
        time.sleep(0.01)
    return f'ended with {daemon.process.returncode}'


def crashes(daemon, kind, lines_before=0):
    """
    Workers that were killed, other than by their supervisor, which could not reach them.  libseccomp does not see that memory
    is out; it comes before a worker serves, so that the one before goes on.
    """
    return kind != 'sandbox' and [line for line in daemon.log()[lines_before:]
                                  if re.search('killed by signal (?!9 )|Sanitizer', line)]


class Trial:
    """A daemon in whose processes calls can be made to fail, and what went wrong with it."""

    def __init__(self, folder, responder):
        self.folder, self.faults, self.dns = folder, Faults(folder), responder

    def daemon(self, **options):
        # Nothing is kept, so that each session asks anew.
        text = policy(self.dns, self.folder, server=', drain: 2s', dns=', cache: 0, deadline: 2s')
        return Daemon(text, quiet=True, environment=self.faults.environment, program=PROGRAM, **options)

    # Each of the following fails one call and gives (did it come to that, what is wrong or None).

    def start(self, kind, number):
        self.faults.arm(kind, number)
        with self.daemon(ready=False) as daemon:
            end = time.monotonic() + 30
            while daemon.process.poll() is None and not listens(daemon) and time.monotonic() < end:
                time.sleep(0.005)
            happened = self.faults.disarm(kind)
            status = daemon.process.poll()
            if status is None:
                wrong = wait_until_well(daemon)
            else:
                wrong = None if status in KNOWN_STATUSES - {0} and self.told(daemon, kind) else f'status {status}'
            return happened, wrong or crashes(daemon, kind)

    @staticmethod
    def told(daemon, kind):
        """Anything but which policy it is; what cannot be written is not told."""
        return kind == 'write' or any(not line.startswith('policy: ') for line in daemon.log())

    def stop(self, kind, number):
        with self.daemon(ready=False) as daemon:
            wrong = wait_until_well(daemon)
            if wrong:
                return True, 'before: ' + wrong
            self.faults.arm(kind, number)
            daemon.process.send_signal(signal.SIGTERM)
            try:
                status = daemon.process.wait(30)
            except subprocess.TimeoutExpired:
                status = 'none'
            happened = self.faults.disarm(kind)
            return happened, (f'status {status}' if status != 0 else None) or crashes(daemon, kind)

    def session(self, daemon, kind, number):
        workers, lines = daemon.workers(), len(daemon.log())
        self.faults.arm(kind, number)
        good, bad = judge(daemon), judge(daemon, 'joe@others.example')
        happened = self.faults.disarm(kind)
        if good and not good[0].startswith(('c', 'a', 't', 'y 451 ')):
            return happened, f'answer {good}'
        if bad and not bad[0].startswith(('c', 'a', 't', 'y 451 ', REFUSAL)):
            return happened, f'answer {bad}'
        return happened, (wait_until_well(daemon) or (daemon.workers() != workers and 'its worker has ended') or
                          crashes(daemon, kind, lines))

    def reload(self, daemon, kind, number):
        lines = len(daemon.log())
        daemon.environment.pop('LD_PRELOAD', None)	# the daemon is tried, not the command
        self.faults.arm(kind, number)
        status, said = daemon.reload()
        happened = self.faults.disarm(kind)
        wrong = wait_until_well(daemon)
        if status not in KNOWN_STATUSES or (status != 0 and 'reload: ' not in said):
            wrong = f'reload says {status}, {said}'
        if not wrong and daemon.reload()[0] != 0:
            wrong = 'the next reload fails'
        return happened, wrong or crashes(daemon, kind, lines)


def each(label, attempt):
    """Every kind of call, one after the other, until a number of it is not reached."""
    reached, wrong = {}, []
    for kind in KINDS:
        reached[kind] = 0
        for number in numbers(kind):
            happened, problem = attempt(kind, number)
            if problem:
                wrong.append((kind, number, problem))
            if not happened:
                break
            reached[kind] += 1
    same(wrong[:5], [], f'R12: a call fails {label}, and the daemon is well')
    note('failed: ' + ', '.join(f'{kind} {count}' for kind, count in reached.items()))


if not os.path.exists(LIBRARY):
    skip_all(f'{LIBRARY} is not built')
with tempfile.TemporaryDirectory() as folder, Responder(ZONE) as responder:
    trial = Trial(folder, responder)
    with trial.daemon(ready=False) as daemon:
        same(wait_until_well(daemon), None, 'all is well while nothing fails')
        each('in a session', lambda kind, number: trial.session(daemon, kind, number))
        each('in a reload', lambda kind, number: trial.reload(daemon, kind, number))
    each('at the start', trial.start)
    each('at the end', trial.stop)
done()
