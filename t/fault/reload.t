#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""T18, R3, R4: reloads under load cut no session and show none two policies; a broken policy changes nothing.

reload.t --long: 100 reloads in 60 s at 200 sessions/s, and 1,000 broken policies.
"""
import os
import random
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from numbered import numbered
from stream import Stream
from tap import done, note, ok, same

LONG = '--long' in sys.argv
RELOADS, SECONDS, BROKEN = (100, 60, 1000) if LONG else (8, 4, 20)
DRAIN = '5s'


def judge(daemon, pause=0.0):
    """The numbers of the policies that answered the MAILs of one session."""
    with daemon.session() as s:
        s.connect()
        s.helo('client.example')
        answers = [s.mail()]
        for _ in range(2):
            time.sleep(pause)
            s.abort()
            answers.append(s.mail())
    return tuple(int(answer.removeprefix('y 550 5.7.1 policy ')) for answer in answers)


def spoiled(number):
    """A policy with an error, and the line that it is in."""
    lines = numbered(number, DRAIN).splitlines()
    line = random.Random(number).randrange(len(lines))
    lines[line] = lines[line].replace(':', '', 1) + ' ]'
    return '\n'.join(lines) + '\n', line + 1


def reload_under_load(daemon):
    outcomes = []
    with Stream(lambda: judge(daemon, 0.02), threads=8) as load:
        for number in range(1, RELOADS + 1):
            due = time.monotonic() + SECONDS / RELOADS
            daemon.write_policy(numbered(number, DRAIN))
            outcomes.append(daemon.reload()[0])
            time.sleep(max(0, due - time.monotonic()))
    note(f'{RELOADS} reloads, {len(load.results)} sessions, {len(load.errors)} of them failed')
    same(set(outcomes), {0}, 'each reload goes well')
    same(load.errors[:5], [], 'no session is refused or cut')
    same([r for r in load.results if len(set(r)) != 1], [], 'none sees two policies')
    same(judge(daemon)[0], RELOADS, 'the last one serves')


def reload_broken(daemon):
    before = judge(daemon)
    wrong = []
    for number in range(BROKEN):
        text, line = spoiled(number)
        daemon.write_policy(text)
        status, said = daemon.reload()
        if status != 78 or 'policy.yaml:' not in said or judge(daemon) != before:
            wrong.append((line, status, said))
    same(wrong[:3], [], f'{BROKEN} broken policies: 78, each with its place, and the old one serves')


def reload_lists():
    """A list file that grows, goes away, and comes back with a mistake: the names of one of its states are refused, never others."""
    rule = '{ name: number, if: ehlo in $names, then: reject, reply: "550 5.7.1 policy 1" }'
    text = numbered(1, DRAIN).replace('{ name: number, if: ehlo ends_with ".example", then: reject, reply: "550 5.7.1 policy 1" }', rule)

    def refused():
        found = ''
        for name in 'abc':
            with daemon.session() as s:
                s.connect()
                s.helo(name + '.example')
                found += name if s.mail().startswith('y 550') else ''
        return found

    def write(content):
        if content is None:
            os.unlink(path)
            return
        with open(path + '.new', 'w', encoding='ascii') as file:
            file.write(content)
        os.rename(path + '.new', path)

    with tempfile.TemporaryDirectory() as folder:
        path = folder + '/names'
        write('a.example\n')
        text = text.replace('listeners:', f'lists: {{ names: {{ domains_file: {path} }} }}\nlisteners:')
        with Daemon(text) as daemon:
            for content, status, expected in (('a.example\nb.example\n', 0, 'ab'), (None, 78, 'ab'),
                                              ('a.example\nb.example\nc.exa', 0, 'ab'), ('b.example c.example\n', 78, 'ab'),
                                              ('c.example\n', 0, 'c')):
                write(content)
                same((daemon.reload()[0], refused()), (status, expected), f'T17: a list file of {content!r}')


with Daemon(numbered(0, DRAIN)) as daemon:
    with daemon.session() as old:
        old.connect()
        old.helo('client.example')
        reload_under_load(daemon)
        same(old.mail(), 'y 550 5.7.1 policy 0', 'a session from before all of them is finished by its own worker')
        daemon.wait_for(lambda: len(daemon.workers()) == 2)
        ok(True, 'which is there beside the one that serves')
    daemon.wait_for(lambda: len(daemon.workers()) == 1)
    ok(True, 'and ends with it')
    reload_broken(daemon)

    # By signal: nobody checks the file before, so the worker finds the error.
    text, line = spoiled(7)
    daemon.write_policy(text)
    for number, name in ((signal.SIGHUP, 'HUP'), (signal.SIGUSR1, 'USR1')):
        errors = len([x for x in daemon.log() if f'error: {daemon.policy}:' in x])
        daemon.process.send_signal(number)
        daemon.wait_for(lambda: len([x for x in daemon.log() if f'error: {daemon.policy}:' in x]) > errors)
        ok(True, f'{name} loads a broken policy: its errors are in the log')
    daemon.wait_for(lambda: sum('reload failed' in x for x in daemon.log()) >= 2)
    daemon.write_policy(numbered(77777, DRAIN))
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for(lambda: judge(daemon)[0] == 77777)
    ok(True, 'HUP loads a good one')

    daemon.process.send_signal(signal.SIGUSR2)
    daemon.wait_for(lambda: any('state: worker' in x for x in daemon.log()))
    ok(any('state: supervisor' in x and f'{RELOADS + 1} reloads' in x for x in daemon.log()), 'USR2 tells the state')
    # Many at once: libmilter has a thread of its own that waits for signals, and takes what another is too busy for.
    daemon.wait_for(lambda: len(daemon.workers()) == 1)
    worker = daemon.workers()[0]
    with daemon.session() as s:
        s.connect()
        s.helo('client.example')
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2) * 500:
            os.kill(worker, number)
        same((judge(daemon)[0], s.mail()), (77777, 'y 550 5.7.1 policy 77777'),
             'a worker is not moved by signals that are meant for its supervisor')
    same(daemon.workers(), [worker], 'and goes on')
    daemon.write_policy(numbered(88888, DRAIN))
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for(lambda: daemon.workers() != [worker])
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        os.kill(daemon.workers()[-1], number)
    daemon.wait_for(lambda: judge(daemon)[0] == 88888)
    ok(not any('killed by signal' in x for x in daemon.log()), 'nor is one that has just been started')

    # More at a time than may take their time.
    kept, statuses = [], []
    for number in range(11):
        kept.append(daemon.session())
        kept[-1].connect()
        kept[-1].helo('client.example')
        daemon.write_policy(numbered(number, DRAIN))
        statuses.append(daemon.reload()[0])
    same(statuses, [0] * 11, 'reloads beside sessions that stay')
    daemon.wait_for(lambda: len(daemon.workers()) <= 9)
    ok(any('more than 8 workers' in x for x in daemon.log()), 'the oldest are ended after server.drain')
    same(kept[-1].mail(), 'y 550 5.7.1 policy 9', 'the newest go on')
    for session in kept:
        session.socket.close()
reload_lists()
done()
