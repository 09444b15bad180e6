#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""contrib/replay-parallel gives the report of replay."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, ok, same, skip_all

if not shutil.which('parallel'):
    skip_all('needs GNU parallel')
PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
RECIPE = HERE + '/../../contrib/replay-parallel'
folder = tempfile.TemporaryDirectory()


def run(*words, report=''):
    return subprocess.run(words, capture_output=True, check=False, timeout=120, env={**os.environ, 'EHLO_MILTER': PROGRAM, 'REPORT': report})


log = folder.name + "/it's a log"
with open(HERE + '/sessions/new/session.jsonl', encoding='ascii') as source, open(log, 'w', encoding='ascii') as file:
    for number, line in enumerate(source.readlines() * 40):
        file.write(line.replace('CHANGE', f'C{number:05d}'))
new = HERE + '/sessions/new/new.yaml'
shutil.copy(HERE + '/sessions/new/policy.yaml', folder.name + "/old 'policy'.yaml")
policy = ['-c', folder.name + "/old 'policy'.yaml", '--new', new]
whole = run(PROGRAM, 'replay', *policy, log)
found = run(RECIPE, *policy, '--', log)
ok(found.returncode == 0 and whole.returncode == 0 and found.stdout, 'it works')
same(found.stdout, whole.stdout, 'and gives the report of replay')
halves = [folder.name + '/first half', folder.name + '/second half']
with open(log, encoding='ascii') as source:
    lines = source.readlines()
for half, part in zip(halves, (lines[:50], lines[50:])):
    with open(half, 'w', encoding='ascii') as file:
        file.writelines(part)
same(run(RECIPE, *policy, '--', *halves).stdout, whole.stdout, 'several files')
same(run(RECIPE, *policy, '--', log, report='--json').stdout, run(PROGRAM, 'replay', '--json', *policy, log).stdout,
     'options of report')
same(run(RECIPE, *policy, '--', log, report='--fail-on newly_rejected>0').returncode, 1, 'its exit status')
ok(run(RECIPE, '-c', '/nonexistent', '--', log).returncode != 0, 'a policy that is not there')
mail = folder.name + '/mail.log'
shutil.copy(HERE + '/sessions/unknown-name/session.log', mail)
with open(mail, 'ab') as file:
    file.write(b'not a line of a log\n')
same(run(RECIPE, *policy, '--', mail).stdout, run(PROGRAM, 'replay', *policy, mail).stdout, 'a log in one piece')
same(run(RECIPE).returncode, 64, 'no arguments')
same(run(RECIPE, '--', '/nonexistent').returncode, 65, 'a log that is not there')
done()
