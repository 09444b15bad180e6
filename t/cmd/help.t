#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""help: every command and check has examples, and each of them can be run; width and colours; completions."""
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

import scratch_host
from smtp_sink import Sink
from tap import PATIENCE_S, done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
scratch_host.start(PROGRAM)


def run(*words, environment=None):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          timeout=PATIENCE_S, env={**os.environ, **(environment or {})})


everything = json.loads(run('help', '--json').stdout)
commands = [entry for entry in everything if 'command' in entry]
checks = [entry for entry in everything if 'check' in entry]
ok(len(commands) > 10 and len(checks) > 10, 'help --json has commands and checks')

# --- what each has, and how it looks ---
for entry in commands:
    name = entry['command']
    lines = run(name, '--help').stdout.splitlines()
    same(run('help', name).stdout.splitlines(), lines, f'{name}: help {name} is the same as --help')
    ok(entry['examples'].strip(), f'{name}: has examples')
    same([part for part in (f'usage: ehlo-milter {name}', 'Exit status: ', 'Examples:')
          if not any(line.startswith(part) for line in lines)], [], f'{name}: usage, exit status, examples')
    same([line for line in lines if len(line) > 80 and not line.startswith('  ')], [], f'{name}: 80 columns')
    same([option['name'] for option in entry['options'] if not option['help']], [], f'{name}: each option says what it does')
    same(sorted(option['name'] for option in entry['options'] if run(name, '--help').stdout.find(option['name']) < 0), [],
         f'{name}: each option is shown')

# --- examples of commands ---
sinks = [Sink(banner='ESMTP Postfix', port=port) for port in (25, 587)]
examples = scratch_host.Examples()
for line in [line for entry in commands for line in entry['examples'].splitlines()[::1 if entry['command'] != 'run' else -1]]:
    if not line.startswith('#'):
        missing = [tool for tool in ('jq', 'curl', 'less', 'postconf') if re.search(rf'\b{tool}\b', line) and
                   not shutil.which(tool)]
        if missing:
            ok(True, f'{line} # SKIP {missing[0]} is not installed')
        else:
            examples.try_line(line)

# --- examples of checks: they load, in mode enforce ---
for entry in checks:
    policy = 'version: 1\nlisteners:\n  - name: mx\n    match: any\n    mode: enforce\n' + ''.join(
        '    ' + line + '\n' for line in entry['example'].splitlines())
    scratch_host.write('example.yaml', policy)
    result = run('check', '-c', 'example.yaml')
    if not ok(result.returncode == 0 and f'{entry["check"]}:' in entry['example'], f'{entry["check"]}: the example loads'):
        note(result.stderr)
    same([line for line in run('help', entry['check']).stdout.splitlines() if len(line) > 80 and not line.startswith('  ')], [],
         f'{entry["check"]}: 80 columns')


# --- on a terminal ---
def on_terminal(columns, *words, **environment):
    """What the command prints on one so wide."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.DEVNULL,
                               env={**{key: value for key, value in os.environ.items() if key != 'NO_COLOR'}, 'TERM': 'xterm',
                                    **environment})
    os.close(slave)
    text = b''
    try:
        while part := os.read(master, 65536):
            text += part
    except OSError:
        pass
    os.close(master)
    process.wait(PATIENCE_S)
    return text.decode().replace('\r\n', '\n')


prose = lambda text: [line for line in text.splitlines() if not line.startswith('  ')]
ok(max(map(len, prose(on_terminal(60, 'help', 'iprev')))) <= 60, 'a narrow terminal')
ok(80 < max(map(len, prose(on_terminal(100, 'help', 'iprev')))) <= 100, 'a wide terminal')
ok(max(map(len, prose(on_terminal(500, 'help', 'iprev')))) <= 100, 'a very wide one: lines that can be read')
same(on_terminal(0, 'help', 'iprev'), run('help', 'iprev').stdout, 'one that does not tell: 80 columns')
ok('\033[1m' in on_terminal(80, 'status'), 'colours on a terminal')
for label, environment in (('NO_COLOR', {'NO_COLOR': '1'}), ('a dumb one', {'TERM': 'dumb'})):
    ok('\033' not in on_terminal(80, 'status', **environment), f'no colours: {label}')
ok('\033[1m' in on_terminal(80, 'status', NO_COLOR=''), 'an empty NO_COLOR is none')
plain = run('status').stdout
ok('\033' not in plain and plain, 'no colours where standard output is no terminal')
same([line for line in plain.splitlines() if len(line) > 80], [], 'status: 80 columns')
for words in (('help',), ('help', 'explain'), ('explain', '--ehlo', 'x', '--dns', 'none'), ('check',), ('sessions', '/var/log/mail.log'),
              ('replay', '/var/log/mail.log')):
    ok('\033' not in on_terminal(80, *words), f'{" ".join(words)}: has no colours')
examples.stop()

# --- completions ---
WORDS = {
    ('ehlo-milter', 'exp'): ['explain'],
    ('ehlo-milter', 'explain', '--cli'): ['--client', '--client-port'],
    ('ehlo-milter', 'explain', '--dns', ''): ['live', 'none', 'tape:'],
    ('ehlo-milter', 'explain', '--mta', 'p'): ['postfix'],
    ('ehlo-milter', 'mta-config', 's'): ['sendmail'],
    ('ehlo-milter', 'import', 'sta'): ['stalwart'],
    ('ehlo-milter', 'help', 'ehlo_f'): ['ehlo_fqdn'],
    ('ehlo-milter', 'check', '-c', 'polic'): ['policy.yaml'],
    ('ehlo-milter', 'replay', '/var/log/mail.log.'): ['/var/log/mail.log.1'],
    ('ehlo-milter', 'replay', '--format', 'sendm'): ['sendmail', 'sendmail-x'],
    ('ehlo-milter', 'lookup', '--listener'): [],
}
scratch_host.write('completion.bash', run('help', '--completion', 'bash').stdout)
for words, expected in WORDS.items():
    script = (f'. ./completion.bash; COMP_WORDS=({" ".join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; '
              '_ehlo_milter; printf "%s\\n" "${COMPREPLY[@]}"')
    result = subprocess.run(['bash', '-uc', script], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    same((sorted(result.stdout.split()), result.stderr), (expected, ''), 'bash: ' + ' '.join(words))
for entry in commands:
    script = f'. ./completion.bash; COMP_WORDS=(ehlo-milter {entry["command"]} -); COMP_CWORD=2; _ehlo_milter; echo "${{COMPREPLY[@]}}"'
    found = subprocess.run(['bash', '-c', script], capture_output=True, text=True, check=False).stdout.split()
    same(sorted(found), sorted(['--help', *(('--' if len(o['name']) > 1 else '-') + o['name'] for o in entry['options'])]),
         f'bash: every option of {entry["command"]}')
scratch_host.write('_ehlo-milter', run('help', '--completion', 'zsh').stdout)
if shutil.which('zsh'):
    same(subprocess.run(['zsh', '-n', '_ehlo-milter'], capture_output=True, text=True, check=False).stderr, '', 'zsh reads its own')
else:
    ok(True, 'zsh reads its own # SKIP zsh is not installed')
same(run('help', '--completion', 'fish').returncode, 64, 'another shell')
done()
