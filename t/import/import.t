#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""import: NAME.in gives NAME.out and NAME.err, and the draft loads without a warning; UPDATE=1 writes them anew."""
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
UPDATE = os.environ.get('UPDATE') == '1'
SOURCES = ('messaging-server', 'postfix', 'stalwart')
folder = tempfile.TemporaryDirectory()


def run(*words, text=None):
    return subprocess.run([PROGRAM, *words], capture_output=True, input=text, check=False, cwd=HERE, timeout=120,
                          env=dict(os.environ, MAIL_CONFIG='/nonexistent'))


def golden(path, found, label):
    if UPDATE:
        with open(path, 'wb') as file:
            file.write(found)
    with open(path, 'rb') as file:
        same(found, file.read(), label)


def checked(draft):
    """What check --strict says of a draft."""
    path = folder.name + '/draft.yaml'
    with open(path, 'wb') as file:
        file.write(draft)
    return run('check', '-c', path, '--strict')


for path in sorted(glob.glob(HERE + '/*.in')):
    name = os.path.basename(path)[:-3]
    source = next(s for s in SOURCES if name.startswith(s))
    result = run('import', source, name + '.in')
    golden(path[:-3] + '.out', result.stdout, f'{name}: the draft')
    golden(path[:-3] + '.err', result.stderr, f'{name}: what is said')
    same(result.returncode, 65 if 'broken' in name else 0, f'{name}: the exit status')
    if result.returncode == 0:
        verdict = checked(result.stdout)
        if not ok(verdict.returncode == 0, f'{name}: the draft is checked without a warning'):
            note(verdict.stderr.decode())
        with open(path, 'rb') as file:
            piped = run('import', source, '-', text=file.read())
        same(piped.stdout.replace(b'(standard input)', name.encode() + b'.in'), result.stdout,
             f'{name}: the same from standard input')

# --- any bytes: a draft that loads, or an error with its line ---
BAD = {
    'nothing': b'',
    'NULs': b'smtpd_helo_required = yes\0\0\n',
    'binary': bytes(range(1, 256)) * 40,
    'a line of 1 MiB': b'smtpd_helo_restrictions = ' + b'reject_invalid_helo_hostname, ' * 40000,
    'a word of 1 MiB': b'tcp_local ' + b'x' * (1 << 20),
    'deep braces': b'{' * 100000,
    'deep brackets': b'a = ' + b'[' * 100000,
    'deep JSON': b'{"a":' * 100000,
    'hostile names': b'mynetworks = 192.0.2.0/24\nsmtpd_helo_restrictions = check_helo_access inline:{"\x1b[31m"=REJECT, '
                     b"a'b: c # d.example=REJECT}, \x1b[0m\n",
}
for label, text in BAD.items():
    for source in SOURCES:
        result = run('import', source, '-', text=text)
        if result.returncode == 0:
            ok(checked(result.stdout).returncode in (0, 1), f'{label}, {source}: a draft that loads')
        else:
            ok(result.returncode == 65 and result.stderr.startswith(b'(standard input):') and not result.stdout,
               f'{label}, {source}: an error with its place')
        ok(not any(c < 32 and c != 10 or c > 126 for c in result.stdout + result.stderr),
           f'{label}, {source}: nothing that a terminal would obey')

# --- usage ---
for words, part in ((('import',), b'expected postfix|stalwart|messaging-server FILE'), (('import', 'postfx', '-'), b"did you mean 'postfix'?"),
                    (('import', 'qmail', '-'), b'expected postfix, stalwart or messaging-server'),
                    (('import', '--jsn', 'postfix', '-'), b"did you mean '--json'?")):
    result = run(*words, text=b'')
    ok(result.returncode == 64 and part in result.stderr, ' '.join(words))
same(run('import', 'postfix', 'nothing-here').returncode, 65, 'a file that is not there')
done()
