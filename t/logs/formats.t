#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Each log of samples/ gives the records of NAME.expect, and the last lines of it say how its lines were taken.

  UPDATE=1 t/logs/formats.t    writes what is found: read the difference
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
SAMPLES = HERE + '/samples'


def sessions(name, *words):
    """Records and summary, read from standard input, so that no path is in them."""
    arguments = SAMPLES + '/' + os.path.splitext(name)[0] + '.args'
    if os.path.exists(arguments):
        with open(arguments, encoding='utf-8') as file:
            words += tuple(file.read().split())
    with open(f'{SAMPLES}/{name}', 'rb') as log:
        result = subprocess.run([PROGRAM, 'sessions', '--year', '2026', *words, '-'], stdin=log, capture_output=True, check=False,
                                timeout=60)
    # The last line of the output says what standard error says in words.
    *records, counts = result.stdout.splitlines(keepends=True)
    ok(counts.startswith(b'{"schema":"ehlo-milter.log_lines/1"'), f'{name}: the counts come last')
    counts = json.loads(counts)['log_lines']
    ok(sum(counts[word] for word in ('understood', 'other', 'foreign', 'blank', 'repeated', 'missed')) == counts['lines'],
       f'{name}: each line is one thing or another')
    return result.returncode, b''.join(records) + result.stderr


for name in sorted(os.listdir(SAMPLES)):
    if name.endswith(('.expect', '.args')):
        continue
    status, found = sessions(name)
    expect = f'{SAMPLES}/{name}.expect'
    if os.environ.get('UPDATE'):
        with open(expect, 'wb') as file:
            file.write(found)
    with open(expect, 'rb') as file:
        expected = file.read()
    if not ok(status == 0 and found == expected, name):
        for a, b in zip(found.split(b'\n') + [b''], expected.split(b'\n') + [b'']):
            if a != b:
                note(f'found    {a.decode(errors="backslashreplace")}\nexpected {b.decode(errors="backslashreplace")}')

# --- what journalctl writes in its many forms is the same log ---

MATTERS = ('host', 'client_address', 'client_name', 'helo', 'tls', 'sasl_username', 'commands', 'complete', 'verdicts')


def facts(name):
    """What the form does not change: times are cut, a unit stands for the program."""
    found = [json.loads(line) for line in sessions(name)[1].splitlines() if line.startswith(b'{')]
    return [({key: record.get(key) for key in MATTERS}, [tx.get('delivered') for tx in record['tx']]) for record in found]


wanted = facts('journalctl-json-seq.json')
ok(len(wanted) == 2, 'journalctl: two sessions')
for name in sorted(os.listdir(SAMPLES)):
    if name.startswith('journalctl-') and not name.endswith('.expect'):
        same(facts(name), wanted, f'{name}: the same sessions')

# --- and what shippers and exports make of one ---

wanted = facts('same-plain.log')
ok(len(wanted) == 2, 'shipped: two sessions')
for name in sorted(os.listdir(SAMPLES)):
    if name.startswith('same-') and not name.endswith('.expect'):
        same(facts(name), wanted, f'{name}: the same sessions as in plain syslog')
done()
