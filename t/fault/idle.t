#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""R8: peers that say nothing, half a packet, or no more: they cost little, others are served beside them, and their time ends.

idle.t --long: 5,000 sessions.
"""
import mmap
import os
import resource
import select
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, policy
from faults import BUILD
from milter_client import Closed
from tap import done, note, ok, same, skip_all

SESSIONS = 5000 if '--long' in sys.argv else 500
PROGRAM, HURRIED = BUILD + '/clang/ehlo-milter', BUILD + '/clang/t/preload/hurried.so'
BASE_KIB, EACH_KIB = 64 * 1024, 20
MAX_SESSIONS, SILENT, HALF = 100, 200, 50
# libmilter looks every 600 seconds for sessions that have been idle for longer than its time-out.
BEYOND_S = 2 * 600 + 1
SILENCE_S = 1
# Sendmail's Timeout.command; a message, of which the milter hears at its end, may take as long on a slow line.
HOUR_S = 3600
BUSY = 'y 451 4.3.2 Too many sessions, try again'
LIMIT = policy('profile: none').replace('server: {', f'server: {{ max_sessions: {MAX_SESSIONS},', 1)


class Hurry:
    """What t/preload/hurried.c is told."""

    def __init__(self, folder):
        path = os.path.join(folder, 'hurried')
        with open(path, 'w+b') as file:
            file.write(struct.pack('lll', 0, SILENCE_S, 0))
            file.flush()
            self.values = mmap.mmap(file.fileno(), 0)
        self.environment = {'HURRIED': path, 'LD_PRELOAD': HURRIED}

    def go_ahead(self, seconds):
        struct.pack_into('l', self.values, 0, seconds)

    def asked(self):
        """The time-out that the daemon has asked for."""
        return struct.unpack_from('lll', self.values)[2]


def judge(daemon):
    """A session that is ended by its peer."""
    with daemon.session() as s:
        return begin(s)


def begin(session):
    """The last answer, up to the first that puts it off."""
    answer = session.connect()
    if answer == 'c':
        answer = session.helo('client.example')
    return session.mail() if answer == 'c' else answer


def ended(session):
    """Has the daemon closed the connection?"""
    if not select.select([session.socket], [], [], 0)[0]:
        return False
    try:
        return session.socket.recv(1) == b''
    except ConnectionResetError:
        return True


def descriptors(daemon):
    return len(os.listdir(f'/proc/{daemon.workers()[0]}/fd'))


if not os.path.exists(PROGRAM) or not os.path.exists(HURRIED):
    skip_all(f'{PROGRAM} or {HURRIED} is not built')
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

with Daemon(policy('profile: none'), program=PROGRAM) as daemon:
    same(judge(daemon), 'a', 'served')
    before = daemon.rss_kib()
    idle = [daemon.session() for _ in range(SESSIONS)]
    same({begin(s) for s in idle}, {'a'}, f'{SESSIONS} sessions, which then are silent')
    after = daemon.rss_kib()
    note(f'{before} KiB before, {after} KiB with {SESSIONS} of them')
    ok(after <= BASE_KIB + EACH_KIB * SESSIONS, f'R8: at most {BASE_KIB} KiB of memory, and {EACH_KIB} KiB for each')
    same(judge(daemon), 'a', 'another one is served beside them')
    for s in idle:
        s.close()

with tempfile.TemporaryDirectory() as folder:
    hurry = Hurry(folder)
    with Daemon(LIMIT, program=PROGRAM, environment=hurry.environment) as daemon:
        del daemon.environment['LD_PRELOAD']	# the commands of this test are another build
        ok(HOUR_S < hurry.asked() <= 3 * HOUR_S, f'libmilter bears {hurry.asked()} seconds of silence: more than MTAs do')
        same(judge(daemon), 'a', 'served')
        few = descriptors(daemon)
        silent = [daemon.session(negotiate=False) for _ in range(SILENT // 2)]
        silent += [daemon.session() for _ in range(SILENT // 2)]
        same(judge(daemon), 'a', f'served beside {SILENT} that have no session and say nothing, twice server.max_sessions')
        idle = [daemon.session() for _ in range(MAX_SESSIONS)]
        same({begin(s) for s in idle}, {'a'}, 'as many sessions as may be')
        same(judge(daemon), BUSY, 'then others are put off')
        daemon.wait_for(lambda: daemon.status()['sessions']['open'] == MAX_SESSIONS)

        same(sum(ended(s) for s in silent + idle), 0, 'all of them are there')
        hurry.go_ahead(BEYOND_S)

        def all_ended():
            """Whatever comes wakes libmilter up."""
            daemon.session(negotiate=False).close()
            return all(ended(s) for s in silent + idle)
        daemon.wait_for(all_ended)
        ok(True, 'when their time is over, the daemon ends them')
        daemon.wait_for(lambda: daemon.status()['sessions']['open'] == 0)
        ok(True, 'none is counted any more')
        same(judge(daemon), 'a', 'others are served again')

        half = [daemon.session() for _ in range(HALF)]
        for s in half:
            s.raw(struct.pack('!I', 10) + b'Habc')
        daemon.wait_for(lambda: all(ended(s) for s in half))
        ok(True, f'{HALF} that stop in the midst of a packet are ended by the time-out itself')
        daemon.wait_for(lambda: descriptors(daemon) <= few)
        ok(True, 'all descriptors are free again')
        same(judge(daemon), 'a', 'and it serves')
done()
