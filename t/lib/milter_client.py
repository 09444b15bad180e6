# SPDX-License-Identifier: BSD-2-Clause
"""The MTA's side of the milter protocol, for what an MTA would never send."""
import socket
import struct

from tap import PATIENCE_S

# Answers (SMFIR_*)
CONTINUE, ACCEPT, REJECT, TEMPFAIL, REPLY = 'c', 'a', 'r', 't', 'y'
# Protocol steps (SMFIP_*)
NORCPT, NOBODY, NOHDRS, NOEOH = 0x8, 0x10, 0x20, 0x40
NR_HDR, NOUNKNOWN, NODATA, NR_CONN, NR_HELO = 0x80, 0x100, 0x200, 0x1000, 0x2000
ALL_STEPS, ALL_ACTIONS = 0x1fffff, 0x1ff
# Changes of a message (SMFIF_*)
ADDHDRS, CHGHDRS, QUARANTINE, SETSYMLIST = 0x1, 0x10, 0x20, 0x100

POSTFIX = {'j': 'mx.example.org', 'v': 'Postfix 3.7.11', '{daemon_name}': 'mx', '{daemon_port}': '25',
           '{daemon_addr}': '198.51.100.1'}
SENDMAIL = dict(POSTFIX, v='8.17.1.9')


def insertion(data):
    name, value, _ = data[4:].split(b'\0')
    return f'insert {struct.unpack("!I", data[:4])[0]} {name.decode()}: {value.decode("latin-1")}'


def change(data):
    name, value, _ = data[4:].split(b'\0')
    what = f'change to {value.decode("latin-1")}' if value else 'delete'
    return f'{what} {name.decode()} number {struct.unpack("!I", data[:4])[0]}'


# Answers at the end of the message that change it (SMFIR_*)
CHANGES = {'i': insertion, 'm': change, 'q': lambda data: 'quarantine ' + data[:-1].decode('latin-1')}


class Closed(Exception):
    """The daemon ended the connection."""


class Session:
    """One milter connection, to a path or (address, port).  Each command returns the answer, 'y 550 5.7.1 text' for a reply."""

    def __init__(self, path, macros=None, negotiate=True, actions=ALL_ACTIONS, steps=ALL_STEPS):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(path, str) else socket.AF_INET)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(path)
        self.connect_macros = POSTFIX if macros is None else macros
        self.steps = 0
        self.symbols = {}
        if negotiate:
            self.negotiate(actions, steps)

    def negotiate(self, actions, steps):
        self.send('O', struct.pack('!III', 6, actions, steps))
        kind, data = self.receive()
        assert kind == 'O', kind
        self.version, self.actions, self.steps = struct.unpack('!III', data[:12])
        rest = data[12:]
        while rest:
            stage = struct.unpack('!I', rest[:4])[0]
            text, rest = rest[4:].split(b'\0', 1)
            self.symbols[stage] = text.decode()

    def send(self, kind, data=b''):
        self.raw(struct.pack('!I', len(data) + 1) + kind.encode() + data)

    def raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def read(self, length):
        data = b''
        while len(data) < length:
            try:
                more = self.socket.recv(length - len(data))
            except ConnectionResetError as error:
                raise Closed from error
            if not more:
                raise Closed
            data += more
        return data

    def receive(self):
        data = self.read(struct.unpack('!I', self.read(4))[0])
        return chr(data[0]), data[1:]

    def answer(self):
        kind, data = self.receive()
        if kind != REPLY:
            return kind
        assert data.endswith(b'\0') and data.count(b'\0') == 1, data
        return 'y ' + data[:-1].decode('latin-1')

    def macros(self, kind, values):
        pairs = b''.join(to_bytes(name) + b'\0' + to_bytes(value) + b'\0' for name, value in values.items())
        self.send('D', kind.encode() + pairs)

    def connect(self, address='203.0.113.9', name=None, port=40000, family=None):
        """address None: an unknown family, as for sendmail -bs; a path: a unix socket."""
        if self.connect_macros is not False:
            self.macros('C', self.connect_macros)
        host = to_bytes(name if name is not None else f'[{address}]') + b'\0'
        if family is None:
            family = 'U' if address is None else 'L' if '/' in address else '6' if ':' in address else '4'
        data = host + family.encode()
        if family != 'U':
            data += struct.pack('!H', port) + to_bytes(address) + b'\0'
        self.send('C', data)
        return CONTINUE if self.steps & NR_CONN else self.answer()

    def helo(self, name, **macros):
        self.macros('H', macros_of(macros))
        self.send('H', to_bytes(name) + b'\0')
        return self.answer()

    def mail(self, sender='<joe@shop.example>', *parameters, **macros):
        self.macros('M', macros_of(macros))
        self.send('M', b''.join(to_bytes(a) + b'\0' for a in (sender, *parameters)))
        return self.answer()

    def rcpt(self, recipient='<bob@example.org>'):
        self.send('R', to_bytes(recipient) + b'\0')
        return self.answer()

    def abort(self):
        self.send('A')

    def header(self, name, value):
        self.send('L', to_bytes(name) + b'\0' + to_bytes(value) + b'\0')
        return CONTINUE if self.steps & NR_HDR else self.answer()

    def end_of_message(self):
        """The changes of the message, as texts, and then the answer."""
        self.send('E')
        changes = []
        while True:
            kind, data = self.receive()
            if kind not in CHANGES:
                return changes, kind
            changes.append(CHANGES[kind](data))

    def close(self):
        try:
            self.send('Q')
        except Closed:
            pass
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def macros_of(values):
    """auth_authen='joe' is {auth_authen}; one letter stands for itself."""
    return {name if len(name) == 1 else '{' + name + '}': value for name, value in values.items()}
