#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records that kill Debian's libspf2: ours takes each of them, and asks for no explanation."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

import crash_inputs
from tap import done, note, ok, same, skip_all

PROGRAM = os.path.join(os.environ.get('BUILD', HERE + '/../../build'), 'sanitized/t/spf/suite')

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


def lines_of(given):
    yield 'ZONE'
    for owner, text in given.records.items():
        yield f'RR {owner.encode().hex()} TXT {text.hex()}'
    domain = crash_inputs.DOMAIN.encode().hex()
    yield f'CASE {given.name} 192.0.2.1 {domain} {b"a".hex()} {domain}'


for given in crash_inputs.make():
    results = evaluate(list(lines_of(given)))
    if not ok(results and len(results) == 1, f'{given.name} is evaluated'):
        continue
    result, questions = results[0][1], results[0][5:]
    same([q for q in questions if q.startswith(crash_inputs.EXPLANATION)], [],
         f'{given.name}: {result}, no explanation asked for')
    same(result, given.result, f'{given.name}: {result}')
done()
