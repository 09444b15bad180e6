# SPDX-License-Identifier: BSD-2-Clause
"""Plays the session files of t/mta against a real MTA.

A file has a head of KEY: VALUE lines (policy, service, client, name, login, only), an empty line, and the dialogue:
  C: LINE            sent
  S: CODE [TEXT]     the reply has this code, and TEXT in it
  D: LINE            sent without waiting for a reply: a line of the message
  TLS                STARTTLS and the handshake
  LOG: REGEX         a line that the daemon must have logged about this session
  NOLOG              the daemon has logged nothing about it
  HEADER: REGEX      in the head of the message that was delivered, exactly one header field matches
  NOHEADER: REGEX    no header field of it does
  HELD               the message is held in quarantine
'C[postfix]:', 'S[sendmail]:' and so on hold for one MTA only.
"""
import email
import re
import socket
import ssl

from tap import wait_until


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

    def send(self, line):
        self.dialogue.append('C: ' + line)
        self.socket.sendall(line.encode() + b'\r\n')

    def command(self, line):
        self.send(line)
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
    """As the client that the head names: from an address of its own, or by XCLIENT."""
    port = mta.ports[keys.get('service', 'mx')]
    if mta.clients_have_addresses and not keys.get('client', '').startswith('IPv6:'):
        connection = Connection(port, keys.get('client'))
        return connection, connection.reply()
    connection = Connection(port)
    greeting = connection.reply()
    if 'client' in keys:
        words = ['ADDR=' + keys['client'], 'NAME=' + keys.get('name', '[UNAVAILABLE]')]
        if 'login' in keys:
            words.append('LOGIN=' + keys['login'])
        greeting = connection.command('XCLIENT ' + ' '.join(words))
        if greeting.startswith('501'):	# other refusals are the milter's, of the client
            raise RuntimeError(f"Postfix refuses the client that the session names: {greeting}")
    return connection, greeting


def fits(reply, expected):
    """The code, and the rest as a fragment: after 450, 550 and 553 Sendmail puts the sender in between."""
    code, _, text = expected.partition(' ')
    return reply.startswith(code) and text in reply


class Player:
    """One session under way.  Each step returns why it went otherwise than written, or None."""

    def __init__(self, mta, daemon, keys):
        self.mta, self.daemon = mta, daemon
        self.lines_before, self.lines = len(daemon.verdicts()), 0
        self.messages_before, self.held_before = len(mta.delivered()), mta.held()
        self.connection, self.reply = connect(mta, keys)
        self.steps = {'C': self.send, 'S': self.expect, 'D': self.connection.send, 'TLS': self.start_tls,
                      'LOG': self.logged, 'NOLOG': self.not_logged, 'HEADER': self.header,
                      'NOHEADER': self.no_header, 'HELD': self.held}

    def take(self, step):
        kind, _, text = step.partition(':')
        kind, _, only = kind.partition('[')
        if only and only.rstrip(']') != self.mta.name:
            return None
        return self.steps[kind](text[1:])	# one blank is of the file; more begin a folded line

    def send(self, line):
        self.reply = self.connection.command(line)

    def start_tls(self, _):
        self.reply = self.connection.start_tls()

    def expect(self, expected):
        return None if fits(self.reply, expected) else f'expected {expected}, got {self.reply}'

    def logged(self, pattern):
        self.lines += 1
        line = self.daemon.wait_for_verdicts(self.lines_before + self.lines)[self.lines_before + self.lines - 1]
        return None if re.search(pattern, line) else f'expected {pattern} in the log, got {line}'

    def not_logged(self, _):
        lines = self.daemon.verdicts()[self.lines_before:]
        return 'unexpected in the log: ' + lines[-1] if lines else None

    def fields(self):
        """The header fields of the newest message, unfolded; waits for a message of this session."""
        wait_for(lambda: len(self.mta.delivered()) > self.messages_before)
        message = email.message_from_string(self.mta.delivered()[-1])
        return [re.sub(r'\s+', ' ', f'{name}: {value}') for name, value in message.items()]

    def header(self, pattern):
        found = [field for field in self.fields() if re.search(pattern, field)]
        return None if len(found) == 1 else '\n'.join([f'expected one {pattern} in the head, got', *self.fields()])

    def no_header(self, pattern):
        found = [field for field in self.fields() if re.search(pattern, field)]
        return 'unexpected in the head: ' + '\n'.join(found) if found else None

    def held(self, _):
        wait_for(lambda: self.mta.held() > self.held_before)


def wait_for(condition):
    """For something that must come."""
    if not wait_until(condition):
        raise TimeoutError('what was waited for has not come')


def play(mta, daemon, keys, steps):
    """Why the session went otherwise than written; None when it did not.  Its dialogue comes with it."""
    player = Player(mta, daemon, keys)
    problem = None
    for step in steps:
        try:
            problem = player.take(step)
        except TimeoutError as error:
            problem = f'{step}: {error}'
        if problem:
            break
    player.connection.close()
    return problem, player.connection.dialogue
