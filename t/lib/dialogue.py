# SPDX-License-Identifier: BSD-2-Clause
"""Plays the session files of t/mta/sessions against a real MTA.

A file has a head of KEY: VALUE lines (policy, service, client, name, login, only), an empty line, and the dialogue:
  C: LINE            sent
  S: CODE [TEXT]     the reply has this code, and TEXT in it
  TLS                STARTTLS and the handshake
  LOG: REGEX         a line that the daemon must have logged about this session
  NOLOG              the daemon has logged nothing about it
'C[postfix]:', 'S[sendmail]:' and so on hold for one MTA only.
"""
import re
import socket
import ssl


class Connection:
    """An SMTP client that sends what it is told."""

    def __init__(self, port, source=None):
        self.socket = socket.create_connection(('127.0.0.1', port), 60, (source, 0) if source else None)
        self.file = self.socket.makefile('rb')
        self.dialogue = []

    def reply(self):
        lines = []
        while True:
            line = self.file.readline().decode('utf-8', 'backslashreplace').rstrip('\r\n')
            self.dialogue.append('S: ' + line)
            lines.append(line)
            if line[3:4] != '-':
                return ' '.join(lines)

    def command(self, line):
        self.dialogue.append('C: ' + line)
        self.socket.sendall(line.encode() + b'\r\n')
        return self.reply()

    def start_tls(self):
        reply = self.command('STARTTLS')
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile('rb')
        return reply

    def close(self):
        self.file.close()
        self.socket.close()


def read(path):
    """The head as a map, and the steps of the dialogue."""
    with open(path, encoding='utf-8') as file:
        head, body = file.read().split('\n\n', 1)
    keys = dict(re.split(r':\s*', line, maxsplit=1) for line in head.splitlines() if not line.startswith('#'))
    steps = [line for line in body.splitlines() if line and not line.startswith('#')]
    return keys, steps


def connect(mta, keys):
    """As the client that the head names: by XCLIENT, or from an address of its own."""
    port = mta.ports[keys.get('service', 'mx')]
    if mta.name == 'sendmail':
        connection = Connection(port, keys.get('client'))
        return connection, connection.reply()
    connection = Connection(port)
    greeting = connection.reply()
    if 'client' in keys:
        words = ['ADDR=' + keys['client'], 'NAME=' + keys.get('name', '[UNAVAILABLE]')]
        if 'login' in keys:
            words.append('LOGIN=' + keys['login'])
        greeting = connection.command('XCLIENT ' + ' '.join(words))
    return connection, greeting


def fits(reply, expected):
    """The code, and the rest as a fragment: Sendmail puts the sender in between."""
    code, _, text = expected.partition(' ')
    return reply.startswith(code) and text in reply


def play(mta, daemon, keys, steps):
    """Why the session went otherwise than written; None when it did not.  Its dialogue comes with it."""
    seen = len(daemon.verdicts())
    connection, reply = connect(mta, keys)
    problem = None
    logged = []
    for step in steps:
        kind, _, text = step.partition(':')
        kind, _, only = kind.partition('[')
        text = text.strip()
        if only and only.rstrip(']') != mta.name:
            continue
        if kind == 'C':
            reply = connection.command(text)
        elif kind == 'TLS':
            reply = connection.start_tls()
        elif kind == 'S' and not fits(reply, text):
            problem = f'expected {text}, got {reply}'
            break
        elif kind == 'LOG':
            logged.append(text)
            lines = daemon.wait_for_verdicts(seen + len(logged))
            if not re.search(text, lines[seen + len(logged) - 1]):
                problem = f'expected {text} in the log, got {lines[seen + len(logged) - 1]}'
                break
        elif kind == 'NOLOG' and len(daemon.verdicts()) > seen:
            problem = 'unexpected in the log: ' + daemon.verdicts()[-1]
            break
    connection.close()
    return problem, connection.dialogue
