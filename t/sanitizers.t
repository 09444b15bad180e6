#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""R11: ThreadSanitizer watches the daemon and replay, valgrind the units that have no threads; neither has anything to say.

sanitizers.t: the tests that make its threads meet most, and the quick units; --long: all of the daemon's that need no
time to be kept and no other program to be watched, and all units.
"""
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/lib')

from tap import done, note, ok

LONG = '--long' in sys.argv
BUILD = os.path.abspath(os.environ.get('BUILD', HERE + '/../build'))
WATCHED = ['dns/session-log.t', 'fault/limits.t', 'fault/reload.t', 'fault/socketmap.t', 'metrics/figures.t', 'milter/client.t',
           'replay/threads.t']
WATCHED_LONG = ['dns/outage.t', 'fault/hand-over.t', 'fault/supervisor.t', 'milter/bytes.t', 'milter/headers.t',
                'milter/session-log.t', 'spf/daemon.t']
NOT_BY_VALGRIND = {
    'dns_cache.t': 'it has more threads than valgrind can follow',
    'log.t': 'it has threads',
    'sandbox.t': 'valgrind does not know seccomp()',
    'session_log.t': 'it has threads',
    'zone.t': 'PCRE2 makes machine code, which reads some bytes beyond a short text, harmlessly; valgrind cannot tell',
}
SLOW = {'decide_properties.t', 'spf.t'}		# minutes
VALGRIND = ['valgrind', '-q', '--error-exitcode=99', '--leak-check=full', '--errors-for-leak-kinds=definite']


def is_good(command, **environment):
    """Is the exit status of a test 0?"""
    begun = time.monotonic()
    result = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL, env={**os.environ, **environment})
    note(f'{os.path.basename(command[-1])}: {time.monotonic() - begun:.0f} s')
    if result.returncode != 0:
        note((result.stdout + result.stderr).decode(errors='backslashreplace')[-6000:])
    return result.returncode == 0


def watch_threads(program):
    for test in WATCHED + (WATCHED_LONG if LONG else []):
        # Whatever is found stands in the daemon's log or on standard error, which makes the test fail: t/lib/daemon.py.
        ok(is_good([f'{HERE}/{test}'], EHLO_MILTER=program,
                   TSAN_OPTIONS=f'exitcode=0:suppressions={HERE}/tsan.suppressions'), f'R11: {test} under ThreadSanitizer')


def watch_memory(folder):
    for test in sorted(name for name in os.listdir(folder) if name.endswith('.t')):
        if test in NOT_BY_VALGRIND:
            ok(True, f'{test} # SKIP {NOT_BY_VALGRIND[test]}')
        elif LONG or test not in SLOW:
            ok(is_good([*VALGRIND, f'{folder}/{test}']), f'R11: {test} under valgrind')


if os.path.exists(BUILD + '/thread/ehlo-milter'):
    watch_threads(BUILD + '/thread/ehlo-milter')
else:
    ok(True, f'threads # SKIP {BUILD}/thread/ehlo-milter is not built')
if shutil.which('valgrind') and os.path.isdir(BUILD + '/no-fd/t/unit'):
    watch_memory(BUILD + '/no-fd/t/unit')
else:
    ok(True, f'memory # SKIP no valgrind, or nothing in {BUILD}/no-fd/t/unit')
done()
