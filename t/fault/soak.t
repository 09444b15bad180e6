#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""R7: sessions all the time and a reload now and then cost no memory, descriptor or thread that does not come back.

A worker is a new process after each reload: what the first and the last of them have differs by how many sessions met at some
moment of each, by some per cent, and tells nothing. So the supervisor is watched through half of the rounds, each of which
ends with a reload, and the last worker through the other half.

soak.t --long [MINUTES]: 200 sessions/s in rounds of a minute, for 30 minutes or as many as are named (24 hours: 1440).
"""
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from dns_responder import Responder
from shop import REFUSAL, ZONE, play, policy
from stream import Stream
from tap import done, note, ok, same, skip_all

LONG = '--long' in sys.argv
ROUNDS = int(([*sys.argv, 30][sys.argv.index('--long') + 1])) // 2 if LONG else 4
ROUND_S, RATE, GROWTH = (60, 200, 1.01) if LONG else (4, 100, 1.1)
# What a sanitizer holds back would hide what is looked for.
PROGRAM = os.path.join(os.environ.get('BUILD', 'build'), 'clang/ehlo-milter')


def session(path, numbers):
    """Every fourth is refused."""
    number = next(numbers)
    sender = 'joe@others.example' if number % 4 == 0 else 'joe@shop.example'
    answers, changes = play(path, number % 50 + 1, sender)
    return (answers[-1].startswith(REFUSAL), 0) if number % 4 == 0 else (answers == ['c'] * 4, len(changes))


def rss_kib(pid):
    with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('Rss:'))


def threads(pid):
    return len(os.listdir(f'/proc/{pid}/task'))


def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


def idle(daemon):
    """Descriptors and threads of both, when nobody is there any more."""
    daemon.wait_for(lambda: len(daemon.workers()) == 1)
    pids = [daemon.process.pid, daemon.workers()[0]]
    return [sum(map(measure, pids)) for measure in (descriptors, threads)]


def soak(daemon):
    """RSS of the supervisor after each round with a reload, of the last worker after each without; what became of the sessions."""
    supervisor, worker, statuses, numbers = [], [], [], iter(range(1 << 62))
    with Stream(lambda: session(daemon.path, numbers), threads=8, per_second=RATE) as load:
        for _ in range(ROUNDS):
            time.sleep(ROUND_S)
            statuses.append(daemon.reload()[0])
            daemon.wait_for(lambda: len(daemon.workers()) == 1)
            supervisor.append(rss_kib(daemon.process.pid))
        for _ in range(ROUNDS):
            time.sleep(ROUND_S)
            worker.append(rss_kib(daemon.workers()[0]))
    return supervisor, worker, statuses, load


if not os.path.exists(PROGRAM):
    skip_all(f'{PROGRAM} is not built')
with tempfile.TemporaryDirectory() as folder, Responder(ZONE) as responder:
    with Daemon(policy(responder, folder), program=PROGRAM) as daemon:
        before = idle(daemon)
        supervisor, worker, statuses, load = soak(daemon)
        same(load.errors[:3], [], 'every session is answered')
        same([result for result in load.results if result not in ((True, 0), (True, 2))][:3], [], 'and rightly')
        same(set(statuses), {0}, 'every reload goes well')
        note(f'{len(load.results)} sessions, {len(statuses)} reloads')
        for who, rss in (('supervisor', supervisor), ('worker', worker)):
            note(f'RSS of the {who} after each round, in KiB: {rss}')
            ok(rss[-1] <= rss[1] * GROWTH, f'RSS of the {who} at the end is at most {GROWTH} of that after two rounds')
        # libmilter ends a thread that has nothing to do after ten seconds.
        daemon.wait_for(lambda: all(now <= then + 2 for now, then in zip(idle(daemon), before)))
        ok(True, 'descriptors and threads are back to what they were')
        note(f'before {before}, after {idle(daemon)}')
done()
