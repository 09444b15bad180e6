#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
R12: whatever call fails, and at whatever moment, the daemon does not crash, refuses nobody for it, and is well afterwards.

Once calls fail wherever they come from, by a library that is preloaded.  AddressSanitizer has the names of the allocations
for itself, before anything that is preloaded: so once more in a build with it that has the failing calls inside, where only
the project's own fail, and what they leave behind is watched byte by byte.

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
from faults import KINDS, LINKED, PRELOADED, Faults
from milter_client import Closed
from shop import REFUSAL, ZONE, deliver, policy
from tap import done, note, same, skip_all

LONG = '--long' in sys.argv
PHASE = int(sys.argv[sys.argv.index('--phase') + 1]) if '--phase' in sys.argv else 0
STRIDES = {'sandbox': 50} if LONG else {'allocation': 97, 'sandbox': 499, 'write': 5, 'socket': 5, 'open': 3, 'thread': 2}
# 0, and those that tell of something that failed.
KNOWN_STATUSES = {0, 65, 69, 71, 74, 75, 78}
SENDERS = ('joe@others.example', 'joe@shop.example')	# whom SPF refuses, and whom nothing does
PUT_OFF = ('t', 'y 451 ')
# What the daemon says where it could not do all that the policy says of a message.
TOLD = 'out of memory|cannot |DNS is |libmilter (did not|refused)'


def numbers(kind):
    """Which calls are to fail."""
    stride = STRIDES.get(kind, 1)
    number = PHASE % stride
    while True:
        yield number
        number += stride


def judge(daemon):
    """One session with a transaction of each sender: their last answers and changes; None where the connection ended."""
    try:
        with daemon.session() as session:
            session.connect('203.0.113.3')
            session.helo('desk.shop.example')
            return [deliver(session, sender) for sender in SENDERS]
    except (Closed, OSError):
        return None


def listens(daemon):
    try:
        daemon.session().close()
        return True
    except (Closed, OSError):
        return False


def is_well(found):
    """Everything is answered as it should be."""
    return bool(found) and found[0][0].startswith(REFUSAL) and (found[1][0], len(found[1][1])) == ('c', 2)


def wait_until_well(daemon, seconds=60):
    """What is wrong, or None."""
    end = time.monotonic() + seconds
    while daemon.process.poll() is None:
        found = judge(daemon)
        if is_well(found):
            return None
        if time.monotonic() > end:
            return f'not well again: {found}'
        time.sleep(0.01)
    return f'ended with {daemon.process.returncode}'


def crashes(daemon, kind, lines_before=0):
    """
    Workers that were killed, other than by their supervisor, which could not reach them.  libseccomp does not see that memory
    is out; it comes before a worker serves, so that the one before goes on.
    """
    return kind != 'sandbox' and [line for line in daemon.log()[lines_before:]
                                  if re.search('killed by signal (?!9 )|Sanitizer', line)]


def wrong_answers(found, said):
    """While something fails: who has no fault is never refused, and who has one is let in only with a word of why."""
    if found is None:
        return None
    (stranger, changes), (friend, _) = found
    if friend not in ('c', 'a') and not friend.startswith(PUT_OFF):
        return f'answer {friend}'
    if stranger == 'r' or stranger.startswith((REFUSAL, *PUT_OFF)):	# r: refused, without the text
        return None
    if stranger == 'c' and ('temperror' in ' '.join(changes) or any(re.search(TOLD, line) for line in said)):
        return None
    return f'answer {stranger} with {changes}'


class Trial:
    """A daemon in whose processes calls can be made to fail, and what went wrong with it."""

    def __init__(self, way, folder, responder):
        self.program, library = way
        self.folder, self.faults, self.dns = folder, Faults(folder, library), responder

    def daemon(self, **options):
        # Nothing is kept, so that each session asks anew.
        text = policy(self.dns, self.folder, server=', drain: 2s', dns=', cache: 0, deadline: 2s', reply_at='rcpt')
        return Daemon(text, quiet=True, environment=self.faults.environment, program=self.program, **options)

    # Each of the following fails one call and gives (did it come to that, what is wrong or None).

    def start(self, kind, number):
        self.faults.arm(kind, number)
        with self.daemon(ready=False) as daemon:
            end = time.monotonic() + 60
            while daemon.process.poll() is None and not listens(daemon) and time.monotonic() < end:
                time.sleep(0.005)
            happened = self.faults.disarm(kind)
            wrong = wait_until_well(daemon)
            status = daemon.process.poll()	# it may have been listening, and end all the same
            if status is not None:
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
                status = daemon.process.wait(60)
            except subprocess.TimeoutExpired:
                status = 'none'
            happened = self.faults.disarm(kind)
            return happened, (f'status {status}' if status != 0 else None) or crashes(daemon, kind)

    def session(self, daemon, kind, number):
        workers, lines = daemon.workers(), len(daemon.log())
        self.faults.arm(kind, number)
        found = judge(daemon)
        happened = self.faults.disarm(kind)
        return happened, (wrong_answers(found, daemon.log()[lines:]) or wait_until_well(daemon) or
                          (daemon.workers() != workers and 'its worker has ended') or crashes(daemon, kind, lines))

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


def each(label, attempt, kinds=KINDS):
    """Every kind of call, one after the other, until a number of it is not reached."""
    reached, wrong = {}, []
    for kind in kinds:
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


for way, name in ((PRELOADED, 'any call'), (LINKED, 'with AddressSanitizer')):
    if not all(os.path.exists(path) for path in way if path):
        skip_all(f'{way[0]} is not built')
    with tempfile.TemporaryDirectory() as folder, Responder(ZONE) as responder:
        trial = Trial(way, folder, responder)
        with trial.daemon(ready=False) as daemon:
            same(wait_until_well(daemon), None, f'{name}: all is well while nothing fails')
            each(f'in a session ({name})', lambda kind, number: trial.session(daemon, kind, number))
            each(f'in a reload ({name})', lambda kind, number: trial.reload(daemon, kind, number))
        each(f'at the start ({name})', trial.start)
        each(f'at the end ({name})', trial.stop)
done()
