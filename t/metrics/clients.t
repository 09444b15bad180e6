#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Clients of the metrics that never read, come by the thousand or speak no HTTP: mail and reloads do not notice."""
import os
import resource
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, free_port, policy
from metrics import ask
from stream import Stream
from tap import done, ok, same

REQUEST = b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'
ODD = {
    'a line without end': b'GET /' + b'a' * 100000,
    'a head without end': b'GET /metrics HTTP/1.1\r\n' + b'X: y\r\n' * 20000,
    'HTTP/0.9': b'GET /metrics\r\n\r\n',
    'no HTTP': bytes(range(256)) * 40,
    'a TLS greeting': b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(500),
    'a POST that announces more than comes': b'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nabc',
    'an absurd length': b'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n' + b'x' * 1000,
    'odd chunks': b'POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nabc\r\n',
    'a path out of bounds': b'GET /../../../etc/passwd%00 HTTP/1.1\r\nHost: x\r\n\r\n',
    'nothing but line ends': b'\r\n' * 50000,
    'a request byte by byte, given up': REQUEST[:20],
}


def connect():
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(('127.0.0.1', port))
    client.setblocking(False)
    return client


def say(client, data):
    """As much as is taken; whoever is cut off has said enough."""
    try:
        while data:
            data = data[client.send(data):]
    except OSError:
        pass


def judge(daemon):
    with daemon.session() as s:
        s.connect()
        s.helo('client.example')
        return s.mail()


def check(daemon, label, clients):
    """While the clients are there: reloads and mail; when they are gone, the metrics are there as before."""
    reloads = [daemon.reload()[0] for _ in range(3)]
    before = load.count()
    daemon.wait_for(lambda: load.count() > before + 50)
    same((reloads, load.errors, set(load.results)), ([0] * 3, [], {'c'}), f'{label}: mail and reloads go on')
    for client in clients:
        client.close()
    same(ask(port)[0], 200, 'and then the metrics are served')


def many(count, data):
    clients = [connect() for _ in range(count)]
    for client in clients:
        say(client, data)
    return clients


limit = resource.getrlimit(resource.RLIMIT_NOFILE)
COUNT = min(1000, limit[1] - 100)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit[0], COUNT + 100), limit[1]))
port = free_port()
text = policy().replace('server: {', f'server: {{ metrics: "inet:{port}@127.0.0.1",', 1)
with Daemon(text, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit)) as daemon:
    with Stream(lambda: judge(daemon), threads=2, per_second=100) as load:
        check(daemon, f'{COUNT} connections that say nothing', many(COUNT, b''))
        check(daemon, f'{COUNT} connections that never read', many(COUNT, REQUEST * 50))
        for label, data in ODD.items():
            check(daemon, label, many(3, data))
    ok(daemon.process.poll() is None and not any('died' in line for line in daemon.log()), 'nobody has died of it')
done()
