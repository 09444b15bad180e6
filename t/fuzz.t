#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each fuzz target takes every file of its corpus: t/fuzz/NAME.c and t/fuzz/corpus/NAME/."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/lib')

from tap import done, note, ok, same, skip_all

BUILT = os.path.join(os.environ.get('BUILD', HERE + '/../build'), 'sanitized/t/fuzz')
CORPUS = HERE + '/fuzz/corpus'
targets = sorted(name[:-2] for name in os.listdir(HERE + '/fuzz') if name.endswith('.c') and name != 'replay.c')

if not os.path.isdir(BUILT):
    skip_all(f'nothing is built in {BUILT}')
same(sorted(os.listdir(CORPUS)), targets, 'each target has a corpus, and each corpus a target')
for target in targets:
    files = len(os.listdir(os.path.join(CORPUS, target)))
    result = subprocess.run([os.path.join(BUILT, target), os.path.join(CORPUS, target)], capture_output=True,
                            check=False, timeout=300, stdin=subprocess.DEVNULL)
    good = ok(result.returncode == 0 and result.stdout == b'%d inputs\n' % files and files >= 10,
              f'{target}: {files} inputs')
    if not good:
        note(f'status {result.returncode}\n' + (result.stdout + result.stderr).decode(errors='backslashreplace'))
done()
