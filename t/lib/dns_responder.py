# SPDX-License-Identifier: BSD-2-Clause
"""A name server that does what it should not: by UDP and TCP, each answer by a rule in Python."""
import socket
import struct
import threading
import time

TYPES = {'A': 1, 'NS': 2, 'CNAME': 5, 'SOA': 6, 'PTR': 12, 'MX': 15, 'TXT': 16, 'AAAA': 28, 'OPT': 41}
NAMES = {number: name for name, number in TYPES.items()}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5


def encode_name(name):
    """Labels from text; a byte is its Latin-1 character, and a label may be any bytes."""
    labels = name if isinstance(name, (list, tuple)) else [part for part in name.split('.') if part]
    encoded = [label if isinstance(label, bytes) else label.encode('latin-1') for label in labels]
    return b''.join(bytes([len(label)]) + label for label in encoded) + b'\0'


def record(owner, kind, ttl, data):
    """owner: a name, or None for the question's."""
    name = b'\xc0\x0c' if owner is None else encode_name(owner)
    return name + struct.pack('>HHIH', TYPES[kind], 1, ttl, len(data)) + data


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ':' in text else socket.AF_INET, text)


def soa(minimum):
    return encode_name('ns.example') + encode_name('root.example') + struct.pack('>5I', 1, 3600, 900, 604800, minimum)


class Question:
    def __init__(self, data, transport, source):
        self.data = data
        self.transport = transport
        self.source = source			# (address, port)
        self.time = time.monotonic()
        self.id, self.flags, _, _, _, additional = struct.unpack('>6H', data[:12])
        self.edns = additional == 1
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]])
            at += 1 + data[at]
        self.labels = labels
        self.name = b'.'.join(labels).decode('latin-1')
        self.kind = NAMES.get(struct.unpack('>H', data[at + 1:at + 3])[0], '?')
        self.end = at + 5

    def reply(self, *answers, rcode=NOERROR, flags=0x8180, authority=(), additional=(), id=None, question=None):
        """The bytes of an answer; question: other bytes than those asked."""
        head = struct.pack('>6H', self.id if id is None else id, flags | rcode, 1, len(answers), len(authority),
                           len(additional))
        asked = self.data[12:self.end] if question is None else question
        return head + asked + b''.join(answers) + b''.join(authority) + b''.join(additional)

    def address(self, text='192.0.2.1', ttl=300):
        return self.reply(record(None, 'AAAA' if ':' in text else 'A', ttl, address(text)))

    def truncated(self):
        return self.reply(flags=0x8380)


class Zone:
    """A rule for the Responder: texts 'TYPE VALUE' by name, or a function that gives what a Responder's rule does."""

    def __init__(self, names):
        self.names = {name.lower(): value for name, value in names.items()}

    def __call__(self, question):
        entry = self.names.get(question.name.lower())
        if callable(entry):
            return fitted(question, entry(question))
        if entry is None:
            return question.reply(rcode=NXDOMAIN)
        found = [record(None, question.kind, 300, data_of(*line)) for line in entry if line[0] == question.kind]
        return fitted(question, question.reply(*found))


def data_of(kind, value):
    if kind == 'TXT':
        strings = value if isinstance(value, list) else [value[i:i + 255] for i in range(0, len(value), 255)]
        return b''.join(bytes([len(string)]) + string for string in strings)
    if kind in ('A', 'AAAA'):
        return address(value)
    return (struct.pack('>H', 10) if kind == 'MX' else b'') + encode_name(value)


def fitted(question, answer):
    """What is too long for UDP comes by TCP."""
    if isinstance(answer, bytes) and question.transport == 'udp' and len(answer) > (1232 if question.edns else 512):
        return question.truncated()
    return answer


class DeadPort:
    """
    A context: a port at which nobody listens, and which nobody else can take meanwhile. A socket that is connected
    elsewhere has no ear for others: they are told that the port is unreachable.
    """

    def __init__(self, port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', port))
        self.socket.connect(('127.0.0.1', 9))
        self.server = '127.0.0.1:%d' % self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Responder:
    """
    A context. rule(question) gives bytes, None (no answer), or a list of them and of what to wait for before the
    next: seconds, or an event. What was asked stands in questions.
    """

    def __init__(self, rule, port=0, tcp=True):
        self.rule = rule
        self.questions = []
        self.tcp = None
        self.udp, self.port = self.bind(port, tcp)
        self.server = f'127.0.0.1:{self.port}'
        self.stopping = False
        self.threads = [threading.Thread(target=self.serve_udp)]
        if tcp:
            self.threads.append(threading.Thread(target=self.serve_tcp))
        for thread in self.threads:
            thread.start()

    def bind(self, port, tcp):
        """The same port for both."""
        for _ in range(100):
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            udp.bind(('127.0.0.1', port))
            udp.settimeout(0.01)
            if not tcp:
                return udp, udp.getsockname()[1]
            try:
                self.tcp = socket.create_server(('127.0.0.1', udp.getsockname()[1]))
                self.tcp.settimeout(0.01)
                return udp, udp.getsockname()[1]
            except OSError:
                udp.close()
        raise OSError('no port')

    def respond(self, question, send):
        answers = self.rule(question)
        if not isinstance(answers, list):
            answers = [answers]
        if all(answer is None or isinstance(answer, bytes) for answer in answers):
            for answer in filter(None.__ne__, answers):
                send(answer)
            return
        threading.Thread(target=self.respond_slowly, args=(answers, send), daemon=True).start()

    @staticmethod
    def respond_slowly(answers, send):
        for answer in answers:
            if isinstance(answer, (int, float)):
                time.sleep(answer)
            elif isinstance(answer, threading.Event):
                answer.wait(60)
            else:
                try:
                    send(answer)
                except OSError:
                    return

    def take(self, data, transport, source, send):
        question = Question(data, transport, source)
        self.questions.append(question)
        self.respond(question, send)

    def serve_udp(self):
        while not self.stopping:
            try:
                data, source = self.udp.recvfrom(65535)
            except socket.timeout:
                continue
            except OSError:
                return
            self.take(data, 'udp', source, lambda answer, to=source: self.udp.sendto(answer, to))

    def serve_tcp(self):
        while not self.stopping:
            try:
                connection, source = self.tcp.accept()
            except socket.timeout:
                continue
            except OSError:
                return
            threading.Thread(target=self.serve_connection, args=(connection, source), daemon=True).start()

    def serve_connection(self, connection, source):
        connection.settimeout(20)
        with connection:
            while True:
                try:
                    head = connection.recv(2, socket.MSG_WAITALL)
                    if len(head) < 2:
                        return
                    data = connection.recv(struct.unpack('>H', head)[0], socket.MSG_WAITALL)
                    self.take(data, 'tcp', source,
                              lambda answer: connection.sendall(struct.pack('>H', len(answer)) + answer))
                except OSError:
                    return

    def asked(self, name=None, transport=None):
        """How many questions there were."""
        return sum((name is None or question.name == name) and (transport is None or question.transport == transport)
                   for question in list(self.questions))

    def close(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()
        self.udp.close()
        if self.tcp:
            self.tcp.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
