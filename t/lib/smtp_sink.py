# SPDX-License-Identifier: BSD-2-Clause
"""An SMTP server that takes every message and remembers how the client sent it."""
import select
import socket
import threading

# How long a client that does not pipeline is given to prove the contrary.
PATIENCE_S = 1.0


class Sink:
    """banner and keywords are what it says; then wait() and look at greeting, mail, pipelined and body."""

    def __init__(self, banner='ESMTP', keywords=(), port=0):
        self.banner, self.keywords = banner, keywords
        self.greeting = self.mail = None
        self.pipelined, self.body = [], b''
        self.done = threading.Event()
        self.listener = socket.create_server(('127.0.0.1', port), reuse_port=True)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.session, args=(connection,), daemon=True).start()

    def session(self, connection):
        self.buffer = b''
        connection.sendall(f'220 sink.example {self.banner}\r\n'.encode())
        try:
            while True:
                line = self.line(connection)
                if line is None:
                    return
                self.answer(connection, line)
        except OSError:
            pass

    def line(self, connection):
        while b'\r\n' not in self.buffer:
            more = connection.recv(65536)
            if not more:
                return None
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b'\r\n')
        return line

    def more_comes(self, connection):
        """Has the client sent its next command already?"""
        return bool(self.buffer or select.select([connection], [], [], PATIENCE_S)[0])

    def answer(self, connection, line):
        verb = line[:4].upper().decode('latin-1')
        if verb in ('EHLO', 'HELO'):
            self.greeting = verb
            extra = self.keywords if verb == 'EHLO' else ()
            connection.sendall(''.join(f'250-{k}\r\n' for k in ('sink.example', *extra)).encode() + b'250 HELP\r\n')
            return
        if verb == 'MAIL':
            self.mail = line.decode('latin-1')
        if verb in ('MAIL', 'RCPT') and 'PIPELINING' in self.keywords and self.more_comes(connection):
            self.pipelined.append(verb)
        if verb == 'DATA':
            connection.sendall(b'354 go\r\n')
            while b'\r\n.\r\n' not in self.buffer:
                self.buffer += connection.recv(65536)
            self.body, _, self.buffer = self.buffer.partition(b'\r\n.\r\n')
            self.done.set()
        connection.sendall(b'221 bye\r\n' if verb == 'QUIT' else b'250 ok\r\n')

    def wait(self, seconds=60):
        return self.done.wait(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


MESSAGE = ('From: root@mx.example.org\nTo: a@sink.example\nSubject: test\nMIME-Version: 1.0\n'
           'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ncaf\u00e9\n').encode()
RAW, ENCODED = 'caf\u00e9'.encode(), (b'caf=C3=A9', b'Y2Fmw6k')	# quoted-printable, base64


def eight_bit(sink):
    """What became of the 8-bit letter: raw, encoded, and whether it was declared."""
    form = 'raw' if RAW in sink.body else 'encoded' if any(e in sink.body for e in ENCODED) else 'lost'
    return form, 'BODY=8BITMIME' in (sink.mail or '')


# (keys of outbound, banner, keywords, what must be seen)
CASES = [
    ('greeting: ehlo', 'SMTP', (), lambda s: s.greeting == 'EHLO'),
    ('greeting: noehlo', 'ESMTP', (), lambda s: s.greeting == 'HELO'),
    ('greeting: checkehlo', 'ESMTP', (), lambda s: s.greeting == 'EHLO'),
    ('greeting: checkehlo', 'SMTP', (), lambda s: s.greeting == 'HELO'),
    ('streaming: 0', 'ESMTP', ('PIPELINING',), lambda s: s.pipelined == []),
    ('streaming: 1', 'ESMTP', ('PIPELINING',), lambda s: 'RCPT' in s.pipelined and 'MAIL' not in s.pipelined),
    ('streaming: 2', 'ESMTP', ('PIPELINING',), lambda s: 'MAIL' in s.pipelined),
    ('eight_bit: negotiate', 'ESMTP', ('8BITMIME',), lambda s: eight_bit(s) == ('raw', True)),
    ('eight_bit: negotiate', 'ESMTP', (), lambda s: eight_bit(s) == ('encoded', False)),
    ('eight_bit: seven', 'ESMTP', ('8BITMIME',), lambda s: eight_bit(s)[0] == 'encoded'),
    ('eight_bit: eight', 'ESMTP', (), lambda s: eight_bit(s) == ('raw', False)),
]
