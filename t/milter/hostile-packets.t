#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""T12, T15: partial and absurd packets harm nobody but their sender."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import signal
import struct

from daemon import Daemon, policy
from milter_client import ALL_ACTIONS, ALL_STEPS, Closed, Session
from tap import done, note, ok, same


def good(daemon, label):
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
        same(s.mail(), 'c', label)


def send(daemon, data, negotiate=True):
    """Sends bytes and leaves; whatever is answered is of no interest."""
    s = daemon.session(negotiate=negotiate)
    try:
        s.raw(data)
        s.socket.settimeout(0.2)
        s.receive()
    except (Closed, OSError):
        pass
    return s


def served_soon(daemon):
    """
    libmilter gives each unfinished packet a thread of its own, and may leave another session without one until the next
    connection comes: with the traffic of an MTA that is at once.
    """
    try:
        with daemon.session(negotiate=False) as s:
            s.socket.settimeout(1)
            s.negotiate(ALL_ACTIONS, ALL_STEPS)
            s.connect()
            s.helo('mail.shop.example')
            return s.mail() == 'c'
    except TimeoutError:
        return False


PACKETS = (
    (b'', False, 'nothing at all'),
    (b'\0', False, 'one byte'),
    (b'GET / HTTP/1.0\r\n\r\n', False, 'another protocol'),
    (struct.pack('!I', 0), True, 'an empty packet'),
    (struct.pack('!I', 0xffffffff) + b'H', True, 'an enormous length'),
    (struct.pack('!I', 100000) + b'H' + b'a' * 99999, True, 'more than libmilter takes'),
    (struct.pack('!I', 2) + b'\xff\0', True, 'an unknown command'),
    (struct.pack('!I', 10) + b'Habc', True, 'half a packet'),
    (struct.pack('!I', 4) + b'Habc', True, 'a name without its NUL'),
    (struct.pack('!I', 1) + b'C', True, 'CONNECT without anything'),
    (struct.pack('!I', 4) + b'Ca\0' + b'4', True, 'CONNECT without an address'),
    (struct.pack('!I', 1) + b'M', True, 'MAIL without an argument'),
    (struct.pack('!I', 2) + b'DC', True, 'macros without any'),
    (struct.pack('!I', 5) + b'DCabc', True, 'macros without a NUL'),
    (struct.pack('!I', 13) + b'O' + b'\0' * 12, False, 'version 0'),
)

with Daemon(policy()) as daemon:
    kept = []
    for data, negotiate, label in PACKETS:
        kept.append(send(daemon, data, negotiate))
        good(daemon, 'served beside ' + label)
    for s in kept:
        s.socket.close()
    idle = [Session(daemon.path) for _ in range(50)]
    good(daemon, 'served beside 50 that say nothing')
    for s in idle:
        s.socket.close()
    good(daemon, 'served after they have left')
    drips, packet = [Session(daemon.path) for _ in range(200)], struct.pack('!I', 11) + b'Hdrip.test\0'
    for byte in packet[:8]:
        for s in drips:
            s.raw(bytes([byte]))
        daemon.wait_for(lambda: served_soon(daemon))
    ok(True, 'T12: served beside 200 that send a byte now and then')
    note(f"{len(os.listdir(f'/proc/{daemon.workers()[0]}/task'))} threads")
    for s in drips:
        s.socket.close()
    daemon.process.send_signal(signal.SIGUSR2)
    daemon.wait_for(lambda: any(' 0 sessions open' in line for line in daemon.log()))
    ok(daemon.process.poll() is None, 'the daemon is still there')
done()
