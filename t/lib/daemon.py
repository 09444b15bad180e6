# SPDX-License-Identifier: BSD-2-Clause
"""The daemon under test: started with a policy on a socket of its own, stopped by its pid."""
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import sanitizer
import tap
from milter_client import Session

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
POLICY = '''version: 1
server: {{ log: stderr, log_level: {level} }}
listeners:
  - name: mx
    match: any
    mode: enforce
{keys}'''
# What the sanitizer itself keeps back (freed blocks, a shadow stack for each thread) is not what is measured.
LEAN = {'ASAN_OPTIONS': 'quarantine_size_mb=0:thread_local_quarantine_size_kb=0:detect_stack_use_after_return=0'}
# The checks that would ask a name server.
NO_DNS = 'ehlo_resolves: off, ehlo_matches_client: off, iprev: off, mail_from_dns: off, spf_helo: off, spf_mail_from: off'


def policy(keys='', level='info', dns=False):
    """A policy of one enforcing listener with further keys, given as an indented block; without dns it asks no server."""
    lines = [line for line in keys.splitlines() if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    lines = [line[margin:] for line in lines]
    if not dns and 'profile: none' not in keys:
        if not any(line.startswith('checks:') for line in lines):
            lines.append('checks: { }')
        lines = [line.replace('checks: { ', f'checks: {{ {NO_DNS}, ').replace(', }', ' }') for line in lines]
    return POLICY.format(level=level, keys=''.join('    ' + line + '\n' for line in lines))


class Daemon:
    """A context: with Daemon(policy_text) as d, then d.session(), d.log()."""

    def __init__(self, text, *options, socket_spec=None, quiet=False, environment=None, ready=True, program=PROGRAM, **popen):
        self.quiet = quiet			# no test of its own end
        self.folder = tempfile.TemporaryDirectory(prefix='ehlo-milter-')
        self.path = os.path.join(self.folder.name, 's')
        self.spec = socket_spec or 'unix:' + self.path
        self.policy = os.path.join(self.folder.name, 'policy.yaml')
        self.log_path = os.path.join(self.folder.name, 'log')
        self.write_policy(text)
        self.environment = {**os.environ, 'RUNTIME_DIRECTORY': self.folder.name, **(environment or {})}
        with open(self.log_path, 'wb') as log:
            self.process = subprocess.Popen(
                [program, 'run', '-c', self.policy, '--socket', self.spec, *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                env=self.environment, **popen)
        if ready:				# else the caller waits: it does not log here
            self.wait_for(lambda: any('ready: ' in line for line in self.log()))

    def write_policy(self, text):
        """A host that has the daemon's own user would let it change to that one, who may not look into the folder."""
        if 'user:' not in text:
            text = text.replace('server: {', 'server: { user: root,', 1)
        with open(self.policy, 'w', encoding='utf-8') as file:
            file.write(text)

    def wait_for(self, condition):
        """Waits for something that must come."""
        end = time.monotonic() + tap.PATIENCE_S
        while not condition():
            if time.monotonic() > end or self.process.poll() is not None:
                tap.note('the daemon says:')
                tap.note('\n'.join(self.log()))
                self.process.kill()
                sys.exit('not what was waited for')
            time.sleep(0.01)

    def reload(self):
        """The command; its exit status and what it said."""
        done = subprocess.run([PROGRAM, 'reload', '-c', self.policy, '--socket', self.spec], capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL, env=self.environment)
        return done.returncode, done.stdout + done.stderr

    def status(self):
        """What the command tells, as a dictionary."""
        done = subprocess.run([PROGRAM, 'status', '--json', '-c', self.policy, '--socket', self.spec], capture_output=True,
                              check=True, stdin=subprocess.DEVNULL, env=self.environment)
        return json.loads(done.stdout)

    def session(self, **options):
        return Session(self.path, **options)

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='surrogateescape') as file:
            return file.read().split('\n')[:-1]

    def verdicts(self):
        """The lines about transactions, without the program's name."""
        return [line.split(': ', 1)[1] for line in self.log() if ' verdict=' in line]

    def wait_for_verdicts(self, count):
        self.wait_for(lambda: len(self.verdicts()) >= count)
        return self.verdicts()

    def workers(self):
        """The process ids of the worker that serves and of those that finish their sessions."""
        with open(f'/proc/{self.process.pid}/task/{self.process.pid}/children', encoding='ascii') as file:
            return [int(word) for word in file.read().split()]

    def rss_kib(self):
        """Of the one worker."""
        with open(f'/proc/{self.workers()[0]}/status', encoding='ascii') as file:
            return int(re.search(r'^VmRSS:\s+(\d+)', file.read(), re.M).group(1))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(tap.PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = 'no end after TERM'
        if sanitizer.complaints(self.log()):
            tap.ok(False, 'sanitizers have nothing to say')
            tap.note('\n'.join(self.log()[-60:]))
        if kind is None and not self.quiet:
            if not tap.ok(status == 0, 'the daemon ends with status 0'):
                tap.note(status)
                tap.note('\n'.join(self.log()[-40:]))
            tap.ok(self.spec.startswith('inet') or not os.path.exists(self.path), 'its socket is removed')
        self.folder.cleanup()


def free_port():
    """A port that was free a moment ago, and that no connection of another test is given: those have ports from 32768 on."""
    while True:
        port = random.randrange(10000, 32768)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue
