# SPDX-License-Identifier: BSD-2-Clause
"""
SMTP sessions by chance: a client that does what a number draws, good and bad, and remembers what it sent and was answered.
"""
import base64
import random
import re
import socket
import ssl
import time

NAMES = ['desktop', '[203.0.113.9]', '[203.0.113.9] x', '203.0.113.9', 'foo_bar.example', 'localhost', 'mx.example.org', 'a"b\\c', 'caf\u00e9.example',
         '-x-.example', 'x' * 200 + '.example', '[IPv6:2001:db8::1]', "o'neil", '<b>&amp;', '%s%n', 'a;b#c', 'MX.Example', '*', 'two words.example',
         'x> proto=SMTP helo=<y', 'n; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<forged.example', 'x> sasl_username=<admin', 'dot.example.',
         'reject.example', 'defer.example', 'hold.example', 'discard.example', 'info.example', 'warn.example', 'shut.example',
         'milter-reject.example', 'milter-defer.example', 'milter-shut.example', 'tab\tname.example', 'a??b.example', '[192.0.2.1', 'what?.example',
         ', relay=evil [192.0.2.66]', 'x [192.0.2.66]', 'x, reject=550 no', 'a: b', ']', '[]', 'x' * 600]
LOCALS = ['joe', 'Joe.Q-1', '"a b"', '"x> to=<y"', '"a@b"', '"q\\"q"', "j'o%s", 'a=b', '"; from=<z@z.example> to=<"', 'u/v', '"> proto=ESMTP helo=<f"',
          '"x, size=1, nrcpts=1"', '", relay=evil [192.0.2.66]"', '"x, reject=y"', 'null+tag', '"<>"', '"a, quarantine=b"']
DOMAINS = ['plain.example', 'mx.example', 'UPPER.Example', '[192.0.2.1]', 'reject.example', 'defer.example', 'hold.example', 'discard.example',
           'info.example', 'warn.example', 'data.example', 'end.example', 'shut.example', 'milter-reject.example', 'milter-defer.example',
           'milter-shut.example', 'x']
RECIPIENTS = ['bob@example.org', 'bob@example.org', 'bob@example.org', 'nobody@example.org', 'x@elsewhere.example', 'postmaster', 'postmaster@example.org',
              '"b b"@example.org', 'reject@example.org', 'defer@example.org', 'hold@example.org', 'shut@example.org', 'root@example.org', 'discard@example.org']
SUBJECTS = ['plain'] * 12 + ['reject me', 'hold me', 'discard me', 'warn me', 'info me; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<f.example>: t', 'big']
PASSWORD = 'secret'
USERS = ['bob', 'x, mech=PLAIN', 'bob, relay=z [192.0.2.66]']


class Exchange:
    """A command, or what stands for one, and the last line of its answer (None: there was none)."""

    def __init__(self, line):
        self.line, self.answer = line, None
        self.data_answer = None         # of DATA, behind the message
        self.user = None                # of AUTH
        self.message = None             # the label of the one that it sent

    def __repr__(self):
        return f'{self.line!r}: {self.answer!r}' + (f', then {self.data_answer!r}' if self.data_answer else '')


class Gone(Exception):
    """The server has hung up."""


class Client:
    """One connection."""

    def __init__(self, port, source=None, wrapped=False):
        self.exchanges = []
        self.tls = None                 # (version, cipher)
        self.begun = time.time()
        self.port, self.source = port, source
        self.socket = socket.create_connection(('127.0.0.1', port), 120, (source, 0) if source else None)
        self.local_port = self.socket.getsockname()[1]
        self.banner = None
        if wrapped:
            self.handshake()
        self.file = self.socket.makefile('rb')
        self.ended = None

    def read(self):
        """The last line of a reply."""
        try:
            while True:
                line = self.file.readline()
                if not line:
                    raise Gone
                text = line.decode('utf-8', 'surrogateescape').rstrip('\r\n')
                if text[3:4] != '-':
                    return text
        except OSError as error:
            raise Gone from error

    def write(self, text):
        try:
            self.socket.sendall(text.encode('utf-8', 'surrogateescape'))
        except OSError:
            pass                        # what the server said before is still to be read

    def greeted(self):
        self.banner = self.read()
        return self.banner

    def batch(self, lines):
        """Commands at once, then their answers."""
        sent = [Exchange(line) for line in lines]
        self.exchanges += sent
        self.write(''.join(line + '\r\n' for line in lines))
        for exchange in sent:
            exchange.answer = self.read()
            if exchange.answer.startswith('421'):
                raise Gone
        return [exchange.answer for exchange in sent]

    def command(self, line):
        return self.batch([line])[0]

    def message(self, text, exchange=None):
        """Behind the 354 of the last command."""
        exchange = exchange or self.exchanges[-1]
        self.write(text + '\r\n.\r\n')
        exchange.data_answer = self.read()
        return exchange.data_answer

    def handshake(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            self.socket = context.wrap_socket(self.socket)
        except (OSError, ssl.SSLError) as error:
            raise Gone from error
        self.tls = self.socket.version(), self.socket.cipher()[0]

    def start_tls(self):
        if not self.command('STARTTLS').startswith('220'):
            return False
        self.handshake()
        self.file = self.socket.makefile('rb')
        return True

    def login(self, user, good, mechanism):
        """By PLAIN or LOGIN."""
        password = PASSWORD if good else 'wrong'
        if mechanism == 'PLAIN':
            words = base64.b64encode(f'\0{user}\0{password}'.encode()).decode()
            answer = self.command('AUTH PLAIN ' + words)
        else:
            answer = self.command('AUTH LOGIN')
            exchange = self.exchanges[-1]
            for word in (user, password):
                if answer.startswith('334'):
                    self.write(base64.b64encode(word.encode()).decode() + '\r\n')
                    answer = exchange.answer = self.read()
        if answer.startswith('235'):
            self.exchanges[-1].user = user
        return answer

    def half_close(self):
        """Nothing more is sent, and all that comes is read."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while self.file.readline():
                pass
        except OSError:
            pass

    def close(self):
        self.ended = time.time()
        for part in (self.file, self.socket):
            try:
                part.close()
            except OSError:
                pass


class Drawn:
    """
    The session with this number, drawn by the seed.  features: what the server can do, of tls, auth, xclient, bdat, wrapped, and
    what chance may do to it, of early (greets before the server does), idle, errors; small: names are in small letters.
    """

    def __init__(self, seed, client, features, number):
        self.draw = random.Random(seed)
        self.number, self.client, self.features = number, client, features
        self.messages = 0

    def chance(self, part):
        return self.draw.random() < part

    def name(self):
        name = self.draw.choice(NAMES) if self.chance(0.5) else f'mail{self.number}.client.example'
        return name.lower() if 'small' in self.features else name

    def greet(self):
        verb = self.draw.choice(['EHLO', 'EHLO', 'EHLO', 'HELO', 'ehlo'])
        return f'{verb} {self.name()}' if self.chance(0.97) else verb

    def sender(self):
        if self.chance(0.1):
            return ''
        local = self.draw.choice(LOCALS) if self.chance(0.5) else f's{self.number}'
        domain = self.draw.choice(DOMAINS)
        return f'{local}@{domain}' if self.chance(0.97) else f's{self.number}'

    def mail(self):
        words = ''
        if self.chance(0.08):
            words = self.draw.choice([' SIZE=100', ' SIZE=99999999', ' BODY=8BITMIME', ' SMTPUTF8', ' FOO=BAR', ' RET=HDRS ENVID=a'])
        if self.chance(0.03):
            return self.draw.choice(['MAIL', 'MAIL FROM:', 'MAIL FROM:<@r.example:u@plain.example>', 'MAIL FROM: <spaced@plain.example>',
                                     'MAIL FROM:bare@plain.example', 'mail from:<lower@plain.example>', 'MAIL TO:<x@y.example>', 'MAIL FROM:<caf\u00e9@plain.example> SMTPUTF8',
                                     'MAIL FROM:<caf\u00e9@plain.example>', 'MAIL FROM:<"a>b"@plain.example>', 'MAIL FROM:<u@plain.example'])
        return f'MAIL FROM:<{self.sender()}>{words}'

    def recipient(self):
        return f'RCPT TO:<{self.draw.choice(RECIPIENTS)}>' if self.chance(0.97) else self.draw.choice(['RCPT', 'RCPT TO:<>', 'RCPT TO:bob@example.org', 'RCPT TO:<a b@example.org>'])

    def other(self):
        return self.draw.choice(['RSET', 'NOOP', 'NOOP x', 'VRFY bob@example.org', 'VRFY nobody@example.org', 'VRFY', 'EXPN staff', 'HELP', 'ETRN example.org', 'XFOO bar',
                                 'RSET x', 'DATA', 'expn bob', 'help mail', 'VRFY "x, relay=y"'])

    def label(self):
        return f'{self.number}.{self.messages}'

    def text(self):
        subject = self.draw.choice(SUBJECTS)
        lines = [f'Subject: {subject}', f'X-Chance: {self.number}.{self.messages}', '', 'text']
        if self.chance(0.7):
            lines.insert(0, f'Message-ID: <{self.number}.{self.messages}@client.example>')
        self.messages += 1
        return '\r\n'.join(lines) + ('\r\n' + ('x' * 70 + '\r\n') * 700 if subject == 'big' else '')

    def send_message(self):
        """Behind 354."""
        self.client.exchanges[-1].message = self.label()
        if 'at end' in self.client.message(self.text()):     # Postfix 3.7 does not forget the MAIL then, and may crash
            self.client.command('RSET')

    def transaction(self):
        client = self.client
        lines = [self.mail()] + [self.recipient() for _ in range(self.draw.choice([0, 1, 1, 1, 2, 3]))]
        ends = self.draw.choice(['DATA', 'DATA', 'DATA', 'RSET', 'RSET', 'nothing', 'BDAT', 'greet', 'again', 'drop'])
        if self.chance(0.3):
            answers = client.batch(lines + (['DATA'] if ends in ('DATA', 'drop') else []))
        else:
            answers = [client.command(line) for line in lines]
            if ends in ('DATA', 'drop'):
                answers.append(client.command('DATA'))
        if ends == 'drop' and answers[-1].startswith('354'):
            client.write('Subject: cut\r\n\r\ncut off')
            raise Gone
        if ends in ('DATA', 'drop') and answers[-1].startswith('354'):
            self.send_message()
        elif ends == 'RSET':
            client.command('RSET')
        elif ends == 'greet':
            client.command(self.greet())
        elif ends == 'again':           # the same once more
            client.command('RSET')
            for line in lines:
                client.command(line)
            client.command('RSET')
        elif ends == 'BDAT' and any(a.startswith('2') for a in answers[1:]) and 'bdat' in self.features:
            label, text = self.label(), self.text() + '\r\n'
            exchange = Exchange(f'BDAT {len(text)} LAST')
            client.exchanges.append(exchange)
            exchange.message = label
            client.write(f'BDAT {len(text)} LAST\r\n{text}')
            exchange.answer = client.read()
            if exchange.answer.startswith('421'):
                raise Gone
            if exchange.answer[0] != '2':       # as above
                client.command('RSET')

    def begin(self):
        client = self.client
        if self.chance(0.1) and 'early' in self.features:
            lines = [self.greet()]
            client.write(''.join(line + '\r\n' for line in lines))
            client.greeted()
            for line in lines:
                client.exchanges.append(Exchange(line))
                client.exchanges[-1].answer = client.read()
            return
        if client.greeted().startswith('421'):
            raise Gone
        if 'xclient' in self.features and self.chance(0.5):
            address = f'198.51.{self.number // 250 % 250}.{self.number % 250 + 1}'
            words = ['ADDR=' + address, 'NAME=' + self.draw.choice(['[UNAVAILABLE]', '[TEMPUNAVAIL]', f'x{self.number}.client.example'])]
            if self.chance(0.3):
                words.append('PORT=4321')
            if self.chance(0.3):
                words.append('LOGIN=xuser')
            if self.chance(0.2):
                words.append('HELO=xhelo.example')
            if self.chance(0.2):
                words.append('PROTO=' + self.draw.choice(['SMTP', 'ESMTP']))
            client.command('XCLIENT ' + ' '.join(words))
        if self.chance(0.95):
            client.command(self.greet())
            while self.chance(0.15):
                client.command(self.greet())

    def play_steps(self):
        client = self.client
        self.begin()
        if 'tls' in self.features and self.chance(0.3):
            if self.chance(0.1):
                if client.command('STARTTLS').startswith('220'):
                    client.write('this is no handshake\r\n')
                    raise Gone
            elif client.start_tls() and self.chance(0.9):
                client.command(self.greet())
        if 'auth' in self.features:
            while self.chance(0.5):
                client.login(self.draw.choice(['bob', 'eve', *USERS]), self.chance(0.6), self.draw.choice(['PLAIN', 'LOGIN']))
        for _ in range(self.draw.choice([0, 1, 1, 1, 2, 3])):
            if self.chance(0.25) and client.command(self.other()).startswith('354'):
                self.send_message()
            self.transaction()
            if 'auth' in self.features and self.chance(0.1):
                client.login('bob', self.chance(0.9), 'PLAIN')
            if 'tls' in self.features and not client.tls and self.chance(0.05) and client.start_tls():
                client.command(self.greet())
        if 'errors' in self.features and self.chance(0.3):
            while True:
                client.command('NONSENSE')
        if 'idle' in self.features and self.chance(0.3):
            client.exchanges.append(Exchange(''))
            client.exchanges[-1].answer = client.read()
            raise Gone

    def play(self):
        client = self.client
        try:
            self.play_steps()
            end = self.draw.choice(['QUIT', 'QUIT', 'QUIT', 'QUIT', 'close', 'half', 'pipelined'])
            if end == 'QUIT':
                client.command('QUIT')
            elif end == 'half':
                client.half_close()
            elif end == 'pipelined':
                client.batch([self.greet(), 'NOOP', 'QUIT'])
        except Gone:
            pass
        client.close()
        return self
