#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The manuals and completions have what the program's tables have, and name nothing else; UPDATE=1 writes them anew.

In a page, what stands between '.\\" begin: WORDS' and '.\\" end' is what 'ehlo-milter help --mdoc WORDS' prints.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
TOP = os.path.abspath(HERE + '/../..')
UPDATE = os.environ.get('UPDATE') == '1'
PAGES = sorted(glob.glob(TOP + '/man/*.[1578]'))
REGION = re.compile(r'^(\.\\" begin: ([^\n]*)\n)(.*?)^(\.\\" end\n)', re.M | re.S)


def said(*words):
    result = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        note(result.stderr)
    return result.stdout


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def golden(path, found, label):
    if UPDATE:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(found)
    if not ok(read(path) == found, label):
        note('UPDATE=1 t/cmd/manuals.t writes it anew')


# --- what is made from the tables ---
shown = set()
for page in PAGES:
    for region in REGION.finditer(read(page)):
        shown.update(region.group(2).split())
    golden(page, REGION.sub(lambda m: m.group(1) + said('help', '--mdoc', *m.group(2).split()) + m.group(4), read(page)),
           f'{os.path.basename(page)} has what the tables have')
for shell, name in (('bash', 'ehlo-milter'), ('zsh', '_ehlo-milter')):
    golden(f'{TOP}/contrib/completions/{name}', said('help', '--completion', shell), f'the completions of {shell} are those of the tables')
everything = json.loads(said('help', '--json'))
commands = {entry['command']: entry for entry in everything if 'command' in entry}
same(sorted(set(commands) - shown), [], 'each command is in a manual')
topics = set(re.findall(r'^  ([a-z-]+)  ', said('help').split('Topics:')[1], re.M))
same(sorted(topics - shown), [], 'each topic is in a manual')

# --- what is written by hand names what there is ---
keys = set(re.findall(r'^  ([a-z0-9_.\[\]A-Z]+)', said('help', 'keys'), re.M))
sections = {'server', 'dns', 'outbound', 'commands'}
options = {'help', 'version', *(o['name'] for c in commands.values() for o in c['options'])}
ok(len(keys) > 90 and 'server.session_log.privacy.sender' in keys and 'listeners[].match.client' in keys, 'help keys has all keys')
for path in [*PAGES, TOP + '/README']:
    name, text = os.path.basename(path), read(path)
    plain = re.sub(r'\\.', '', REGION.sub('', text))
    own = {word for line in plain.splitlines() if 'ehlo-milter' in line for word in re.findall(r'(?<![\w-])--([a-z][a-z-]+)', line)}
    own |= set(re.findall(r'Fl -([a-z][a-z-]+)', plain))
    own -= {'prefix', 'sysconfdir', 'once', 'now', 'create'}	# of other programs
    same(sorted(own - options), [], f'{name}: names no option that is none')
    paths = re.findall(r'\b((?:server|dns|outbound)\.[a-z_]+(?:\.[a-z_]+)*)\b', plain)
    same(sorted(p for p in set(paths) if p not in keys), [], f'{name}: names no key that is none')

# --- what is said of each word of import is what it does ---
INPUTS = {
    'postfix': lambda word: word + '\n' if '=' in word else f'smtpd_helo_restrictions = {word}{" x:y" * word.startswith("check_")}\n',
    'stalwart': lambda word: re.sub(r' = (\w+)$', r' = "\1"' if word.startswith('auth.') else r' = \1', word) + '\n',
    'messaging-server': lambda word: word + '=1\ntcp_local smtp\nd\n' if word.isupper() else
                                     f'tcp_first {word} 2\nd\n\ntcp_local {word} 2\nd\n',
}


def imports(source, word):
    result = subprocess.run([PROGRAM, 'import', source, '-'], input=INPUTS[source](word), capture_output=True, text=True, check=False)
    return result.stdout


for part in re.split(r'^\.Ss ', said('help', '--mdoc', 'import-words'), flags=re.M)[1:]:
    source, items = part.split('\n', 1)
    wrong = []
    pairs = re.findall(r'^\.It Li "([^\n]*)"\n(.*?)(?=^\.)', items, re.M | re.S)
    for word, becomes in pairs:
        becomes = becomes.replace('\n', ' ').strip()
        settings = re.fullmatch(r'[a-z_]+: \{ (.*) \}', becomes)
        if settings and '...' not in becomes:
            expected = [setting.replace('0 to 3', '2') for setting in settings.group(1).split(', ')]
        elif becomes.startswith('nothing: '):
            expected = ['listeners:']
        elif re.match(r'(reject|permit|check|defer)_\w+$', word) and source == 'postfix' and not re.match(r'a |exempt|mail_from', becomes):
            expected = [becomes]
        elif source == 'messaging-server' and 'blocked_ips' not in becomes and 'SPF_' not in word:
            expected = [becomes.replace('match: ', '')]
        else:
            continue	# takes more than one line: t/import has it
        draft = imports(source, word).replace("'", '')
        wrong += [(word, text) for text in expected if text.replace("'", '') not in draft]
    same(wrong, [], f'{source}: {len(pairs)} words become what is said')

# --- form ---
if shutil.which('mandoc'):
    lint = subprocess.run(['mandoc', '-T', 'lint', *PAGES], capture_output=True, text=True, check=False)
    # Our own pages need not be installed.
    found = [line for line in lint.stdout.splitlines() if 'referenced manual not found: Xr ehlo-milter' not in line]
    same(found, [], 'mandoc finds nothing in the manuals')
    for page in PAGES:
        text = subprocess.run(['mandoc', '-T', 'utf8', page], capture_output=True, text=True, check=False).stdout
        ok(len(text.splitlines()) > 40, f'{os.path.basename(page)} is shown')
else:
    ok(True, 'mandoc finds nothing in the manuals # SKIP mandoc is not installed')
done()
