#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Each threat (T1 ...) and each promise of reliability (R1 ...) has a test: t/threats says which, and it has passed when it last
ran (t/lib/kept).  After a run of everything (ALL_RAN) each of them has run.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/lib')

from tap import done, ok, same

BUILD = os.path.abspath(os.environ.get('BUILD', HERE + '/../build'))
TABLE = os.environ.get('SHARED', HERE + '/../../shared') + '/facts/security.md'
ALL_RAN = 'ALL_RAN' in os.environ
WANTED = [f'T{n}' for n in range(1, 31)] + [f'R{n}' for n in range(1, 21)]


def read(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def tests_of(where):
    """TEST: WORDS ; TEST: WORDS - each test must pass something that has these words in its label."""
    return [part.strip().split(': ', 1) for part in where.split(' ; ')]


def source_of(test):
    """What is run, or what it is made of; None: t/run runs no such test."""
    path = f'{HERE}/{test}'
    if test.startswith('unit/'):
        path = path.removesuffix('.t') + '.c'
    elif not os.access(path, os.X_OK) or not test.endswith('.t') or test.count('/') > 1:
        return None
    return path if os.path.isfile(path) else None


def output_of(test, source):
    """What it said when it last ran; None: it has not run since it was changed."""
    kept = f'{BUILD}/tap/{test}'
    if not os.path.exists(kept) or os.path.getmtime(kept) < os.path.getmtime(source):
        return None
    return read(kept)


def judge(test, words):
    """The objection, or why it need not be looked at."""
    source = source_of(test)
    if not source:
        return f'{test} is no test', None
    output = output_of(test, source)
    if output is None:
        return (f'{test} has not run', None) if ALL_RAN else (None, f'{test} has not run')
    if re.match(r'1\.\.0 # SKIP', output):
        return None, f'{test} was skipped'
    lines = [line for line in output.splitlines() if re.match(r'(not )?ok \d+', line) and words in line]
    if any(line.startswith('not') for line in lines):
        return f'{test} fails', None
    if any('# SKIP' not in line for line in lines):
        return None, None
    return (None, f'{test} was skipped there') if lines else (f'{test} has passed nothing with the words "{words}"', None)


rows = [[cell.strip() for cell in line.split('|')] for line in read(HERE + '/threats').splitlines()
        if line and not line.startswith('#')]
same([row[0] for row in rows], WANTED, 'every threat and every promise has a row, in their order')
if os.path.exists(TABLE):
    same([row[0] for row in rows], re.findall(r'^\| ([TR]\d+) \|', read(TABLE), re.M), 'they are those that are known')
else:
    ok(True, f'those that are known # SKIP there is no {TABLE}')
for name, what, where in rows:
    found = [judge(*test) for test in tests_of(where)]
    objections = [objection for objection, _ in found if objection]
    skipped = [reason for _, reason in found if reason]
    ok(not objections, f'{name}: {what}' + ''.join(f': {text}' for text in objections) +
       (f" # SKIP {', '.join(skipped)}" if skipped and not objections else ''))
done()
