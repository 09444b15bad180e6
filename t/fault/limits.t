#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""T11, R13: twice the session limit, too many sessions of one client, too few descriptors: others are served all the same.

limits.t --long: with a limit of 2,000 sessions.
"""
import os
import resource
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from manager import Manager
from milter_client import NR_CONN
from tap import done, note, ok, same

LIMIT = 2000 if '--long' in sys.argv else 100
BUSY = 'y 451 4.3.2 Too many sessions, try again'


def limited(**keys):
    words = ', '.join(f'{key}: {value}' for key, value in keys.items())
    return policy('profile: none').replace('server: {', f'server: {{ {words},', 1)


def judge(session, address='203.0.113.9'):
    """What a session is told, up to the first answer that puts it off."""
    answers = [session.connect(address)]
    if answers[-1] == 'c':
        answers.append(session.helo('client.example'))
    if answers[-1] == 'c':
        answers.append(session.mail())
    return answers


def many(daemon, count, address='203.0.113.{}'):
    """Opens sessions that stay; what the last answer of each was."""
    sessions = [daemon.session() for _ in range(count)]
    return sessions, [judge(s, address.format(i % 250 + 1))[-1] for i, s in enumerate(sessions)]


def served(daemon, address='203.0.113.9'):
    with daemon.session() as s:
        return judge(s, address)[-1] == 'a'


def close(sessions):
    for session in sessions:
        session.close()


def lines(daemon, part):
    return [line for line in daemon.log() if part in line]


with Daemon(limited(max_sessions=LIMIT)) as daemon:
    sessions, answers = many(daemon, 2 * LIMIT)
    same((answers.count('a'), answers.count(BUSY)), (LIMIT, LIMIT), 'half of them are served, the rest is put off')
    same(len(lines(daemon, 'too many sessions: 1 put off with 451; server.max_sessions is')), 1, 'which is logged once')
    last = sessions.pop()
    sessions[0].abort()
    same(sessions[0].mail(), 'a', 'a session that has room keeps it')
    close(sessions)
    same(last.mail(), BUSY, 'one that had none does not get it later, half-known')
    last.close()
    start = time.monotonic()
    daemon.wait_for(lambda: served(daemon))
    note(f'served again {time.monotonic() - start:.3f} s after they have left')
    daemon.process.send_signal(signal.SIGUSR2)
    daemon.wait_for(lambda: lines(daemon, f'put off for max_sessions {LIMIT}'))
    ok(daemon.status()['limits_hit']['max_sessions'] >= LIMIT, 'all are counted, in the metrics too')

# Where connect is answered, it is told there.
early = limited(max_sessions=1).replace('mode: enforce', 'mode: enforce\n    reply_at: connect\n    exempt_authenticated: false')
with Daemon(early) as daemon:
    with daemon.session() as first, daemon.session() as second:
        first.connect()
        same((first.steps & NR_CONN, second.connect()), (0, BUSY), 'with reply_at: connect, at connect')
        same((second.helo('x.example'), second.mail()), (BUSY, BUSY), 'and ever after')

with Daemon(limited(max_sessions_per_client=3)) as daemon:
    for label, address, other in (('an IPv4 client', '203.0.113.9', '203.0.113.10'),
                                  ('an IPv6 client (by its /64)', '2001:db8:1:2::{}', '2001:db8:1:3::1')):
        sessions, answers = many(daemon, 5, address)
        same(answers, ['a'] * 3 + [BUSY] * 2, f'{label} has so many sessions')
        with daemon.session() as s:
            same(judge(s, other)[-1], 'a', 'another one is served beside it')
        sessions.pop(0).close()
        daemon.wait_for(lambda: served(daemon, address.format(9)))
        ok(True, 'and it has room when one has left')
        close(sessions)
    sessions, answers = many(daemon, 5, '127.0.0.1')
    same(answers, ['a'] * 5, 'loopback is not counted')
    close(sessions)
    same(len(lines(daemon, 'too many sessions of one client')), 1, 'it is logged once')
    with daemon.session() as s:
        s.connect('203.0.113.77')
        for _ in range(5):
            s.connect('203.0.113.78')
    sessions, answers = many(daemon, 3, '203.0.113.77')
    same(answers, ['a'] * 3, 'a client that connects again and again within one session is counted once')
    close(sessions)


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def cpu_ticks(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii') as file:
        return sum(map(int, file.read().rsplit(')', 1)[1].split()[11:13]))


def self_check_failed(daemon):
    return bool(lines(daemon, 'self-check: the milter does not answer'))


watch = f'ehlo-milter-limits-{os.getpid()}'
manager = Manager('\0' + watch)
with Daemon(limited(max_sessions=1000), preexec_fn=few_descriptors,
            environment={'NOTIFY_SOCKET': '@' + watch, 'WATCHDOG_USEC': '3000000'}) as daemon:
    same(len(lines(daemon, 'at most 256 files may be open, too few for server.max_sessions (1000): raise the limit to 1253')),
         1, 'too low a limit of open files is told at the start, with the remedy')
    idle = []
    for _ in range(400):
        idle.append(daemon.session(negotiate=False))
    daemon.wait_for(lambda: lines(daemon, 'nearly all are'))
    ok(True, 'when they run out, accepting stops, which is logged')
    ok(daemon.status()['limits_hit']['descriptors'] > 0, 'and counted')
    before = cpu_ticks(daemon.workers()[0])
    time.sleep(1)
    used = cpu_ticks(daemon.workers()[0]) - before
    # A loop around accept() would use all of the 100 ticks that a processor has to give, or its share of them.
    ok(used < 20, 'and nothing spins meanwhile')
    note(f'{used} ticks in a second')
    manager.heard()
    for _ in range(3):
        manager.hear_until('WATCHDOG=1')
    ok(not self_check_failed(daemon), 'the watchdog is told that it is alive')
    os.kill(daemon.workers()[0], signal.SIGSTOP)
    daemon.wait_for(lambda: self_check_failed(daemon))
    os.kill(daemon.workers()[0], signal.SIGCONT)
    ok(True, 'unless it is stuck')
    for session in idle:
        session.socket.close()
    ok(served(daemon), 'served when there are some again')
    manager.heard()
    manager.hear_until('WATCHDOG=1')
    ok(True, 'and alive')

# The least for which no warning is due.
with Daemon(limited(max_sessions=1), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (129, 129))) as daemon:
    same(lines(daemon, 'too few for server.max_sessions'), [], 'as many files as server.max_sessions needs')
    idle = [daemon.session(negotiate=False) for _ in range(200)]
    daemon.wait_for(lambda: lines(daemon, 'nearly all are'))
    for session in idle:
        session.socket.close()
    ok(served(daemon), 'are enough to be served again, when they have run out')
done()
