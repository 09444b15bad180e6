#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The socket map service: netstrings whole, in pieces and many at once; what is no netstring; clients that misbehave."""
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from daemon import NO_DNS, PROGRAM, Daemon
from tap import done, note, ok, same

POLICY = '''version: 1
server: {{ log: stderr, socketmap: "unix:{path}" }}
lists: {{ own: {{ networks: [192.0.2.0/24] }} }}
commands: {{ vrfy: {{ if: client in $own, then: allow, else: hide }} }}
listeners:
  - {{ name: mx, match: any, checks: {{ {no_dns} }} }}
'''
OWN = b'ehlomilter vrfy^MTA^25^192.0.2.9^OK^^^a.example'
STRANGER = b'ehlomilter vrfy^MTA^25^203.0.113.9^OK^^^a.example'


def netstring(text):
    return b'%d:%s,' % (len(text), text)


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.file = self.socket.makefile('rb')

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """None when the daemon has hung up."""
        length = b''
        try:
            while (byte := self.file.read(1)) and byte != b':':
                length += byte
            if not byte:
                return None
            text = self.file.read(int(length))
            return text if self.file.read(1) == b',' else None
        except ConnectionResetError:
            return None

    def ask(self, text):
        self.send(netstring(text))
        return self.answer()


def cpu_s(pid):
    """Processor time that it has used."""
    with open(f'/proc/{pid}/stat', encoding='ascii') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def hangs_up(path, data, label):
    client = Client(path)
    client.send(data)
    same(client.answer(), None, label)


with tempfile.TemporaryDirectory(prefix='ehlo-map-') as folder:
    path = folder + '/map'
    with Daemon(POLICY.format(path=path, no_dns=NO_DNS)) as daemon:
        client = Client(path)
        same(client.ask(STRANGER), b'OK HIDE', 'a question')
        same(client.ask(OWN), b'OK ALLOW', 'another on the same connection')
        same(client.ask(b'ehlomilter vrfy'), b'TEMP a question with too few or too many fields', 'a bad question')
        same(client.ask(OWN), b'OK ALLOW', 'and it goes on')
        for byte in netstring(OWN):
            client.send(bytes([byte]))
        same(client.answer(), b'OK ALLOW', 'byte by byte')
        client.send(netstring(OWN) * 100 + netstring(STRANGER))
        same([client.answer() for _ in range(101)], [b'OK ALLOW'] * 100 + [b'OK HIDE'], 'a hundred at once')
        longest = b'ehlomilter ' + b'x' * (4000 - 11)
        same(client.ask(longest), b'TEMP a question with too few or too many fields', 'the longest request')

        hangs_up(path, netstring(longest + b'x'), 'a longer request')
        hangs_up(path, b'99999999:', 'a length of many digits')
        hangs_up(path, b'0:,', 'an empty request')
        hangs_up(path, b'-5:hello,', 'a negative length')
        hangs_up(path, b'GET / HTTP/1.0\r\n\r\n', 'another protocol')
        hangs_up(path, b'5:hello;', 'no comma')
        hangs_up(path, b'5:he\0lo,', 'a NUL')
        hangs_up(path, b'\xff' * 100, 'bytes')

        # --- no descriptor is left ---
        worker = daemon.workers()[0]
        limit = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        used = {int(name) for name in os.listdir(f'/proc/{worker}/fd')}
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (min(set(range(len(used) + 1)) - used), limit[1]))
        late = Client(path)
        late.send(netstring(OWN))
        daemon.wait_for(lambda: any('cannot take a connection' in line for line in daemon.log()))
        before = cpu_s(worker)
        time.sleep(2)
        spent = cpu_s(worker) - before
        if not ok(spent < 0.5, 'who cannot be taken waits, and costs no time'):
            note(f'{spent} s of processor time in 2 s')
        resource.prlimit(worker, resource.RLIMIT_NOFILE, limit)
        same(late.answer(), b'OK ALLOW', 'and is served as soon as there is a descriptor')

        half = Client(path)
        half.send(netstring(OWN)[:10])
        same(client.ask(OWN), b'OK ALLOW', 'half a request of one is nothing to another')
        deaf = Client(path)
        deaf.socket.setblocking(False)
        try:
            while True:
                deaf.socket.send(netstring(STRANGER) * 50)
        except BlockingIOError:
            pass
        same(client.ask(OWN), b'OK ALLOW', 'one that does not read its answers is nothing to another')

        crowd = [Client(path) for _ in range(600)]
        same(crowd[-1].ask(STRANGER), b'OK HIDE', 'the newest of many connections is served')
        asked = sum(c.ask(STRANGER) == b'OK HIDE' for c in crowd[-500:])
        same(asked, 500, 'five hundred of them')
        for one in crowd:
            one.socket.close()

        client, times = Client(path), []
        for number in range(5000):
            start = time.perf_counter()
            client.ask(OWN if number % 2 else STRANGER)
            times.append(time.perf_counter() - start)
        times.sort()
        note(f'median {times[2500] * 1e6:.0f} us, p99 {times[4950] * 1e6:.0f} us of 5000 questions')
    ok(not os.path.exists(path), 'the socket is removed')

    # --- a socket that cannot be had ---
    taken = socket.create_server(('127.0.0.1', 0))
    text = POLICY.format(path=path, no_dns=NO_DNS).replace(f'unix:{path}', f'inet:{taken.getsockname()[1]}@127.0.0.1')
    text = text.replace('server: { log', f'server: {{ socket: "unix:{folder}/milter", log')
    with open(folder + '/p.yaml', 'w', encoding='ascii') as file:
        file.write(text)
    result = subprocess.run([PROGRAM, 'run', '-c', folder + '/p.yaml'], capture_output=True, text=True, check=False,
                            timeout=60)
    if not ok(result.returncode == 69 and 'socket map' in result.stderr and 'free port' in result.stderr,
              'a port that is taken: exit 69'):
        note(result)
    os.symlink('/etc/passwd', path + '.new')
    with open(folder + '/p.yaml', 'w', encoding='ascii') as file:
        file.write(POLICY.format(path=path, no_dns=NO_DNS).replace('server: { log',
                                                                  f'server: {{ socket: "unix:{folder}/milter", log'))
    result = subprocess.run([PROGRAM, 'run', '-c', folder + '/p.yaml'], capture_output=True, text=True, check=False,
                            timeout=60)
    if not ok(result.returncode == 69 and 'is no socket' in result.stderr, 'a symbolic link in the way: exit 69'):
        note(result)
done()
