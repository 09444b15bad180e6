#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
R12: whatever call fails in a command, it does not crash, and either does all that it should or says that it did not: by its
exit status and a message.  What it prints of a verdict is the right one or is not there.

injection-commands.t: some of the calls of each kind; --phase N: others; --long: every one.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')
from faults import LINKED, PRELOADED, Faults
from tap import done, note, same, skip_all

LONG = '--long' in sys.argv
PHASE = int(sys.argv[sys.argv.index('--phase') + 1]) if '--phase' in sys.argv else 0
STRIDES = {} if LONG else {'allocation': 61, 'write': 3, 'open': 2}
TAPE = HERE + '/../replay/sessions/tape'
CASES = HERE + '/../replay/messaging-server'
CONFIG = HERE + '/../mta-config'
STATUS = HERE + '/../cmd/status'
IMPORT = HERE + '/../import'
POLICY = ('-c', TAPE + '/policy.yaml')
CURRENT = CONFIG + '/all-keys.postfix-merged.current'
CONFIGURED = ('-c', CONFIG + '/all-keys.yaml')
# More than is read at once.
LOG = ''.join(f'Nov 22 05:10:37 mx postfix/smtpd[{number}]: {event} from a.example[192.0.2.{number % 250}]\n' for number in range(2500)
              for event in ('connect', 'disconnect'))
# One whose record, and what is judged of it, have no room in the space that a line is given at first.
LONG_SESSION = ''.join(f'Nov 22 05:20:00 mx postfix/smtpd[9]: {event}\n' for event in (
    'connect from a.example[192.0.2.9]', *(f'4Q{number:08d}: client=a.example[192.0.2.9]' for number in range(100)),
    'disconnect from a.example[192.0.2.9] ehlo=1 mail=100 rcpt=100 data=100 commands=301'))
# What they do, and what of it may differ: a check that cannot look at the host's Postfix says so and goes on.
COMMANDS = {
    'check': ('check', *CONFIGURED, '--print'),
    'explain': ('explain', *POLICY, '--client', '203.0.113.9', '--ehlo', 'a.example', '--mail-from', '<joe@good.example>',
                '--dns', 'tape:' + TAPE + '/dns.tape', '--all'),
    'explain, as JSON': ('explain', *POLICY, '--client', '203.0.113.9', '--ehlo', 'a.example', '--mail-from',
                         '<joe@good.example>', '--dns', 'tape:' + TAPE + '/dns.tape', '--json'),
    'replay': ('replay', *POLICY, '--dns', 'tape:' + TAPE + '/dns.tape', TAPE + '/session.jsonl'),
    'sessions': ('sessions', TAPE + '/session.jsonl'),
    'test': ('test', '-c', CASES + '/policy.yaml', CASES + '/cases.yaml'),
    'mta-config postfix': ('mta-config', *CONFIGURED, '--current', CURRENT, '--postconf', 'postfix'),
    'mta-config sendmail': ('mta-config', *CONFIGURED, 'sendmail'),
    'status': ('status', STATUS + '/busy.metrics'),
    'import postfix': ('import', 'postfix', IMPORT + '/postfix-classic.in'),
    'import stalwart': ('import', 'stalwart', IMPORT + '/stalwart-old.in'),
    'import messaging-server': ('import', 'messaging-server', IMPORT + '/messaging-server.in'),
}
# 71 memory and the like; 74 what cannot be written; and files that cannot be opened: the input 65, the policy 78.
TELLING = {'allocation': {71}, 'write': {74}, 'open': {65, 71, 74, 75, 78}, 'thread': {71, 75}, 'socket': {69, 71, 75}}


def run(program, words, environment, data=None):
    return subprocess.run([program, *words], input=data, capture_output=True, check=False, timeout=120,
                          env={**os.environ, **environment, 'HOME': '/nonexistent'})


def problem(kind, result, expected):
    """What is wrong with the result of a command one of whose calls failed; None: nothing."""
    said = result.stderr.decode(errors='backslashreplace')
    if result.returncode < 0 or 'Sanitizer' in said or 'runtime error' in said:
        return f'crashed: {result.returncode} {said[-1500:]}'
    # A draft says itself what it lacks.
    if kind == 'open' and b'its file cannot be read: ' in result.stdout:
        return None
    if result.returncode == expected.returncode:
        return None if result.stdout == expected.stdout else f'another result: {result.stdout[:300]}, {said[-300:]}'
    if result.returncode not in TELLING[kind]:
        return f'status {result.returncode} {said[-300:]}'
    # Where standard error itself cannot be written, the status has to do.
    told = [line for line in said.splitlines() if not line.startswith('policy: ')]
    return None if told or kind == 'write' else f'status {result.returncode}, and nothing is said'


def to_a_full_disk(way, words, data):
    """Exit status and message where nothing can be written."""
    with open('/dev/full', 'wb') as full:
        result = subprocess.run([way[0], *words], input=data, stdout=full, stderr=subprocess.PIPE, check=False, timeout=120)
    return result.returncode, b'o space left' in result.stderr


def try_command(way, folder, words, data):
    """How many calls of each kind failed, and what was wrong then."""
    program, library = way
    faults = Faults(folder, library)
    expected = run(program, words, faults.environment, data)
    reached, wrong = {}, []
    for kind in TELLING:
        stride = STRIDES.get(kind, 1)
        number, reached[kind] = PHASE % stride, 0
        while True:
            faults.arm(kind, number)
            result = run(program, words, faults.environment, data)
            if not faults.disarm(kind):
                break
            reached[kind] += 1
            found = problem(kind, result, expected)
            if found:
                wrong.append((kind, number, found))
            number += stride
    return expected, reached, wrong


for way, name in ((PRELOADED, 'any call'), (LINKED, 'with AddressSanitizer')):
    if not all(os.path.exists(path) for path in way if path):
        skip_all(f'{way[0]} is not built')
    with tempfile.TemporaryDirectory() as folder:
        log = folder + '/mail.log'
        with open(log, 'w', encoding='ascii') as file:
            file.write(LOG)
        part = folder + '/part'
        with open(part, 'wb') as file:
            file.write(run(way[0], ('replay', '--partial', log), {}).stdout)
        long_record = run(way[0], ('sessions', '-'), {}, LONG_SESSION.encode()).stdout
        records = run(way[0], COMMANDS['sessions'], {}).stdout + long_record
        journal, policy = folder + '/sessions.jsonl', folder + '/policy.yaml'
        with open(journal, 'wb') as file:
            file.write(records)
        with open(policy, 'w', encoding='ascii') as file:
            file.write(f'version: 1\nserver: {{ session_log: {{ path: "{journal}" }} }}\nlisteners: [ {{ name: mx, match: any }} ]\n')
        recorded = json.loads(long_record.splitlines()[0])['id']
        inputs = {'evaluate': records, 'report': run(way[0], ('evaluate', *POLICY), {}, records).stdout}
        for command, words in {**COMMANDS, 'replay of a log': ('replay', log), 'report': ('report',),
                               'report of parts': ('report', '--merge', part, part), 'evaluate': ('evaluate', *POLICY),
                               'explain of a record': ('explain', '-c', policy, '--id', recorded)}.items():
            data = inputs.get(command, b'')
            expected, reached, wrong = try_command(way, folder, words, data)
            same((expected.returncode in (0, 1), len(expected.stdout) > 0, wrong[:3]), (True, True, []), f'R12: {command} ({name})')
            same(to_a_full_disk(way, words, data), (74, True), f'R12: {command} on a full disk ({name})')
            note('failed: ' + ', '.join(f'{kind} {count}' for kind, count in reached.items()))
done()
