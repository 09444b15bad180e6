#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each threat (T1 ...) and each promise of reliability (R1 ...) has a test: t/threats says which, and it is there."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/lib')

from tap import done, ok, same

WANTED = [f'T{n}' for n in range(1, 31)] + [f'R{n}' for n in range(1, 21)]


def tests_of(where):
    """FILE: WORDS ; FILE: WORDS - each file must hold its words."""
    for part in where.split(';'):
        file, words = part.strip().split(': ', 1)
        yield file, words


def problem(where):
    for file, words in tests_of(where):
        path = os.path.join(HERE, file)
        if not os.path.isfile(path):
            return f'{file} is not there'
        with open(path, encoding='utf-8') as text:
            if words not in text.read():
                return f'{file} does not speak of "{words}"'
    return None


rows = []
with open(HERE + '/threats', encoding='utf-8') as table:
    for line in table:
        if line.strip() and not line.startswith('#'):
            rows.append([cell.strip() for cell in line.split('|')])
same([row[0] for row in rows], WANTED, 'every threat and every promise has a row, in their order')
for name, what, where in rows:
    found = problem(where)
    ok(found is None, f'{name}: {what}' + (f': {found}' if found else ''))
done()
