#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
README is walked through from top to bottom, on a scratch host: each line of each block of commands is one test.

A block is what stands four blanks in.  One of commands has a program at the beginning of its first line: 'ehlo-milter', a
path of the sources, a pipe from '(', or a word of PROGRAMS.  The one that begins with 'version: 1' is a policy, which must load.
The others (lines of an MTA's files, of a policy, of the log) are counted.  What cannot be run here is recognised by a word
of SKIPPED and shown as skipped, each line for itself.
"""
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.path.insert(0, TOP + '/t/lib')

import scratch_host
from smtp_sink import Sink
from tap import done, note, ok, same, skip_all

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
PROGRAMS = {'apt-get', 'apt', 'autoreconf', 'cp', 'dpkg', 'dpkg-buildpackage', 'install', 'man', 'sed', 'systemctl', 'tar'}
SKIPPED = {
    'apt-get': 'needs the network', 'apt': 'needs the network', 'dpkg': 'changes the packages of the host',
    'tar': 'needs a release: t/package has it', 'dpkg-buildpackage': 'takes minutes: t/package has it', 'systemctl': 'needs a running systemd', 'systemd-tmpfiles': 'reaches beyond the scratch host',
    't/run': 'runs this test', 'contrib/quickstart': 't/quickstart.t has it',
}


def blocks(text):
    """Lines that stand four blanks in, by block, with lines that end in a backslash joined."""
    for block in re.findall(r'(?:^    .*\n)+(?:^\n?    .*\n)*', text, re.M):
        lines = [line[4:] for line in block.splitlines()]
        yield re.sub(r' *\\\n *', ' ', '\n'.join(lines)).split('\n')


def is_command(line):
    word = line.split()[0]
    return word in PROGRAMS or word == 'ehlo-milter' or line.startswith('(') or \
        ('/' in word and os.path.exists(f'{TOP}/{word}'))


def why_skipped(line):
    words = re.findall(r'[\w./-]+', line.split(' # ')[0])
    return next((f'{word}: {SKIPPED[word]}' for word in words if word in SKIPPED), None)


if scratch_host.missing():
    skip_all(scratch_host.missing())
scratch_host.enter(PROGRAM, {'127.0.0.1': 'mx.example.org'})
shutil.copytree(TOP, 'sources', symlinks=True, ignore=shutil.ignore_patterns('build', '.git', 'autom4te.cache', '__pycache__'))
os.chdir('sources')
scratch_host.furnish()
scratch_host.write('blocked-domains.txt', 'spam.example\n')	# which the policy in one page names
scratch_host.write('answers.txt', '* * NXDOMAIN\n')
if os.path.isdir('/usr/lib/ccache'):
    os.environ['PATH'] = '/usr/lib/ccache:' + os.environ['PATH']
os.environ['MAKEFLAGS'] = '-j2'
sink = Sink(banner='ESMTP Postfix', port=25)
examples = scratch_host.Examples()
with open(TOP + '/README', encoding='utf-8') as file:
    readme = file.read()
commands = others = 0
for block in blocks(readme):
    if block[0] == 'version: 1':
        scratch_host.write('one-page.yaml', '\n'.join(block) + '\n')
        result = subprocess.run(['ehlo-milter', 'check', '-c', 'one-page.yaml', '--json'], capture_output=True, text=True, check=False)
        if not ok(result.returncode == 0, 'the policy in one page loads'):
            note(result.stderr)
    elif is_command(block[0]):
        for line in filter(str.strip, block):
            if line.startswith(' '):
                continue	# the rest of a remark
            commands += 1
            if why_skipped(line):
                ok(True, f'{line} # SKIP {why_skipped(line)}')
            else:
                examples.try_line(line)
    else:
        others += 1
        note('no commands: ' + block[0])
examples.stop()
ok(commands >= 25 and others >= 3, f'{commands} lines of commands, {others} other blocks')
same(re.search(r'^    mode: (\w+)', open('/etc/ehlo-milter/policy.yaml', encoding='utf-8').read(), re.M).group(1), 'enforce',
     'at the end of the first week the policy enforces')
done()
