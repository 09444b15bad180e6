# SPDX-License-Identifier: BSD-2-Clause
"""The program t/dns/ask, driven: a session's questions to DNS."""
import os
import subprocess
import sys
import tempfile

import tap

PROGRAM = os.path.join(os.environ.get('BUILD', 'build'), 'sanitized/t/dns/ask')


class Ask:
    """A context: with Ask('127.0.0.1:5353', timeout_ms=300) as a, then a.answers(('a.example', 'A'))."""

    def __init__(self, *servers, timeout_ms=2000, cache=1000, options=()):
        if not os.path.exists(PROGRAM):
            tap.skip_all(f'{PROGRAM} is not built')
        self.log_file = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [PROGRAM, '-t', str(timeout_ms), '-c', str(cache), *options, *servers],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log_file)

    def tell(self, *words):
        """One command; its lines of output."""
        self.process.stdin.write(' '.join(map(str, words)).encode('latin-1') + b'\n')
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline().decode('latin-1').rstrip('\n')) != '.':
            if not line and self.process.poll() is not None:
                tap.note('\n'.join(self.log()))
                sys.exit('t/dns/ask has ended')
            lines.append(line)
        return lines

    def ask(self, *questions):
        for question in questions:
            self.tell('ask', *question)

    def wait(self, milliseconds=20000):
        return self.tell('wait', milliseconds) == ['true']

    def answers(self, *questions, milliseconds=20000):
        """Of a new batch: a line for each question, without its name and type."""
        self.tell('new')
        self.ask(*questions)
        self.wait(milliseconds)
        return [line.split(' ', 2)[2] for line in self.tell('show')]

    def is_down(self):
        return self.tell('down') == ['true']

    def is_new(self):
        """Is this the c-ares that reads messages itself before it hands them over?"""
        return tuple(map(int, self.tell('version')[0].split('.')[:2])) >= (1, 20)

    def log(self):
        self.log_file.seek(0)
        return self.log_file.read().decode(errors='backslashreplace').splitlines()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        status = self.process.wait(60)
        self.process.stdout.close()
        if kind is None and not tap.ok(status == 0, 'the program ends with status 0'):
            tap.note('\n'.join(self.log()[-60:]))
        self.log_file.close()
