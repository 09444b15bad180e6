#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records that kill Debian's libspf2: ours takes each of them, and asks for no explanation."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok, same, skip_all

SHARED = os.environ.get('SHARED', HERE + '/../../../shared')
SOURCE = os.path.join(SHARED, 'recipes/libs/spf_crash_inputs.c')
PROGRAM = os.path.join(os.environ.get('BUILD', HERE + '/../../build'), 'sanitized/t/spf/suite')

if not os.path.exists(SOURCE):
    skip_all(f'no {SOURCE}')
if not os.path.exists(PROGRAM):
    skip_all(f'nothing is built in {PROGRAM}')


def evaluate(lines):
    """The fields of each case, or None when the evaluator died."""
    run = subprocess.run([PROGRAM], input='\n'.join(lines) + '\n', capture_output=True, text=True, check=False,
                         timeout=300)
    if run.returncode:
        note(run.stderr)
        return None
    return [line.split() for line in run.stdout.splitlines()]


def lines_of(path):
    """The zone of one input: lines "OWNER TXT TEXT"."""
    yield 'ZONE'
    with open(path, 'rb') as stream:
        for line in stream.read().rstrip(b'\n').split(b'\n'):
            owner, _, text = line.split(b' ', 2)
            yield f'RR {owner.hex()} TXT {text.hex()}'
    yield f'CASE {os.path.basename(path)} 192.0.2.1 {b"example.com".hex()} {b"a".hex()} {b"example.com".hex()}'


with tempfile.TemporaryDirectory() as scratch:
    generator = scratch + '/generate'
    inputs = scratch + '/inputs'
    os.mkdir(inputs)
    subprocess.run(['cc', '-std=gnu11', '-O2', SOURCE, '-o', generator, '-lspf2'], check=True)
    made = subprocess.run([generator, '-n', '2500', '-w', inputs], capture_output=True, text=True, check=False,
                          timeout=600, cwd=scratch)
    names = sorted(os.listdir(inputs))
    if made.returncode == 0:
        skip_all('this libspf2 survives what kills that of Debian 12')
    good = ok(made.returncode == 1 and len(names) >= 10, f'{len(names)} inputs kill the library by itself')
    if not good:
        note(made.stdout + made.stderr)
    for name in names:
        results = evaluate(list(lines_of(os.path.join(inputs, name))))
        if not ok(results and len(results) == 1, f'{name} is evaluated'):
            continue
        result, questions = results[0][1], results[0][5:]
        same([q for q in questions if q.startswith('e.example.com')], [], f'{name}: {result}, no explanation asked for')
        ok(result == ('fail' if 'explanation' in name else 'permerror'), f'{name}: {result}')
done()
