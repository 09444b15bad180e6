#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""T15: mutated dialogues at the daemon's socket: each connection ends when its client has left, and others are served.

wire.t [SESSIONS [FIRST]]: so many (1000), from number FIRST on (0); the number of a session is the seed of its mutations.
"""
import os
import random
import socket
import struct
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from dns_responder import Responder
from milter_client import SENDMAIL, Session
from shop import ZONE, play, policy
from tap import done, note, ok, same

SESSIONS, FIRST = map(int, [*sys.argv[1:], *('1000', '0')[len(sys.argv) - 1:]])
THREADS = 4
ANSWERS = b'Ocartdymiqhpf+-'


class Recorded(Session):
    """Keeps the packets that it sends."""

    def __init__(self, *args, **options):
        self.packets = []
        super().__init__(*args, **options)

    def raw(self, data):
        self.packets.append(data)
        super().raw(data)


def message(session, sender='<joe@shop.example>'):
    session.mail(sender, 'SIZE=1000', auth_authen='joe')
    session.rcpt()
    session.header('Authentication-Results', 'mx.example.org; spf=pass')
    session.header('X-EHLO-Milter', 'forged')
    session.end_of_message()


def seeds(path):
    """The packets of real dialogues."""
    dialogues = []
    for macros, client in ((None, '203.0.113.3'), (SENDMAIL, '2001:db8::1'), ({}, None), (None, '/run/sock')):
        with Recorded(path, macros=macros) as session:
            session.connect(client)
            session.helo('[192.0.2.1]')
            session.helo('desk.shop.example', tls_version='TLSv1.3')
            message(session)
            session.abort()
            message(session, '<joe@others.example>')
        dialogues.append(session.packets)
    return dialogues


# --- mutations: of a list of packets, or of the bytes of one ---

def flip(r, data):
    at = r.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1:]


def overwrite(r, data):
    at = r.randrange(len(data))
    return data[:at] + r.choice((b'\0', b'\xff', b'%s', b'\r\n', b'"', b'\\', b'<', b'[', r.randbytes(4))) + data[at + 1:]


def cut(r, data):
    return data[:r.randrange(len(data))]


def grow(r, data):
    at = r.randrange(4, len(data)) if len(data) > 4 else len(data)
    return sized(data[:at] + r.choice((b'a', b'\0', b'.', b'\xc3\xa9', data[4:])) * r.choice((1, 3, 70, 300, 5000)) + data[at:])


def missize(r, data):
    return struct.pack('!I', r.choice((0, 1, len(data) + 1, len(data), 65535, 65536, 1 << 31, (1 << 32) - 1))) + data[4:]


def rekind(r, data):
    return data[:4] + bytes([r.choice(b'ABCDEHLKMNOQRTU\0\xff')]) + data[5:]


def sized(data):
    return struct.pack('!I', max(len(data) - 4, 0)) + data[4:]


BYTES = (flip, overwrite, cut, grow, missize, rekind, lambda r, data: sized(overwrite(r, data)), lambda r, data: sized(cut(r, data)))


def mutate(r, dialogues):
    packets = list(r.choice(dialogues))
    for _ in range(r.choice((1, 1, 2, 3, 8))):
        at, other = r.randrange(len(packets)), r.choice(dialogues)
        kind = r.randrange(8)
        if kind == 0 and len(packets) > 1:
            del packets[at]
        elif kind == 1:
            packets.insert(at, packets[r.randrange(len(packets))])
        elif kind == 2:
            packets.insert(at, r.choice(other))
        elif kind == 3:
            packets[at:] = other[r.randrange(len(other)):] or packets[at:]
        elif packets[at]:
            packets[at] = r.choice(BYTES)(r, packets[at])
    return packets


def macros_in_pairs(stream):
    """
    libmilter 1.0.1 reads beyond a list of macros whose last one has no value (smfi_getsymval), which no filter can see
    or prevent: whoever may connect can end a worker by that.  It is no bug of ours, and would hide those that are.
    """
    while len(stream) >= 6:
        length = struct.unpack('!I', stream[:4])[0]
        if stream[4:5] == b'D' and stream[6:4 + length].count(b'\0') % 2:
            return False
        stream = stream[4 + length:]
    return True


# --- one session ---

def no_answer(data):
    """What is no packet of the protocol, or None."""
    while len(data) >= 4:
        length = struct.unpack('!I', data[:4])[0]
        kind, text = data[4:5], data[5:4 + length]
        if length == 0 or kind not in ANSWERS:
            return data[:80]
        if kind == b'y' and (not text.endswith(b'\0') or any(byte < 0x20 or byte > 0x7e for byte in text[:-1])):
            return data[:80]
        data = data[4 + length:]
    return data or None


def attack(path, packets, r):
    """All that the daemon said until it hung up."""
    said = b''
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(path)
        try:
            if r.randrange(4) == 0:
                client.sendall(b''.join(packets))
            else:
                for packet in packets:
                    client.sendall(packet)
            client.shutdown(socket.SHUT_WR)
            while data := client.recv(65536):
                said += data
        except (BrokenPipeError, ConnectionResetError):
            return b''		# it hung up before all was sent: what it said may be lost
    return said


def session(path, dialogues, number):
    """What is wrong with what was answered, or None; and how long it was."""
    r = random.Random(number)
    packets = mutate(r, dialogues)
    while not macros_in_pairs(b''.join(packets)):
        packets = mutate(r, dialogues)
    try:
        said = attack(path, packets, r)
    except OSError as error:
        return (number, error), 0
    problem = no_answer(said)
    return problem and (number, problem), len(said)


with tempfile.TemporaryDirectory() as folder, Responder(ZONE) as responder:
    with Daemon(policy(responder, folder)) as daemon:
        workers, fine = daemon.workers(), play(daemon.path)[0]
        dialogues = seeds(daemon.path)
        with ThreadPoolExecutor(THREADS) as pool:
            outcomes = list(pool.map(lambda number: session(daemon.path, dialogues, number), range(FIRST, FIRST + SESSIONS)))
        same([wrong for wrong, _ in outcomes if wrong][:5], [], f'T15, R9: {SESSIONS} mutated dialogues are answered by the protocol, and come to an end')
        note(f'{sum(length > 0 for _, length in outcomes)} of them had an answer')
        same(play(daemon.path)[0], fine, 'others are served')
        same(daemon.workers(), workers, 'no worker has died')
        ok(not any('Sanitizer' in line or 'runtime error' in line for line in daemon.log()), 'sanitizers have nothing to say')
done()
