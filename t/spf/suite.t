#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The openspf test suite of RFC 7208: each case, but for those that KNOWN names with their reasons."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok, same, skip_all

SHARED = os.environ.get('SHARED', HERE + '/../../../shared')
SUITE = os.path.join(SHARED, 'data/rfc7208-tests.yml')
PROGRAM = os.path.join(os.environ.get('BUILD', HERE + '/../../build'), 'sanitized/t/spf/suite')
CASES = 203

if not os.path.exists(SUITE):
    skip_all(f'no {SUITE}')
if not os.path.exists(PROGRAM):
    skip_all(f'nothing is built in {PROGRAM}')
try:
    import yaml
except ImportError:
    skip_all('python3-yaml is not there')


def hexed(value):
    """Bytes as the suite writes them: one for each character."""
    return value.encode('latin-1').hex() or '-'


def records(entries):
    """The suite's rule: an SPF record stands for a TXT record, unless its name lists TXT itself; NONE is none."""
    texts = any(isinstance(entry, dict) and 'TXT' in entry for entry in entries)
    for entry in entries:
        if entry == 'TIMEOUT':
            yield 'ANY', 'TIMEOUT'
            continue
        for kind, value in entry.items():
            if kind == 'SPF' and texts or value == 'NONE':
                continue
            kind = 'TXT' if kind == 'SPF' else kind
            if value == 'TIMEOUT':
                yield kind, 'TIMEOUT'
            elif kind == 'MX':
                yield kind, hexed(value[1])
            else:
                yield kind, hexed(''.join(value) if isinstance(value, list) else value)


def case_line(name, case):
    sender = case.get('mailfrom') or ''
    local, _, domain = sender.rpartition('@')
    return ' '.join(['CASE', name, case['host'], hexed(case.get('helo') or ''), hexed(local), hexed(domain)])


def known():
    """KNOWN: "CASE RESULT reason", where RESULT is what comes instead of what the suite wants."""
    with open(HERE + '/KNOWN', encoding='ascii') as lines:
        rows = [line.split(None, 2) for line in lines if line.strip() and not line.startswith('#')]
    return {row[0]: row[1] for row in rows}


with open(SUITE, encoding='utf-8') as stream:
    scenarios = [scenario for scenario in yaml.safe_load_all(stream) if scenario]
lines, wanted = [], {}
for scenario in scenarios:
    lines.append('ZONE')
    for owner, entries in scenario['zonedata'].items():
        lines += [f'RR {hexed(owner)} {kind} {value}' for kind, value in records(entries)]
    for name, case in scenario['tests'].items():
        results = case['result']
        wanted[name] = [str(r) for r in (results if isinstance(results, list) else [results])]
        lines.append(case_line(name, case))

run = subprocess.run([PROGRAM], input='\n'.join(lines) + '\n', capture_output=True, text=True, check=False,
                     timeout=300)
if not ok(run.returncode == 0, 'the evaluator runs over all cases'):
    note(run.stderr)
found = {fields[0]: fields[1:] for fields in (line.split() for line in run.stdout.splitlines())}
same(len(found), CASES, f'{CASES} cases')
failing = {}
for name, results in wanted.items():
    late, at_once, _, reason = found.get(name, ['missing'] * 4)[:4]
    if late not in results:
        failing[name] = late
    if name not in known():
        ok(late in results and late == at_once, f'{name}: {late} ({reason}), wanted {" or ".join(results)}')
same(failing, known(), 'KNOWN lists what does not pass, and nothing else')
done()
