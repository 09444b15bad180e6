# SPDX-License-Identifier: BSD-2-Clause
"""
A real authoritative name server (nsd) that answers for the whole name space, from a small text:

  OWNER TYPE RDATA                 one record; names are absolute, written without the last dot
  OWNER SERVFAIL                   every question for the name, and for those below it, fails
  OWNER TYPE TIMEOUT               this question is never answered

'#' begins a comment.  A name that is not in the text does not exist.
"""
import multiprocessing
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from daemon import free_port
from tap import PATIENCE_S

PROGRAM = shutil.which('nsd', path=os.environ.get('PATH', '') + ':/usr/sbin:/usr/local/sbin')
TYPES = {'A': 1, 'NS': 2, 'CNAME': 5, 'SOA': 6, 'PTR': 12, 'MX': 15, 'TXT': 16, 'AAAA': 28}
STATUSES = {0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 5: 'REFUSED'}
CONF = '''server:
  ip-address: 127.0.0.1@{port}
  username: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  logfile: "{folder}/log"
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
'''
# Without its file a zone is known, but has nothing to answer with: SERVFAIL.
FAILING = 'zone:\n  name: "{name}"\n  zonefile: "missing.zone"\n'


def missing():
    """Why there can be no name server here; None when there can."""
    return None if PROGRAM else 'nsd is not installed'


class Zone:
    """The text, sorted by what must be done with its lines."""

    def __init__(self, text):
        self.records, self.failing, self.silent = [], [], set()
        for line in text.splitlines():
            words = line.split('#')[0].split(None, 2)
            if words[1:] == ['SERVFAIL']:
                self.failing.append(words[0])
            elif words[2:] == ['TIMEOUT']:
                self.silent.add((words[0].lower(), TYPES[words[1]]))
            elif words:
                self.records.append((words[0], words[1], words[2].strip()))

    def as_file(self, ttl_s):
        """In the form of zone files, RFC 1035 5.1."""
        lines = [f'. {ttl_s} IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 {ttl_s}',
                 f'. {ttl_s} IN NS ns.invalid.', f'ns.invalid. {ttl_s} IN A 127.0.0.1']
        for owner, kind, data in self.records:
            if kind in ('PTR', 'CNAME', 'MX', 'NS') and not data.endswith('.'):
                data += '.'
            lines.append(f'{owner}. {ttl_s} IN {kind} {data}')
        # A name that is never answered for one type exists for the others.
        lines += [f'{owner}. {ttl_s} IN TXT "silent"' for owner, _ in sorted(self.silent)]
        return '\n'.join(lines) + '\n'


class NameServer:
    """A context.  It may be stopped and started again, or kept silent for a while."""

    def __init__(self, text, port=None, ttl_s=60):
        self.folder = tempfile.TemporaryDirectory(prefix='ehlo-nsd-')
        self.port = port or free_port()
        self.zone = Zone(text)
        self.nsd_port = free_port() if self.zone.silent else self.port
        self.process = self.relay = None
        self.write('root.zone', self.zone.as_file(ttl_s))
        self.write('nsd.conf', CONF.format(port=self.nsd_port, folder=self.folder.name) +
                   ''.join(FAILING.format(name=name) for name in self.zone.failing))

    def write(self, name, text):
        with open(f'{self.folder.name}/{name}', 'w', encoding='ascii') as file:
            file.write(text)

    def start(self):
        """Returns when it answers."""
        self.process = subprocess.Popen([PROGRAM, '-d', '-c', self.folder.name + '/nsd.conf'],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        if self.zone.silent:
            self.relay = multiprocessing.Process(target=relay, daemon=True,
                                                 args=(self.port, self.nsd_port, self.zone.silent))
            self.relay.start()
        end = time.monotonic() + PATIENCE_S
        while ask(self.port, '.', 'SOA', 0.2) != 'NOERROR':
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError('nsd does not answer:\n' + self.log())
            time.sleep(0.02)

    def log(self):
        try:
            with open(self.folder.name + '/log', encoding='utf-8', errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def stop(self):
        """From now on its port is closed."""
        if self.relay:
            self.relay.kill()
            self.relay.join()
        if self.process:
            self.resume()
            self.process.terminate()
            self.process.wait(PATIENCE_S)
        self.process = self.relay = None

    def silence(self):
        """Its port stays open, but nothing is answered until resume()."""
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()


def relay(port, upstream_port, silent):
    """Passes questions on to nsd one by one, but for those that are never answered.  UDP alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
        front.bind(('127.0.0.1', port))
        back.settimeout(1)
        back.connect(('127.0.0.1', upstream_port))
        while True:
            question, client = front.recvfrom(65535)
            if question_of(question) in silent:
                continue
            try:
                back.send(question)
                answer = back.recv(65535)
                while answer[:2] != question[:2]:	# a late one
                    answer = back.recv(65535)
            except OSError:
                continue
            front.sendto(answer, client)


def question_of(packet):
    """(name, type) of the first question."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode('latin-1').lower())
        at += packet[at] + 1
    return '.'.join(labels), struct.unpack('!H', packet[at + 1:at + 3])[0]


def ask(port, name, kind, seconds=2):
    """The status of one question: NOERROR, NODATA, NXDOMAIN, SERVFAIL, ... or TIMEOUT."""
    labels = [label.encode() for label in name.split('.') if label]
    question = b''.join(bytes([len(label)]) + label for label in labels) + b'\0'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(seconds)
        client.connect(('127.0.0.1', port))
        try:
            client.send(struct.pack('!6H', 1, 0x100, 1, 0, 0, 0) + question + struct.pack('!2H', TYPES[kind], 1))
            answer = client.recv(65535)
        except OSError:
            return 'TIMEOUT'
    _, flags, _, records, _, _ = struct.unpack('!6H', answer[:12])
    status = STATUSES[flags & 15]
    return 'NODATA' if status == 'NOERROR' and records == 0 else status
